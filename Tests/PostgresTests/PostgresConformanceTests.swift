import ConnectorTesting
import PipelineCore
import Testing

@testable import PostgresPlugin

@Suite("The Postgres sink")
struct PostgresConformanceTests {
    @Test("It keeps every promise of a sink, as psql sees it")
    func conformance() async throws {
        let server = try await PostgresServer.shared.value
        await SinkConformance(shown: shown) {
            let schema = "s\(UInt32.random(in: 0 ... .max))"
            var options = PostgresOptions()
            options.url = Secret(server.url)
            options.schema = schema
            return .init(sink: PostgresSink(options)) { dataset in
                try await server.table("\(dataset)", in: schema).map { .init(columns: $0.columns, rows: $0.rows) }
            }
        }.run()
    }

    /// As Postgres prints what it was given.
    private let shown: @Sendable (Field, String) -> String? = { field, value in
        switch field.type {
        case .double: ["0.0": "0", "1e+16": "1e+16"][value] ?? value
        default: value
        }
    }
}
