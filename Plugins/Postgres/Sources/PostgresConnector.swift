public import PipelineCore

extension Connector where Part == any Sink {
    /// `use: postgres`: datasets as tables of a Postgres database.
    public static var postgres: Connector {
        Connector(name: "postgres", summary: "Tables of a Postgres database, which change together.") { block in
            let options = PostgresOptions(block)
            return { context in
                var options = options
                options.certificateAuthority = options.certificateAuthority.map(context.resolve)
                return PostgresSink(options)
            }
        }
    }
}
