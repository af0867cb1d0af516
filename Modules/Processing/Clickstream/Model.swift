public import PipelineCore

/// A query that later queries of the same session can build on, or a dataset that leaves the session.
public struct Model: Sendable {
    /// What becomes of the query's rows.
    public enum Kind: Sendable {
        /// Later models read the query under the model's name; it is run as often as they do.
        case view
        /// Later models read the rows under the model's name; the query is run once.
        case table
        /// The rows are the dataset.
        case dataset(DatasetDefinition)
    }

    /// Names the view, the table or the dataset.
    public let name: DatasetName
    /// What becomes of the rows.
    public let kind: Kind
    /// A single SELECT, without a semicolon.
    public let query: String

    static func view(_ name: DatasetName, _ query: String) -> Model { Model(name: name, kind: .view, query: query) }
    static func table(_ name: DatasetName, _ query: String) -> Model { Model(name: name, kind: .table, query: query) }
}
