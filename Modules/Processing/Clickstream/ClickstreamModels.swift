public import PipelineCore

/// The built-in clickstream job: the queries that turn received events into the twelve datasets, for one engine.
///
/// What is computed for a visitor depends on that visitor's events alone, and for a person on the events of that
/// person's visitors. Nothing depends on the order or the grouping of the input rows.
public struct ClickstreamModels: Sendable {
    /// The tables that the queries read, under these names.
    public static let inputs: [DatasetDefinition] = [.eventLog, .userAgents, .addresses]

    /// What the user decided.
    public let options: ClickstreamOptions
    let dialect: any SQLDialect

    /// The queries for an engine that speaks `dialect`.
    public init(_ options: ClickstreamOptions, dialect: any SQLDialect) {
        self.options = options
        self.dialect = dialect
    }

    /// All queries, each after those that it reads.
    public var models: [Model] {
        [repeatedEvents, distinctEvents, enrichedEvents, visitorUsers, sessionEvents, sessionFacts, personDays]
            + funnelTables
            + [
                events, sessions, users, dailyMetrics, eventCounts, pages, acquisition, geography, devices, funnels,
                retention, paths,
            ]
    }

    /// The twelve datasets, in the order in which they are documented.
    public var definitions: [DatasetDefinition] {
        models.compactMap { if case .dataset(let definition) = $0.kind { definition } else { nil } }
    }

    /// The steps of an engine's job: each dataset is written into the empty directory that `directory` names for it,
    /// in a step labelled with the dataset's name.
    public func steps(into directory: (DatasetName) -> String) -> [EngineJob.Step] {
        models.map { model in
            switch model.kind {
            case .view: .execute(SQLText(dialect.createView(model.name.rawValue, as: model.query)))
            case .table: .execute(SQLText(dialect.createTable(model.name.rawValue, as: model.query)))
            case .dataset(let definition):
                .write(
                    label: model.name.rawValue,
                    SQLText(model.query),
                    into: directory(model.name),
                    schema: definition.schema
                )
            }
        }
    }

    /// A dataset from its columns and the part of its query that begins with FROM.
    func dataset(
        _ name: DatasetName,
        _ summary: String,
        key: [String],
        columns: [OutputColumn],
        with subqueries: KeyValuePairs<String, String> = [:],
        from source: String
    ) -> Model {
        let definition = DatasetDefinition(
            name: name,
            summary: summary,
            schema: Schema(columns.map(\.field)),
            key: key
        )
        let with = subqueries.map { "\($0.key) AS (\n\($0.value)\n)" }.joined(separator: ",\n")
        let select = columns.map { "  CAST(\($0.expression) AS \(dialect.type($0.field.type))) AS \($0.field.name)" }
        let query = "SELECT\n\(select.joined(separator: ",\n"))\n\(source)"
        return Model(
            name: name,
            kind: .dataset(definition),
            query: with.isEmpty ? query : "WITH \(with)\n\(query)"
        )
    }

    func microseconds(_ timestamp: String) -> String { dialect.microseconds(timestamp) }

    /// A share in 0…1, NULL of nothing.
    func share(_ part: String, of whole: String) -> String { "CAST(\(part) AS DOUBLE) / nullif(\(whole), 0)" }
}

/// What orders a visitor's or a person's events, wherever order matters; no two events are equal in all of it.
let eventOrder = "occurred_at NULLS LAST, received_at NULLS LAST, _row NULLS LAST, event_id NULLS LAST"
