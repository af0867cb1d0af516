internal import PipelineCore

/// One check of ``SinkConformance`` at work.
struct SinkCheck {
    let place: SinkConformance.Place
    let shown: @Sendable (Field, String) -> String?

    static let header = header(run: "20261121T073117Z", minute: 0)

    /// The header of a delivery that began some minutes after the first.
    static func header(run: String, minute: Int64) -> DeliveryHeader {
        DeliveryHeader(
            pipeline: "conformance",
            run: RunID(rawValue: run),
            startedAt: Timestamp(microseconds: 1_795_246_277_000_000 + minute * 60_000_000),
            timezone: "Europe/Warsaw"
        )
    }

    /// Rows with the numbers from 1 to `count`, `perChunk` of them in a chunk.
    static func things(_ count: Int, perChunk: Int = 3, word: String = "thing") -> SampleDataset {
        SampleDataset(
            DatasetDefinition(
                name: "things",
                summary: "One row is a thing.",
                schema: Schema([
                    Field("id", .bigint, isNullable: false, description: "Identifies the thing"),
                    Field("name", .varchar, description: "What it's called, \"roughly\""),
                ]),
                key: ["id"]
            ),
            rows: (0..<count).map { ["\($0 + 1)", "\(word) \($0 + 1)"] },
            perChunk: perChunk
        )
    }

    static let others = SampleDataset(
        DatasetDefinition(
            name: "others",
            summary: "One row is something else.",
            schema: Schema([Field("word", .varchar), Field("rank", .integer)])
        ),
        rows: [["one", "1"], ["two", nil], [nil, "3"]]
    )

    /// Stages everything in one delivery and commits it.
    func deliver(_ datasets: SampleDataset...) async throws {
        let delivery = try await place.sink.begin(Self.header)
        for dataset in datasets { try await stage(dataset, into: delivery) }
        try await delivery.commit()
    }

    func stage(_ dataset: SampleDataset, into delivery: any SinkDelivery) async throws {
        let stored = try await delivery.stage(dataset.definition, rows: ArrayStream(dataset.chunks))
        try expect(stored == dataset.rows.count, "stage says \(stored) rows where \(dataset.rows.count) were given")
    }

    /// Expects that readers see exactly this dataset.
    func expectPublished(_ dataset: SampleDataset, _ moment: String) async throws {
        guard let found = try await place.published(dataset.definition.name) else {
            throw BrokenPromise("\(moment): '\(dataset.definition.name)' is not seen")
        }
        guard let difference = found.sorted.difference(from: dataset.published(shown).sorted) else { return }
        throw BrokenPromise("\(moment): \(difference)")
    }

    /// Expects that readers see nothing under the name.
    func expectNothing(_ dataset: DatasetName, _ moment: String) async throws {
        let found = try await place.published(dataset)
        try expect(found == nil, "\(moment): '\(dataset)' is seen")
    }

    /// Expects that a delivery works as if nothing had gone wrong before.
    func expectNextWorks() async throws {
        let next = Self.things(5, word: "next")
        try await deliver(next)
        try await expectPublished(next, "the next delivery")
    }

    /// Runs `body`, which must throw, and returns the error.
    func expectError(_ moment: String, _ body: () async throws -> Void) async throws -> any Error {
        do { try await body() } catch { return error }
        throw BrokenPromise("\(moment) throws nothing")
    }

    func expect(_ isTrue: Bool, _ otherwise: String) throws {
        if !isTrue { throw BrokenPromise(otherwise) }
    }
}

/// What a check found.
struct BrokenPromise: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
