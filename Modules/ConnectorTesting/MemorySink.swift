public import PipelineCore
internal import Synchronization

/// A sink that keeps what it gets in memory and decodes every row; for tests of what delivers to sinks.
public final class MemorySink: Sink {
    private let published = Mutex<[DatasetName: PublishedDataset]>([:])
    private let latest = Mutex<RunID?>(nil)

    /// A sink that nothing was delivered to yet.
    public init() {}

    /// What readers see now.
    public subscript(dataset: DatasetName) -> PublishedDataset? { published.withLock { $0[dataset] } }

    /// The names of all datasets that readers see.
    public var datasets: [DatasetName] { published.withLock { $0.keys.sorted() } }

    /// Always works.
    public func probe() async throws {}

    /// Begins a delivery that other deliveries know nothing of.
    public func begin(_ header: DeliveryHeader) async throws -> any SinkDelivery {
        Delivery(sink: self, run: header.run)
    }

    /// The run of the last delivery that was committed.
    public func currentDelivery() async throws -> RunID? { latest.withLock { $0 } }

    private final class Delivery: SinkDelivery {
        private let sink: MemorySink
        private let run: RunID
        /// Nil: to be removed.
        private let staged = Mutex<[DatasetName: PublishedDataset?]>([:])

        init(sink: MemorySink, run: RunID) {
            self.sink = sink
            self.run = run
        }

        func stage(_ definition: DatasetDefinition, rows: RowStream) async throws -> Int {
            var decoded: [[String?]] = []
            var reader = CanonicalCSVReader(definition)
            for try await chunk in rows {
                try Task.checkCancellation()
                var offset = 0
                while try reader.readRow(of: chunk.bytes.span, at: &offset) {
                    decoded.append(reader.fields.map { MemorySink.text(of: $0, in: chunk.bytes) })
                }
            }
            let dataset = PublishedDataset(columns: definition.schema.names, rows: decoded)
            staged.withLock { $0[definition.name] = dataset }
            return decoded.count
        }

        func remove(_ dataset: DatasetName) async throws { staged.withLock { $0[dataset] = .some(nil) } }

        func commit() async throws {
            let datasets = staged.withLock { $0 }
            sink.published.withLock { published in
                for (name, dataset) in datasets { published[name] = dataset }
            }
            sink.latest.withLock { $0 = run }
        }

        func abort() async { staged.withLock { $0 = [:] } }
    }

    private static func text(of field: CanonicalField, in bytes: [UInt8]) -> String? {
        guard !field.isNull else { return nil }
        var text: [UInt8] = []
        field.appendText(of: bytes.span, to: &text)
        return String(decoding: text, as: UTF8.self)
    }
}
