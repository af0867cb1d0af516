public import PipelineCore

/// The promises of the ``PipelineCore/Sink`` seam as tests that every sink passes.
///
///     await SinkConformance { place() }.run()
///
/// Each check delivers to a place of its own and looks at it with the reader that the place brings along, which should
/// share no code with the sink.
public struct SinkConformance: Conformance {
    /// Somewhere to deliver to, empty at first.
    public struct Place: Sendable {
        let sink: any Sink
        let published: @Sendable (DatasetName) async throws -> PublishedDataset?

        /// A place; `published` tells what readers see of a dataset now, nil where they see none.
        public init(
            sink: any Sink,
            published: @escaping @Sendable (DatasetName) async throws -> PublishedDataset?
        ) {
            self.sink = sink
            self.published = published
        }
    }

    let makePlace: @Sendable () async throws -> Place
    let shown: @Sendable (Field, String) -> String?

    /// A suite for one sink.
    ///
    /// - Parameters:
    ///   - shown: how the place's reader shows a value, given in canonical CSV's form; as it stands unless told otherwise.
    ///   - makePlace: makes an empty place for each check.
    public init(
        shown: @escaping @Sendable (Field, String) -> String? = { $1 },
        makePlace: @escaping @Sendable () async throws -> Place
    ) {
        self.shown = shown
        self.makePlace = makePlace
    }

    /// Runs every check; returns the promises that the sink breaks, each with what was found.
    public func brokenPromises() async -> [String] {
        await broken(of: Self.checks) { try await SinkCheck(place: makePlace(), shown: shown) }
    }

    private static let checks: [(promise: String, check: @Sendable (SinkCheck) async throws -> Void)] = [
        ("a probe changes nothing", { try await $0.probeChangesNothing() }),
        ("a delivery appears only at its commit", { try await $0.appearsAtCommit() }),
        ("the sink tells which delivery readers see", { try await $0.tellsDelivery() }),
        ("several datasets appear together", { try await $0.severalTogether() }),
        ("a removed dataset goes with the commit", { try await $0.removes() }),
        ("an aborted delivery leaves what was there", { try await $0.abortLeavesOld() }),
        ("a delivery dropped half-way leaves what was there", { try await $0.dropLeavesOld() }),
        ("a repeated delivery replaces the one before", { try await $0.repeatReplaces() }),
        ("an empty dataset is a dataset", { try await $0.emptyDataset() }),
        ("every type and extreme value comes through", { try await $0.everyType() }),
        ("every text comes through", { try await $0.everyText() }),
        ("columns may come, go and change", { try await $0.columnsChange() }),
        ("a stream that fails anywhere surfaces and leaves what was there", { try await $0.failingStream() }),
        ("a failing second dataset publishes neither", { try await $0.failingSecond() }),
        ("cancellation ends a delivery and leaves what was there", { try await $0.cancellation() }),
        ("what is no row is refused without telling it", { try await $0.malformedRows() }),
    ]
}
