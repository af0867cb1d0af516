internal import PipelineCore

extension RowChunk {
    /// The rows as `COPY … (FORMAT csv)` takes them: canonical CSV, but for two things that Postgres cannot read.
    ///
    /// A NUL character, which no text of Postgres holds, becomes U+FFFD. A row that is nothing but `\.` would end the copy.
    func copyText(columnCount: Int) -> [UInt8] {
        var text = bytes
        if text.contains(0) { text = Array(text.map { $0 == 0 ? [0xEF, 0xBF, 0xBD] : [$0] }.joined()) }
        guard columnCount == 1, text.contains(UInt8(ascii: "\\")) else { return text }
        let end = Array("\\.".utf8)
        let rows = text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        // Inside of quotes the server takes it for text, and so it stays text with quotes around it.
        return Array(rows.map { $0.elementsEqual(end) ? Array("\"\\.\"".utf8) : Array($0) }.joined(separator: [10]))
    }
}
