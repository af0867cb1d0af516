internal import PipelineCore

/// Records are the elements of one JSON array, or top-level values that follow each other, pretty-printed or not.
///
/// Each is handed on as one line. What an element says is for the engine to judge; here only its end is found. An element
/// whose brackets or quotes do not match takes with it what follows, as far as they seem to.
struct JSONScanner: RecordScanner {
    private(set) var resumption = Resumption()
    var columns: [String]? { nil }
    var delimiter: UInt8? { nil }
    private var offset: Int64 = 0
    private var depth = 0
    private var isInString = false
    private var isEscaped = false
    private var isInArray = false
    private var hasBegun = false
    /// The element that has begun, as far as it has come and is kept.
    private var element: [UInt8] = []
    private var elementLength = 0
    private var isInElement = false
    /// A line end stands in the element, between its parts or inside a string.
    private var hasLineEnd = false
    private var hasBrokenString = false

    mutating func scan(_ bytes: [UInt8], into sink: inout RecordSink) {
        let bytes = bytes.span
        var start = 0
        for index in bytes.indices {
            let byte = bytes[index]
            if isInString {
                takeInString(byte)
                continue
            }
            switch byte {
            case .lineFeed, .carriageReturn, UInt8(ascii: " "), UInt8(ascii: "\t"):
                if depth == 0 { end(bytes.extracting(start..<index), into: &sink) }
                hasLineEnd = hasLineEnd || byte == .lineFeed || byte == .carriageReturn
                continue
            case .comma where depth == 0:
                end(bytes.extracting(start..<index), into: &sink)
                continue
            case UInt8(ascii: "[") where !hasBegun:
                (isInArray, hasBegun) = (true, true)
                continue
            case UInt8(ascii: "]") where depth == 0 && isInArray:
                end(bytes.extracting(start..<index), into: &sink)
                isInArray = false
                continue
            case UInt8(ascii: "{") where depth == 0, UInt8(ascii: "[") where depth == 0:
                end(bytes.extracting(start..<index), into: &sink)
            case 0xEF where !hasBegun, 0xBB where !hasBegun, 0xBF where !hasBegun:
                if offset + Int64(index) < 3 { continue }
            default: break
            }
            if !isInElement {
                (isInElement, hasBegun, start) = (true, true, index)
                (hasLineEnd, hasBrokenString) = (false, false)
            }
            switch byte {
            case .quote: isInString = true
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth = max(0, depth - 1)
                if depth == 0 { end(bytes.extracting(start..<index + 1), into: &sink) }
            default: break
            }
        }
        if isInElement { keep(bytes.extracting(start..<bytes.count)) }
        offset += Int64(bytes.count)
    }

    mutating func finish(into sink: inout RecordSink, problem: String?) {
        let isUnfinished = depth > 0 || isInString
        emit(problem ?? (isUnfinished ? "the file ends before the element does" : nil), into: &sink)
        if problem == nil, isInArray, !isUnfinished { sink.reject("the file ends before its array does") }
        resumption = Resumption(offset: offset, row: sink.row)
    }

    private mutating func takeInString(_ byte: UInt8) {
        if byte == .lineFeed || byte == .carriageReturn { hasBrokenString = true }
        if isEscaped {
            isEscaped = false
        } else if byte == UInt8(ascii: "\\") {
            isEscaped = true
        } else if byte == .quote {
            isInString = false
        }
    }

    private mutating func keep(_ bytes: Span<UInt8>) {
        elementLength += bytes.count
        let room = longestRecord - element.count
        if room > 0 { element.append(bytes: bytes.extracting(0..<min(room, bytes.count))) }
    }

    /// Takes the last bytes of the element, if one has begun.
    private mutating func end(_ bytes: Span<UInt8>, into sink: inout RecordSink) {
        guard isInElement else { return }
        keep(bytes)
        emit(nil, into: &sink)
    }

    private mutating func emit(_ problem: String?, into sink: inout RecordSink) {
        guard isInElement else { return }
        if let problem = problem ?? self.problem() {
            sink.reject(element.span, problem)
        } else {
            if hasLineEnd {
                for index in element.indices where element[index] == .lineFeed || element[index] == .carriageReturn {
                    element[index] = UInt8(ascii: " ")
                }
            }
            sink.accept(json: element.span)
        }
        element.removeAll(keepingCapacity: element.capacity < 1 << 20)
        (elementLength, isInElement) = (0, false)
    }

    private func problem() -> String? {
        if elementLength > longestRecord { return tooLong }
        if hasBrokenString { return "a line end stands inside a string" }
        return TextTraits(element.span).problem(inJSON: element.span)
    }
}
