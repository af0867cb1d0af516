public import PipelineCore

/// One export of the config: takes datasets out of the lake and delivers them to a sink.
///
/// A delivery is all or nothing: the sink's readers see every dataset of the plan, each at the plan's version, or what
/// they saw before. Delivering the same again is harmless.
public struct ExportJob: Sendable {
    /// The export's name in the config.
    public let name: String
    /// Where the datasets go.
    public let sink: any Sink
    /// Which datasets go there.
    public let selection: ExportSelection

    /// An export named `name` that delivers `selection` to `sink`.
    public init(name: String, sink: any Sink, selection: ExportSelection) {
        self.name = name
        self.sink = sink
        self.selection = selection
    }

    /// What the export would deliver now, given the datasets that the config's jobs produce in the order in which they
    /// do; throws `notFound` for a dataset that the lake does not have, `corruptData` for one that has lost a file.
    public func plan(produced: [DatasetName], in store: any TableStore) async throws -> DeliveryPlan {
        var snapshots: [TableSnapshot] = []
        for dataset in selection.names(outOf: produced) {
            guard let snapshot = try await store.readableSnapshot(of: dataset) else {
                throw PipelineError(
                    .notFound,
                    "the lake has no table '\(dataset)' yet",
                    while: "planning the export '\(name)'",
                    hint: "run the job or the source that fills it, or take it off `datasets:`"
                )
            }
            snapshots.append(snapshot)
        }
        return DeliveryPlan(export: name, snapshots: snapshots)
    }

    /// Delivers what the plan names, takes away what `receipt` tells of and the plan does not, and returns what was
    /// delivered, once it is durable.
    ///
    /// On any error, and when the task is cancelled before the commit, the sink forgets what was staged and the error
    /// is thrown on. A dataset of which the sink stored more or fewer rows than the lake holds is `corruptData`.
    public func deliver(
        _ plan: DeliveryPlan,
        after receipt: DeliveryReceipt? = nil,
        with engine: any QueryEngine,
        header: DeliveryHeader,
        progress: any ProgressReporting
    ) async throws -> DeliveryReceipt {
        let delivery = try await sink.begin(header)
        do {
            for snapshot in plan.snapshots {
                try Task.checkCancellation()
                let dataset = ExportedDataset(snapshot)
                try await stage(dataset, into: delivery, with: engine, progress: progress)
            }
            for dataset in plan.gone(since: receipt) { try await delivery.remove(dataset) }
            try Task.checkCancellation()
            try await delivery.commit()
        } catch {
            await delivery.abort()
            throw error
        }
        return plan.receipt
    }

    private func stage(
        _ dataset: ExportedDataset,
        into delivery: any SinkDelivery,
        with engine: any QueryEngine,
        progress: any ProgressReporting
    ) async throws {
        let definition = dataset.definition
        let work = "\(name): \(definition.name)"
        let stored = try await engine.withRows(of: dataset.query, over: [dataset.table]) { [name] schema, rows in
            guard schema.hasSameColumns(as: definition.schema) else {
                throw PipelineError(
                    .schemaMismatch,
                    "the engine returns other columns than '\(definition.name)' has: \(schema.names)",
                    while: "exporting '\(name)'"
                )
            }
            let counted = CountedRows(rows: rows, work: work, total: dataset.rowCount, progress: progress)
            return Int64(try await delivery.stage(definition, rows: counted))
        }
        guard stored == dataset.rowCount else {
            throw PipelineError(
                .corruptData,
                "'\(definition.name)' has \(dataset.rowCount) rows in the lake, but \(stored) were stored in the sink",
                while: "exporting '\(name)'",
                hint: "nothing was published; run the export again"
            )
        }
        progress.finish(work, outcome: stored == 1 ? "1 row" : "\(stored) rows")
    }
}
