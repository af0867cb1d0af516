public import PipelineCore

extension Pipeline {
    /// Runs a read-only query over the lake's tables, each at its latest version, and lends its rows to `body`.
    public func withRows<Result: Sendable>(
        of sql: SQLText,
        _ body: @escaping @Sendable (Schema, RowStream) async throws -> Result
    ) async throws -> Result {
        let names = try await tables.tables()
        var inputs: [EngineTable] = []
        for name in names where sql.text.lowercased().contains(name.rawValue) {
            guard let snapshot = try await tables.readableSnapshot(of: name) else { continue }
            inputs.append(
                EngineTable(name, schema: snapshot.definition.schema, storage: .parquet(snapshot.files.map(\.path)))
            )
        }
        let letters = DatasetDefinition.deadLetters
        if !names.isEmpty, !names.contains(letters.name) {
            // Nothing has been rejected yet, which is no reason to refuse who asks.
            inputs.append(EngineTable(letters.name, schema: letters.schema, storage: .parquet([])))
        }
        do {
            return try await engine.withRows(of: sql, over: inputs, body)
        } catch var error as PipelineError where error.code == .invalidQuery && error.hint == nil {
            if error.message.contains("does not exist") || error.message.contains("cannot be found") {
                let list = names.map(\.rawValue).joined(separator: ", ")
                error.hint =
                    names.isEmpty
                    ? "the lake has no tables yet; `millrace run` makes them" : "the tables are: \(list)"
            }
            throw error
        }
    }
}
