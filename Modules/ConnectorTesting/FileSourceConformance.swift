public import PipelineCore

/// The promises of the ``PipelineCore/FileSource`` seam as tests that every source of files passes.
///
///     await FileSourceConformance { place() }.run()
///
/// Each check has a place of its own, which is empty at first and which it fills and changes as others would.
public struct FileSourceConformance: Conformance {
    /// Somewhere that files are taken from.
    public struct Place: Sendable {
        let source: any FileSource
        let path: @Sendable (String) -> String
        let write: @Sendable (String, [UInt8]) async throws -> Void
        let remove: @Sendable (String) async throws -> Void
        let append: (@Sendable (String, [UInt8]) async throws -> Void)?
        let spoil: (@Sendable (String) async throws -> Void)?

        /// A place whose source lists all files, those in folders below too.
        ///
        /// Names use `/` between folders.
        ///
        /// - Parameters:
        ///   - source: the source under test.
        ///   - path: the path under which the source lists the file of a name; the name itself unless told otherwise.
        ///   - write: makes a file, or puts a new one in its place at once, as a rename or an upload does.
        ///   - remove: takes a file away.
        ///   - append: adds bytes to a file where it stands; nil where the place knows no such thing.
        ///   - spoil: makes a file that is listed but cannot be read; nil where the place knows no such thing.
        public init(
            source: any FileSource,
            path: @escaping @Sendable (String) -> String = { $0 },
            write: @escaping @Sendable (_ name: String, _ bytes: [UInt8]) async throws -> Void,
            remove: @escaping @Sendable (_ name: String) async throws -> Void,
            append: (@Sendable (_ name: String, _ bytes: [UInt8]) async throws -> Void)? = nil,
            spoil: (@Sendable (_ name: String) async throws -> Void)? = nil
        ) {
            self.source = source
            self.path = path
            self.write = write
            self.remove = remove
            self.append = append
            self.spoil = spoil
        }
    }

    /// Names that are seldom and allowed.
    public static let awkwardNames = [
        "a b.csv", "100%25.csv", "k=v+w", "it's \"so\"", "#?&;*[x]{y}", "..dots..", "_underscore", "back\\slash",
        "-dash",
        "żółć.csv", "e\u{301}.csv", "\u{F6}.csv", "\u{1F600}", "tab\tin", "two\nlines", "trailing ", "UPPER", "upper",
        String(repeating: "x", count: 200), "deep/er/and/deeper/still", "deep/er-than",
    ]

    let names: [String]
    let makePlace: @Sendable () async throws -> Place

    /// A suite for one source.
    ///
    /// - Parameters:
    ///   - names: the names that the source can tell apart; what its documentation excludes may be left out.
    ///   - makePlace: makes an empty place for each check.
    public init(
        names: [String] = FileSourceConformance.awkwardNames,
        makePlace: @escaping @Sendable () async throws -> Place
    ) {
        self.names = names
        self.makePlace = makePlace
    }

    /// Runs every check; returns the promises that the source breaks, each with what was found.
    public func brokenPromises() async -> [String] {
        await broken(of: Self.checks) { try await FileSourceCheck(place: makePlace(), names: names) }
    }

    private static let checks: [(promise: String, check: @Sendable (FileSourceCheck) async throws -> Void)] = [
        ("an empty place has no files", { try await $0.emptyPlace() }),
        ("a listing has every file once, sorted, and is the same the next time", { try await $0.completeListing() }),
        ("a long listing is complete", { try await $0.longListing() }),
        ("a listing follows what happens to the files", { try await $0.changingListing() }),
        ("every name can be listed and read", { try await $0.everyName() }),
        ("a file is read whole and from any offset", { try await $0.offsets() }),
        ("an empty file is a file", { try await $0.emptyFile() }),
        ("a large file comes in chunks, one after the other", { try await $0.largeFile() }),
        ("several readers do not disturb each other", { try await $0.severalReaders() }),
        ("a file that has gone is notFound and its neighbours stay", { try await $0.vanishedFile() }),
        ("a file that is replaced while it is read is never mixed", { try await $0.replacedFile() }),
        ("a file that grows while it is read loses nothing", { try await $0.growingFile() }),
        ("a file that cannot be read is told, and is not taken for gone", { try await $0.unreadableFile() }),
        ("a cancelled reader throws, so that no part passes for the whole", { try await $0.cancellation() }),
    ]
}
