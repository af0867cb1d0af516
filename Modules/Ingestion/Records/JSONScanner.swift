/// Records are the elements of one JSON array, or top-level objects that follow each other, pretty-printed or not.
///
/// Each is handed on as one line. What an element says is for the engine to judge; here only its end is found.
struct JSONScanner: RecordScanner {
    private(set) var lastRecord = LastRecord()
    var columns: [String]? { nil }
    var delimiter: UInt8? { nil }
    private var offset: Int64 = 0
    private var element: [UInt8] = []
    private var elementStart: Int64 = 0
    private var depth = 0
    private var isInString = false
    private var isEscaped = false
    private var isInArray = false
    private var hasBegun = false
    private var isTooLong = false

    mutating func scan(_ bytes: [UInt8], into sink: inout RecordSink) {
        for byte in bytes {
            take(byte, into: &sink)
            offset += 1
        }
    }

    mutating func finish(into sink: inout RecordSink, problem: String?) {
        let isUnfinished = depth > 0 || isInString
        emit(problem ?? (isUnfinished ? "the file ends before the element does" : nil), into: &sink)
        if problem == nil, isInArray, !isUnfinished { sink.reject([], "the file ends before its array does") }
    }

    private mutating func take(_ byte: UInt8, into sink: inout RecordSink) {
        if isInString {
            append(byte)
            if isEscaped {
                isEscaped = false
            } else if byte == UInt8(ascii: "\\") {
                isEscaped = true
            } else if byte == UInt8(ascii: "\"") {
                isInString = false
            }
            return
        }
        switch byte {
        case UInt8(ascii: " "), UInt8(ascii: "\n"), UInt8(ascii: "\t"), UInt8(ascii: "\r"):
            if depth > 0 { append(32) } else { emit(nil, into: &sink) }
        case 0xEF, 0xBB, 0xBF:
            if offset > 2 { append(byte) }
        case UInt8(ascii: "[") where !hasBegun: (isInArray, hasBegun) = (true, true)
        case UInt8(ascii: "]") where depth == 0 && isInArray:
            emit(nil, into: &sink)
            isInArray = false
        case UInt8(ascii: ",") where depth == 0: emit(nil, into: &sink)
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            if depth == 0, !isInArray { emit(nil, into: &sink) }
            append(byte)
            depth += 1
        case UInt8(ascii: "}"), UInt8(ascii: "]"):
            append(byte)
            depth = max(0, depth - 1)
            if depth == 0 { emit(nil, into: &sink) }
        default:
            append(byte)
            isInString = byte == UInt8(ascii: "\"")
        }
    }

    private mutating func append(_ byte: UInt8) {
        hasBegun = true
        if element.isEmpty { elementStart = offset }
        if element.count < longestRecord { element.append(byte) } else { isTooLong = true }
    }

    private mutating func emit(_ problem: String?, into sink: inout RecordSink) {
        guard !element.isEmpty else { return }
        lastRecord = LastRecord(start: elementStart, isTerminated: true)
        let found = problem ?? (isTooLong ? "it is longer than \(longestRecord >> 20) MiB" : Ingestion.problem(inText: element))
        if let found {
            sink.reject(element, found)
        } else if element.contains(UInt8(ascii: "\n")) {
            sink.reject(element, "a line end stands inside a string")
        } else {
            sink.accept(element)
        }
        element.removeAll(keepingCapacity: element.capacity < 1 << 20)
        isTooLong = false
    }
}
