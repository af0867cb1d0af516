import ConnectorTesting
import Foundation
import PipelineCore
import Testing

@testable import LocalFilesPlugin

@Suite("Files of this machine as a source")
struct FilesSourceTests {
    private let scratch: ScratchDirectory

    init() throws { scratch = try ScratchDirectory() }

    private func source(_ pattern: String) -> FilesSource {
        FilesSource(pattern: pattern, baseDirectory: scratch.path)
    }

    @Test("It keeps every promise of a source of files")
    func conformance() async throws {
        // Names that begin with a dot are for patterns that do.
        let names = FileSourceConformance.awkwardNames.filter { !$0.hasPrefix(".") }
        await FileSourceConformance(names: names) { try Self.place { $0 } }.run()
    }

    @Test("The suite finds a source that breaks a promise", arguments: BrokenSource.Fault.allCases)
    func brokenSources(fault: BrokenSource.Fault) async throws {
        let names = ["a b.csv", "e\u{301}.csv", "\u{F6}.csv"]
        let broken = await FileSourceConformance(names: names) {
            try Self.place { BrokenSource(source: $0, fault: fault) }
        }.brokenPromises()
        #expect(broken.contains { $0.hasPrefix(fault.rawValue) }, "\(broken)")
    }

    private static func place(_ seen: (FilesSource) -> any FileSource) throws -> FileSourceConformance.Place {
        let scratch = try ScratchDirectory()
        let files = FileManager.default
        try files.createDirectory(atPath: scratch.path("drop"), withIntermediateDirectories: true)
        return FileSourceConformance.Place(
            source: seen(FilesSource(pattern: "drop/**", baseDirectory: scratch.path)),
            path: { "drop/" + $0 },
            write: { name, bytes in
                let passing = try scratch.write(bytes, to: "passing")
                let path = scratch.path("drop/" + name)
                let folder = path[..<(path.lastIndex(of: "/") ?? path.endIndex)]
                try files.createDirectory(atPath: String(folder), withIntermediateDirectories: true)
                #expect(unsafe rename(passing, path) == 0)
            },
            remove: { try files.removeItem(atPath: scratch.path("drop/" + $0)) },
            append: { name, bytes in
                let file = try #require(FileHandle(forWritingAtPath: scratch.path("drop/" + name)))
                try file.seekToEnd()
                try file.write(contentsOf: bytes)
                try file.close()
            },
            // It cannot be read at its beginning, whoever asks: nothing is mapped there.
            spoil: {
                try files.createSymbolicLink(
                    atPath: scratch.path("drop/" + $0),
                    withDestinationPath: "/proc/self/mem"
                )
            }
        )
    }

    @Test("A file of more than four gigabytes is read from where it is asked for")
    func hugeFile() async throws {
        let path = try scratch.write("", to: "drop/huge")
        let file = try #require(FileHandle(forWritingAtPath: path))
        try file.seek(toOffset: 5 << 30)
        try file.write(contentsOf: Data("end".utf8))
        try file.close()
        let huge = try #require(try await source("drop/*").list().first)
        #expect(huge.size == 5 << 30 + 3)
        var bytes: [UInt8] = []
        for try await chunk in try await source("drop/*").read(huge, from: 5 << 30 - 1) { bytes += chunk }
        #expect(bytes == [0] + Array("end".utf8))
    }

    @Test(
        "A folder that may not be read is told, with what to do",
        .enabled(if: getuid() != 0, "root may read everything")
    )
    func forbidden() async throws {
        try scratch.write("x", to: "drop/inner/a.csv")
        #expect(unsafe chmod(scratch.path("drop/inner"), 0) == 0)
        defer { _ = unsafe chmod(scratch.path("drop/inner"), 0o755) }
        let error = await #expect(throws: PipelineError.self) { try await source("drop/**/*.csv").list() }
        #expect(error?.code == .unauthorized)
        #expect(error?.message.contains("drop/inner") == true)
        #expect(error?.hint?.contains("read access") == true)
    }

