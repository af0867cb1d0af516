internal import PipelineCore

/// The table `_millrace` of a schema: what each delivered dataset is, and by which run it came.
struct Catalog {
    static let table = "_millrace"

    private let schema: String
    private var qualified: String { "\(sqlIdentifier(schema)).\(Self.table)" }

    init(_ schema: String) { self.schema = schema }

    func create(_ connection: PostgresConnection) async throws {
        try await connection.run(
            """
            CREATE TABLE IF NOT EXISTS \(qualified) (
              dataset text NOT NULL, position integer NOT NULL, "column" text, type text, definition text NOT NULL,
              row_count bigint, pipeline text NOT NULL, run text NOT NULL, timezone text NOT NULL,
              exported_at timestamp with time zone NOT NULL, PRIMARY KEY (dataset, position))
            """
        )
    }

    /// Replaces what is said about a dataset.
    func record(
        _ definition: DatasetDefinition,
        rows: Int,
        _ header: DeliveryHeader,
        _ connection: PostgresConnection
    ) async throws {
        let name = sqlLiteral(definition.name.rawValue)
        let delivery = [header.pipeline, header.run.rawValue, header.timezone, header.startedAt.description]
            .map(sqlLiteral).joined(separator: ", ")
        var values = ["(\(name), 0, NULL, NULL, \(sqlLiteral(definition.summary)), \(rows), \(delivery))"]
        for (index, field) in definition.schema.fields.enumerated() {
            let texts = [field.name, field.type.description, field.description].map(sqlLiteral).joined(separator: ", ")
            values.append("(\(name), \(index + 1), \(texts), NULL, \(delivery))")
        }
        try await connection.run(
            """
            DELETE FROM \(qualified) WHERE dataset = \(name);
            INSERT INTO \(qualified) VALUES \(values.joined(separator: ", "))
            """
        )
    }

    /// Removes what is said about a dataset; false where nothing of this pipeline is.
    func forget(_ dataset: DatasetName, of pipeline: String, _ connection: PostgresConnection) async throws -> Bool {
        let gone = try await connection.run(
            """
            DELETE FROM \(qualified) WHERE dataset = \(sqlLiteral(dataset.rawValue))
              AND pipeline = \(sqlLiteral(pipeline)) RETURNING 1
            """
        )
        return !gone.isEmpty
    }

    func knows(_ dataset: DatasetName, _ connection: PostgresConnection) async throws -> Bool {
        let rows = try await connection.run(
            "SELECT 1 FROM \(qualified) WHERE dataset = \(sqlLiteral(dataset.rawValue)) AND position = 0"
        )
        return !rows.isEmpty
    }

    /// The run of the latest delivery; nil where there was none, or where a delivered table is gone.
    func latestRun(_ connection: PostgresConnection) async throws -> RunID? {
        let exists = "SELECT to_regclass(\(sqlLiteral(qualified))) IS NOT NULL"
        guard try await connection.run(exists).first?.first == "t" else { return nil }
        let rows = try await connection.run(
            """
            SELECT run, bool_and(to_regclass(quote_ident(\(sqlLiteral(schema))) || '.' || quote_ident(dataset)) IS NOT NULL)
              OVER () FROM \(qualified) WHERE position = 0 ORDER BY exported_at DESC LIMIT 1
            """
        )
        guard let row = rows.first, row.last == "t" else { return nil }
        return row.first.flatMap { $0 }.map(RunID.init(rawValue:))
    }
}
