internal import PipelineCore

extension RowChunk {
    /// The rows as `COPY … (FORMAT csv)` takes them: canonical CSV, but for two things that Postgres cannot read.
    ///
    /// A NUL character, which no text of Postgres holds, becomes U+FFFD. A row that is nothing but `\.` would end the copy.
    func copyText(columnCount: Int) -> [UInt8] {
        var text = bytes
        if text.contains(0) { text = Array(text.map { $0 == 0 ? [0xEF, 0xBF, 0xBD] : [$0] }.joined()) }
        guard columnCount == 1, text.contains(UInt8(ascii: "\\")) else { return text }
        var isInsideQuotes = false
        let lines = text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map { line -> [UInt8] in
            let isRow = !isInsideQuotes
            for byte in line where byte == UInt8(ascii: "\"") { isInsideQuotes.toggle() }
            return isRow && line.elementsEqual("\\.".utf8) ? Array("\"\\.\"".utf8) : Array(line)
        }
        return Array(lines.joined(separator: [UInt8(ascii: "\n")]))
    }
}
