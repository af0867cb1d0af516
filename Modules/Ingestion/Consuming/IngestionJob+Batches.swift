internal import PipelineCore

extension IngestionJob {
    /// The landings, with those put together that one pass over the engine can consume.
    ///
    /// A collector makes a landing a minute, and a pass takes its time however few rows there are. What takes the place of
    /// earlier rows is consumed alone, since those may be in the landing before. A landing whose dead letters are written
    /// already does not go with one whose are not: otherwise they would be written twice.
    func batches(of landings: [Landing]) async throws -> [Landing] {
        guard landings.count > 1 else { return landings }
        let buried = try await tables.snapshot(of: DatasetDefinition.deadLetters.name, at: nil)?.cursors[cursor] ?? -1
        var batches: [Landing] = []
        for landing in landings {
            guard let batch = batches.last, batch.isOfNewRows, landing.isOfNewRows,
                batch.storedSize + landing.storedSize <= batchSize, batch.files.count < 500,
                (batch.sequence <= buried) == (landing.sequence <= buried)
            else {
                batches.append(landing)
                continue
            }
            batches[batches.count - 1] = Landing(sequence: landing.sequence, files: batch.files + landing.files)
        }
        return batches
    }
}

extension Landing {
    /// Whether it only adds rows.
    fileprivate var isOfNewRows: Bool { !isReplay && files.allSatisfy(\.supersedes.isEmpty) }
    fileprivate var storedSize: Int64 { files.reduce(0) { $0 + $1.size } }
}
