public import PipelineCore

/// Delivers datasets as tables of one schema of a Postgres database, in which all of them change together.
///
/// A delivery is one transaction: readers are never blocked by it and see all of it or nothing, and a connection that breaks
/// leaves nothing behind. Tables stay the tables that they are, so that views over them and grants on them survive.
public struct PostgresSink: Sink {
    let options: PostgresOptions

    init(_ options: PostgresOptions) { self.options = options }

    /// Connects, and looks whether tables may be made in the schema, or else the schema be made.
    public func probe() async throws {
        try await postgresErrors(while: "connecting to Postgres") {
            let connection = try await options.connect()
            let schema = sqlLiteral(options.schema)
            let found = try await connection.run(
                """
                SELECT CASE WHEN EXISTS (SELECT FROM pg_namespace WHERE nspname = \(schema))
                  THEN has_schema_privilege(\(schema), 'CREATE')
                  ELSE has_database_privilege(current_database(), 'CREATE') END
                """
            )
            guard found.first?.first == "t" else {
                throw PipelineError(
                    .unauthorized,
                    "the user may not make tables in the schema '\(options.schema)'",
                    while: "connecting to Postgres",
                    hint: "GRANT CREATE, USAGE ON SCHEMA, or make the schema for it"
                )
            }
        }
    }

    /// What the schema's own catalog says; reads only.
    public func currentDelivery() async throws -> RunID? {
        try await postgresErrors(while: "reading the catalog in Postgres") {
            try await Catalog(options.schema).latestRun(try await options.connect())
        }
    }

    /// Connects, waits for another delivery into the schema to end, and begins a transaction.
    public func begin(_ header: DeliveryHeader) async throws -> any SinkDelivery {
        try await postgresErrors(while: "connecting to Postgres") {
            let delivery = PostgresDelivery(options, header, try await options.connect())
            try await delivery.begin()
            return delivery
        }
    }
}
