import DuckDBPlugin
import PipelineCore
import Processing
import Testing

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Renders the whole job as one script for the `duckdb` program, for measuring and for comparing with other
/// implementations of the same definitions.
///
/// Inputs are `IN/event_log.parquet`, `IN/user_agents.parquet` and `IN/addresses.parquet`; each dataset becomes
/// `OUT/NAME.parquet`.
func clickstreamScript(_ options: ClickstreamOptions, from input: String, to output: String) -> String {
    let dialect = DuckDBDialect()
    let inputs = ClickstreamModels.inputs.map { table in
        dialect.createView(
            table.name.rawValue,
            as: "SELECT * FROM read_parquet(\(sqlLiteral("\(input)/\(table.name).parquet")))"
        )
    }
    let steps = ClickstreamModels(options, dialect: dialect).steps { "\(output)/\($0).parquet" }.map { step in
        switch step {
        case .execute(let sql): sql.text
        case .write(_, let sql, let file, _):
            "COPY (\n\(sql.text)\n) TO \(sqlLiteral(file)) (FORMAT parquet, COMPRESSION zstd)"
        case .measure: ""
        }
    }
    return (["SET TimeZone = 'UTC'", "SET preserve_insertion_order = false"] + inputs + steps).map { $0 + ";\n" }
        .joined()
}

/// Writes the script where the environment says.
///
///     CLICKSTREAM_SCRIPT=job.sql CLICKSTREAM_IN=DIR CLICKSTREAM_OUT=DIR CLICKSTREAM_OPTIONS=options.json \
///         swift test --filter ClickstreamScript
@Suite struct ClickstreamScript {
    private static let environment = ProcessInfo.processInfo.environment

    @Test(
        "The job can be written as one script",
        .enabled(if: environment["CLICKSTREAM_SCRIPT"] != nil, "CLICKSTREAM_SCRIPT names no file to write")
    )
    func script() throws {
        let environment = Self.environment
        let input = try #require(environment["CLICKSTREAM_IN"]), output = try #require(environment["CLICKSTREAM_OUT"])
        let file = try #require(environment["CLICKSTREAM_SCRIPT"]),
            json = try #require(environment["CLICKSTREAM_OPTIONS"])
        let options = try ClickstreamOptions(json: json)
        try Data(clickstreamScript(options, from: input, to: output).utf8).write(to: URL(fileURLWithPath: file))
    }
}

extension ClickstreamOptions {
    private struct Given: Decodable {
        struct Funnel: Decodable {
            var name: String
            var steps: [String]
            var within_seconds: Int
        }
        var session_gap_seconds: Int
        var conversions: [String]
        var funnels: [Funnel]
        var timezone: String
    }

    /// What a file says that `Tests/ClickstreamOracle` understands too.
    init(json file: String) throws {
        let given = try JSONDecoder().decode(Given.self, from: Data(contentsOf: URL(fileURLWithPath: file)))
        self.init(
            sessionGap: .seconds(given.session_gap_seconds),
            conversions: given.conversions,
            funnels: given.funnels.map { .init(name: $0.name, steps: $0.steps, within: .seconds($0.within_seconds)) },
            timezone: given.timezone
        )
    }
}
