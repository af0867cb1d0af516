import ConnectorTesting
import PipelineCore
import Synchronization
import Testing

@Suite("The suite that every sink passes")
struct SinkConformanceTests {
    @Test("The sink in memory keeps every promise")
    func memory() async {
        await SinkConformance {
            let sink = MemorySink()
            return .init(sink: sink) { sink[$0] }
        }.run()
    }

    @Test("A sink with a flaw is found out", arguments: FlawedSink.Flaw.allCases)
    func flawed(flaw: FlawedSink.Flaw) async {
        let suite = SinkConformance {
            let memory = MemorySink()
            return .init(sink: FlawedSink(sink: memory, flaw: flaw)) { memory[$0] }
        }
        let broken = await suite.brokenPromises()
        #expect(broken.contains { $0.hasPrefix(flaw.rawValue) }, "\(broken)")
    }
}

/// A sink with one flaw that the suite has to find.
struct FlawedSink: Sink {
    /// The raw value is the promise that the flaw breaks.
    enum Flaw: String, CaseIterable {
        case publishesEarly = "a delivery appears only at its commit"
        case losesNull = "every type and extreme value comes through"
        case losesRows = "several datasets appear together"
        case wrapsErrors = "a stream that fails anywhere surfaces and leaves what was there"
        case appends = "a repeated delivery replaces the one before"
        case tellsValues = "what is no row is refused without telling it"
        case keepsRemoved = "a removed dataset goes with the commit"
        case forgetsDelivery = "the sink tells which delivery readers see"
        case ignoresCancellation = "cancellation ends a delivery and leaves what was there"
    }

    let sink: MemorySink
    let flaw: Flaw

    func probe() async throws {}

    func currentDelivery() async throws -> RunID? {
        flaw == .forgetsDelivery ? nil : try await sink.currentDelivery()
    }

    func begin(_ header: DeliveryHeader) async throws -> any SinkDelivery {
        Delivery(delivery: try await sink.begin(header), flaw: flaw, sink: sink)
    }

    struct Delivery: SinkDelivery {
        let delivery: any SinkDelivery
        let flaw: Flaw
        let sink: MemorySink

        func stage(_ definition: DatasetDefinition, rows: RowStream) async throws -> Int {
            var chunks: [RowChunk] = []
            do {
                for try await chunk in rows { chunks.append(chunk) }
            } catch {
                if flaw == .wrapsErrors, error is PipelineError {
                    throw PipelineError(.internalError, "something failed", while: "staging")
                }
                if flaw == .ignoresCancellation, error is CancellationError { return chunks.count }
                throw error
            }
            switch flaw {
            case .losesNull: chunks = chunks.map(emptied)
            case .losesRows where chunks.count > 1: chunks.removeLast()
            case .appends:
                let old = sink[definition.name].map { $0.columns == definition.schema.names ? $0.rows : [] } ?? []
                var writer = CanonicalCSVWriter()
                for row in old { writer.append(row: row) }
                chunks.insert(writer.takeChunk(), at: 0)
            case .tellsValues:
                let text = String(decoding: chunks.first?.bytes ?? [], as: UTF8.self)
                if text.contains("canary") { throw PipelineError(.corruptData, "no row: \(text)", while: "staging") }
            default: break
            }
            let stored = try await delivery.stage(definition, rows: ArrayStream(chunks))
            if flaw == .publishesEarly { try await delivery.commit() }
            return stored
        }

        private func emptied(_ chunk: RowChunk) -> RowChunk {
            let text = String(decoding: chunk.bytes, as: UTF8.self).replacing(",,", with: ",\"\",")
            return RowChunk(bytes: Array(text.utf8), rowCount: chunk.rowCount)
        }

        func remove(_ dataset: DatasetName) async throws {
            if flaw != .keepsRemoved { try await delivery.remove(dataset) }
        }

        func commit() async throws { try await delivery.commit() }
        func abort() async { await delivery.abort() }
    }
}