    @Test(
        "The place before the first wildcard has to be a directory",
        arguments: ["none/*.csv", "file/*.csv", "none/a"]
    )
    func missingDirectory(pattern: String) async throws {
        try scratch.write("x", to: "file")
        let error = await #expect(throws: PipelineError.self) { try await source(pattern).list() }
        #expect(error?.code == .notFound)
        #expect(error?.message.contains(scratch.path(String(pattern.prefix(4)))) == true)
        #expect(error?.hint != nil)
    }

    @Test("A directory where files belong is told, with how to take what is in it")
    func directoryAsPath() async throws {
        try scratch.write("x", to: "drop/a.csv")
        let error = await #expect(throws: PipelineError.self) { try await source("drop").list() }
        #expect(error?.code == .invalidConfiguration)
        #expect(error?.hint == "say which files: drop/*")
    }

    @Test("A name that is not UTF-8 is told where it matches, and is nobody's business elsewhere")
    func notText() async throws {
        try scratch.write("x", to: "drop/a.csv")
        let name = scratch.path("drop/zam").utf8CString.dropLast() + [CChar(bitPattern: 0xF3)] + ".csv".utf8CString
        let descriptor = unsafe name.withUnsafeBufferPointer { unsafe open($0.baseAddress!, O_CREAT | O_WRONLY, 0o644) }
        #expect(descriptor >= 0)
        close(descriptor)
        let error = await #expect(throws: PipelineError.self) { try await source("drop/*.csv").list() }
        #expect(error?.code == .invalidConfiguration)
        #expect(error?.message.contains("drop/zam\u{FFFD}.csv") == true)
        #expect(try await source("drop/a*.csv").list().map(\.path) == ["drop/a.csv"])
    }

    @Test("Ten thousand files are listed, sorted")
    func manyFiles() async throws {
        for number in 0..<10_000 {
            #expect(FileManager.default.createFile(atPath: scratch.path("\(number).csv"), contents: nil))
        }
        let listed = try await source("**/*.csv").list().map(\.path)
        #expect(listed == (0..<10_000).map { "\($0).csv" }.sorted())
    }
}

/// A source that does one thing wrong.
struct BrokenSource: FileSource {
    /// What is wrong, by the promise that it breaks.
    enum Fault: String, CaseIterable {
        case forgetsTheEnd = "a long listing is complete"
        case reverses = "a listing has every file once, sorted"
        case passesOverAccents = "every name can be listed"
        case ignoresOffsets = "a file is read whole and from any offset"
        case readsAtOnce = "a large file comes in chunks"
        case readsNothingOfWhatHasGone = "a file that has gone is notFound"
        case takesAllErrorsForGone = "a file that cannot be read is told"
        case endsWhenCancelled = "a cancelled reader throws"
    }

    let source: FilesSource
    let fault: Fault

    func list() async throws -> [SourceFile] {
        let files = try await source.list()
        return switch fault {
        case .forgetsTheEnd: Array(files.prefix(1000))
        case .reverses: files.reversed()
        case .passesOverAccents: files.filter { $0.path.utf8.allSatisfy { $0 < 0x80 } }
        default: files
        }
    }

    func read(_ file: SourceFile, from offset: Int64) async throws -> ByteStream {
        do {
            let stream = try await source.read(file, from: fault == .ignoresOffsets ? 0 : offset)
            switch fault {
            case .endsWhenCancelled: return ending(stream)
            case .readsAtOnce: return ArrayStream([try await all(of: stream)])
            case .takesAllErrorsForGone: return ArrayStream([try await all(of: stream)])
            default: return stream
            }
        } catch let error as PipelineError {
            if fault == .readsNothingOfWhatHasGone { return ArrayStream([]) }
            guard fault == .takesAllErrorsForGone else { throw error }
            throw PipelineError(.notFound, error.message, while: error.operation)
        }
    }

    private func all(of stream: ByteStream) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        for try await chunk in stream { bytes += chunk }
        return bytes
    }

    /// This kind of stream just ends when its reader is cancelled.
    private func ending(_ stream: ByteStream) -> ByteStream {
        AsyncThrowingStream { continuation in
            Task {
                do {
                    for try await chunk in stream { continuation.yield(chunk) }
                    continuation.finish()
                } catch { continuation.finish(throwing: error) }
            }
        }
    }
}
