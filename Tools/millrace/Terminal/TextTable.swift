/// Columns of text for people, numbers to the right.
struct TextTable {
    private var rows: [[String]] = []
    private let header: [String]

    init(_ header: [String]) { self.header = header }

    mutating func add(_ row: [String]) { rows.append(row) }

    /// The lines, without trailing spaces.
    var text: String {
        let all = [header] + rows
        let widths = header.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
        let isNumber = header.indices.map { column in
            let cells = rows.map { $0[column] }.filter { !$0.isEmpty && $0 != "NULL" }
            return !cells.isEmpty && cells.allSatisfy(\.isAmount)
        }
        return all.map { row in
            let cells = row.enumerated().map { column, cell in
                isNumber[column] ? cell.padded(before: widths[column]) : cell.padded(to: widths[column])
            }
            var line = cells.joined(separator: "  ")
            while line.last == " " { line.removeLast() }
            return line
        }.joined(separator: "\n")
    }
}

extension String {
    /// The text with spaces behind it, up to a width.
    func padded(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }

    /// The text with spaces before it, up to a width.
    func padded(before width: Int) -> String { String(repeating: " ", count: max(0, width - count)) + self }

    /// A number, perhaps with a unit.
    fileprivate var isAmount: Bool {
        let words = split(separator: " ", maxSplits: 1)
        guard let number = words.first, let first = number.first, first.isNumber || first == "-" else { return false }
        return Double(number.replacing(",", with: "")) != nil
            && (words.count == 1 || ["B", "kB", "MB", "GB", "TB", "s"].contains(words[1]))
    }

    /// The text on one line of a terminal: what would move the cursor or change colours is shown, not done.
    var onOneLine: String {
        guard unicodeScalars.contains(where: \.isControl) else { return self }
        var shown = ""
        for scalar in unicodeScalars {
            if scalar == "\n" {
                shown += "⏎"
            } else if scalar.isControl {
                shown += "·"
            } else {
                shown.unicodeScalars.append(scalar)
            }
        }
        return shown
    }
}

extension Unicode.Scalar {
    fileprivate var isControl: Bool { properties.generalCategory == .control }
}
