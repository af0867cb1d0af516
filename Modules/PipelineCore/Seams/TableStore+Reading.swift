extension TableStore {
    /// The latest version of a table, to read its rows; nil where the table does not exist.
    ///
    /// Throws `corruptData` where a file of the version is gone, which no engine could say as well.
    public func readableSnapshot(of table: DatasetName) async throws -> TableSnapshot? {
        guard let snapshot = try await snapshot(of: table, at: nil) else { return nil }
        guard let path = try await missingFile(of: snapshot) else { return snapshot }
        throw PipelineError(
            .corruptData,
            "table '\(table)' lacks the file \(path) of its version \(snapshot.version)",
            while: "opening a table",
            hint:
                "put the file back from a backup, or move the table's directory away: the next run then fills the table anew"
        )
    }
}
