import PipelineCore

/// A column of a dataset together with the expression that computes it, so that neither changes without the other.
struct OutputColumn {
    private(set) var field: Field
    let expression: String

    /// The column without NULL.
    var required: OutputColumn {
        var column = self
        column.field.isNullable = false
        return column
    }

    // The expression is a column of the same name unless told otherwise.

    static func text(_ name: String, _ meaning: String, from expression: String? = nil) -> OutputColumn {
        make(name, .varchar, meaning, expression)
    }
    static func integer(_ name: String, _ meaning: String, from expression: String? = nil) -> OutputColumn {
        make(name, .integer, meaning, expression)
    }
    static func number(_ name: String, _ meaning: String, from expression: String? = nil) -> OutputColumn {
        make(name, .double, meaning, expression)
    }
    /// Never NULL, like all that follow.
    static func count(_ name: String, _ meaning: String, from expression: String? = nil) -> OutputColumn {
        make(name, .bigint, meaning, expression).required
    }
    static func day(_ name: String, _ meaning: String, from expression: String? = nil) -> OutputColumn {
        make(name, .date, meaning, expression).required
    }
    static func time(_ name: String, _ meaning: String, from expression: String? = nil) -> OutputColumn {
        make(name, .timestamptz, meaning, expression).required
    }
    static func flag(_ name: String, _ meaning: String, from expression: String? = nil) -> OutputColumn {
        make(name, .boolean, meaning, expression).required
    }

    private static func make(
        _ name: String,
        _ type: DataType,
        _ meaning: String,
        _ expression: String?
    ) -> OutputColumn {
        OutputColumn(field: Field(name, type, description: meaning), expression: expression ?? name)
    }
}
