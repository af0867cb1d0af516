internal import PipelineCore

extension Schema {
    /// The columns of a table after an append with other columns: none is lost, none changes its type.
    ///
    /// Where rows have no value in a column, before or after, the table says so whatever is asked for.
    func extended(by wanted: Schema, hasRows: Bool, in table: DatasetName) throws -> Schema {
        var fields: [Field] = []
        for field in wanted.fields {
            var field = field
            if let existing = self[field.name] {
                guard let type = existing.type.merged(with: field.type) else {
                    throw PipelineError(
                        .schemaMismatch,
                        "column '\(field.name)' of table '\(table)' is \(existing.type), not \(field.type)",
                        while: "adding to a table",
                        hint: "cast the column, or rebuild the table with --full"
                    )
                }
                field.type = type
                field.isNullable = field.isNullable || existing.isNullable
            } else if hasRows {
                field.isNullable = true
            }
            fields.append(field)
        }
        for var field in self.fields where wanted[field.name] == nil {
            field.isNullable = true
            fields.append(field)
        }
        return Schema(fields)
    }

    /// Throws where names cannot be stored: the format without column mapping knows no `,;{}()=`, space, tab or line end
    /// in them, and readers such as Spark do not tell `a` from `A`.
    func requireStorable(in table: DatasetName) throws {
        try Self.requireStorable(fields, in: table)
    }

    private static func requireStorable(_ fields: [Field], in table: DatasetName) throws {
        guard !fields.isEmpty else { throw unstorable("has no columns", in: table) }
        var seen: Set<String> = []
        for field in fields {
            guard !field.name.isEmpty, !field.name.contains(where: { " ,;{}()\n\t\r=".contains($0) }) else {
                throw unstorable("has a column '\(field.name)', and such a name cannot be stored", in: table)
            }
            guard seen.insert(field.name.lowercased()).inserted else {
                throw unstorable("has two columns '\(field.name)'", in: table)
            }
            try requireStorable(field.type, in: table)
        }
    }

    private static func requireStorable(_ type: DataType, in table: DatasetName) throws {
        switch type {
        case .list(let element): try requireStorable(element, in: table)
        case .structure(let fields): try requireStorable(fields, in: table)
        case .decimal(let precision, let scale) where !(1...38).contains(precision) || !(0...precision).contains(scale):
            throw unstorable("has a column of type \(type)", in: table)
        default: break
        }
    }

    private static func unstorable(_ problem: String, in table: DatasetName) -> PipelineError {
        PipelineError(
            .schemaMismatch,
            "table '\(table)' \(problem)",
            while: "publishing a version of table '\(table)'",
            hint: "rename the column with AS; letters, digits and '_' are always right"
        )
    }
}

extension DataType {
    /// The type that holds values of both: the same but for descriptions, which are the other's, and members without
    /// values, which either may have; nil where the types differ.
    fileprivate func merged(with other: DataType) -> DataType? {
        switch (self, other) {
        case (.list(let mine), .list(let theirs)): return mine.merged(with: theirs).map { .list($0) }
        case (.structure(let mine), .structure(let theirs)):
            guard mine.map(\.name) == theirs.map(\.name) else { return nil }
            var fields: [Field] = []
            for (mine, var field) in zip(mine, theirs) {
                guard let type = mine.type.merged(with: field.type) else { return nil }
                field.type = type
                field.isNullable = field.isNullable || mine.isNullable
                fields.append(field)
            }
            return .structure(fields)
        default: return self == other ? other : nil
        }
    }
}
