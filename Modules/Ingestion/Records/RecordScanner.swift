/// Finds the records of one file in its decompressed bytes, whatever the chunks they come in.
protocol RecordScanner {
    /// Takes the next bytes; whole records go to the sink, the rest is kept.
    mutating func scan(_ bytes: [UInt8], into sink: inout RecordSink)

    /// Takes the end of the file. `problem` says why the bytes ended early, nil if they did not.
    mutating func finish(into sink: inout RecordSink, problem: String?)

    /// Where a longer version of the file would be taken up; known after the end.
    var resumption: Resumption { get }

    /// The file's own column names, once they are known; nil where the format has none.
    var columns: [String]? { get }

    /// What separates the fields, once it is known; nil where the format has none.
    var delimiter: UInt8? { get }
}

/// The end of what is certain in a file that may grow: behind it stands at most a record without a line end.
struct Resumption: Equatable {
    /// In bytes from where scanning began.
    var offset: Int64 = 0
    /// The position that the next record has in the file.
    var row: Int64 = 1
}

/// Records longer than this are turned away; the engine holds a record in memory.
let longestRecord = 16 << 20

let tooLong = "it is longer than \(longestRecord >> 20) MiB"

extension UInt8 {
    static let quote = UInt8(ascii: "\"")
    static let comma = UInt8(ascii: ",")
    static let lineFeed = UInt8(ascii: "\n")
    static let carriageReturn = UInt8(ascii: "\r")
}
