/// Columns of text for people, numbers to the right.
struct TextTable {
    private var rows: [[String]]
    private let header: [String]

    init(_ header: [String]) {
        self.header = header
        rows = []
    }

    mutating func add(_ row: [String]) { rows.append(row) }

    /// The lines, without trailing spaces.
    var text: String {
        let all = [header] + rows
        let widths = header.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
        let isNumber = header.indices.map { column in
            !rows.isEmpty
                && rows.allSatisfy {
                    $0[column].isEmpty || $0[column].first?.isNumber == true || $0[column].first == "-"
                }
        }
        return all.map { row in
            let cells = row.enumerated().map { column, cell in
                let padding = String(repeating: " ", count: widths[column] - cell.count)
                return isNumber[column] ? padding + cell : cell + padding
            }
            var line = cells.joined(separator: "  ")
            while line.last == " " { line.removeLast() }
            return line
        }.joined(separator: "\n")
    }
}

/// A number with thin groups of three: 1,234,567.
func grouped(_ number: Int64) -> String {
    let digits = String(abs(number))
    var text = ""
    for (index, digit) in digits.enumerated() {
        if index > 0, (digits.count - index) % 3 == 0 { text += "," }
        text.append(digit)
    }
    return (number < 0 ? "-" : "") + text
}

/// An amount of bytes in the unit that suits it.
func size(_ bytes: Int64) -> String {
    var value = Double(bytes)
    for unit in ["B", "kB", "MB", "GB"] {
        if value < 1000 { return unit == "B" ? "\(bytes) B" : "\((value * 10).rounded() / 10) \(unit)" }
        value /= 1000
    }
    return "\((value * 10).rounded() / 10) TB"
}
