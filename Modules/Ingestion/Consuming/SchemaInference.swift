internal import PipelineCore

/// Finds the columns that a table gets from records, and their types from all their values.
///
/// A column is of the first type that every value fits: BOOLEAN, BIGINT, DOUBLE, DATE, TIMESTAMPTZ, else VARCHAR; without any
/// value it is VARCHAR, which a table without rows gives up for what its first values are. Columns of Parquet files keep the types that they have.
struct SchemaInference {
    /// A column that the table does not have yet.
    private struct NewColumn {
        let name: String
        var declared: [DataType] = []
        /// Where its texts are: the relation, and the column's name there.
        var texts: [(relation: Int, column: String)] = []
    }
    /// One column of texts in a question to the engine.
    private struct Question {
        let label: String
        let relation: Int
        let columns: [(new: Int, name: String)]
    }

    let relations: [RecordRelation]
    let types: TypedText
    private var found: [NewColumn] = []

    /// Looks at the columns of relations that a table does not have yet.
    ///
    /// `columns` are the names of each relation's own columns, `headers` names that need no record to be columns, `known`
    /// the table's columns whose types are held to, `untyped` its others.
    init(
        _ relations: [RecordRelation],
        columns: [[String]],
        headers: [[String]],
        known: [Field],
        untyped: [String],
        types: TypedText
    ) {
        self.relations = relations
        self.types = types
        let taken = Set(known.map { $0.name.lowercased() })
        var positions: [String: Int] = [:]
        func position(of name: String) -> Int? {
            let stored = ColumnNames.stored(name)
            guard !taken.contains(stored.lowercased()) else { return nil }
            if let position = positions[stored.lowercased()] { return position }
            positions[stored.lowercased()] = found.count
            found.append(NewColumn(name: stored))
            return found.count - 1
        }
        for name in untyped { _ = position(of: name) }
        for (relation, names) in columns.enumerated() {
            for name in names {
                guard let position = position(of: name) else { continue }
                if let type = relations[relation].type(of: name) {
                    found[position].declared.append(type)
                } else {
                    found[position].texts.append((relation, name))
                }
            }
        }
        for name in headers.joined() { _ = position(of: name) }
    }

    /// What must be asked of the engine.
    var steps: [EngineJob.Step] {
        questions.map {
            .measure(label: $0.label, SQLText(counting($0.columns.map(\.name), in: relations[$0.relation])))
        }
    }

    /// The new columns, by the answers.
    func fields(_ answers: [String: [[String: String?]]]) -> [Field] {
        var counts = [[String: Int64]](repeating: [:], count: found.count)
        for question in questions {
            guard let answer = answers[question.label]?.first else { continue }
            for (position, column) in question.columns.enumerated() {
                for key in ["values"] + TypedText.candidates.map({ "\($0)" }) {
                    let count = (answer["\(position) \(key)"] ?? nil).flatMap { Int64($0) } ?? 0
                    counts[column.new][key, default: 0] += count
                }
            }
        }
        return zip(found, counts).map { column, counts in
            let values = counts["values"] ?? 0
            let inferred = values == 0 ? nil : TypedText.candidates.first { counts["\($0)"] == values } ?? .varchar
            let all = column.declared + (inferred.map { [$0] } ?? [])
            return Field(column.name, all.dropFirst().reduce(all.first ?? .varchar) { $0.widened(to: $1) })
        }
    }

    /// Some columns at a time: engines take far longer for thousands of counts in one query.
    private var questions: [Question] {
        relations.indices.flatMap { relation -> [Question] in
            let columns = found.enumerated().flatMap { new, column in
                column.texts.filter { $0.relation == relation }.map { (new: new, name: $0.column) }
            }
            return stride(from: 0, to: columns.count, by: 100).map { start in
                Question(
                    label: "types \(relation) \(start)",
                    relation: relation,
                    columns: Array(columns[start..<min(start + 100, columns.count)])
                )
            }
        }
    }

    /// A query with one row: for each column how many values there are, and how many fit each type.
    private func counting(_ columns: [String], in relation: RecordRelation) -> String {
        let counts = columns.indices.flatMap { index -> [String] in
            let text = "nullif(trim(field_\(index)), '')"
            return ["count(\(text)) AS \(sqlIdentifier("\(index) values"))"]
                + TypedText.candidates.map { type in
                    "count(\(types.value(text, as: type))) AS \(sqlIdentifier("\(index) \(type)"))"
                }
        }
        return
            "SELECT \(counts.joined(separator: ", ")) FROM (\(relation.selecting(columns, asPaths: false))) AS records"
    }
}
