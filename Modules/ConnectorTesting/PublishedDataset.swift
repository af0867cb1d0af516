/// What the readers of a sink see of one dataset.
public struct PublishedDataset: Sendable, Hashable {
    /// The columns in order.
    public var columns: [String]
    /// Every value as text, NULL as nil.
    public var rows: [[String?]]

    /// A dataset as an independent reader found it.
    public init(columns: [String], rows: [[String?]]) {
        self.columns = columns
        self.rows = rows
    }

    /// Where this differs from what was expected, values cut short; nil where it does not.
    func difference(from expected: PublishedDataset) -> String? {
        if columns != expected.columns { return "columns \(columns) instead of \(expected.columns)" }
        if rows.count != expected.rows.count { return "\(rows.count) rows instead of \(expected.rows.count)" }
        for (found, wanted) in zip(rows, expected.rows) where found != wanted {
            for (column, values) in zip(columns, zip(found, wanted)) where values.0 != values.1 {
                return "in row \(shortened(found.first ?? nil)), column '\(column)': "
                    + "\(shortened(values.0)) instead of \(shortened(values.1))"
            }
            return "\(found.count) fields in a row instead of \(wanted.count)"
        }
        return nil
    }

    private func shortened(_ value: String?) -> String {
        guard let value else { return "NULL" }
        return value.count > 60 ? "\"\(value.prefix(60))…\" (\(value.utf8.count) bytes)" : "\"\(value)\""
    }

    /// The same rows in an order that does not depend on how they were stored.
    var sorted: PublishedDataset {
        let ordered = rows.sorted { left, right in
            left.lexicographicallyPrecedes(right) { ($0.map { "+" + $0 } ?? "") < ($1.map { "+" + $0 } ?? "") }
        }
        return PublishedDataset(columns: columns, rows: ordered)
    }
}
