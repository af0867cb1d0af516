#if canImport(Glibc)
internal import Glibc
#endif

/// Records are lines: NDJSON and logs. Blank lines are no records; a carriage return before the line end is dropped.
struct LineScanner: RecordScanner {
    /// The beginning of a line whose end has not come yet; of a line that is too long, its first MiB.
    private var partial: [UInt8] = []
    private var partialLength = 0
    private var offset: Int64 = 0
    private var isAtStart = true
    private(set) var lastRecord = LastRecord()
    var columns: [String]? { nil }
    var delimiter: UInt8? { nil }

    mutating func scan(_ bytes: [UInt8], into sink: inout RecordSink) {
        unsafe bytes.withUnsafeBytes { buffer in
            var start = 0
            if partialLength > 0, let end = unsafe lineEnd(in: buffer, from: 0) {
                unsafe keep(UnsafeRawBufferPointer(rebasing: buffer[..<end]))
                offset += 1
                endLine(isTerminated: true, into: &sink)
                start = end + 1
            }
            guard partialLength == 0 else { return unsafe keep(UnsafeRawBufferPointer(rebasing: buffer[start...])) }
            let whole = unsafe buffer[start...].lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? start
            unsafe takeLines(UnsafeRawBufferPointer(rebasing: buffer[start..<whole]), into: &sink)
            unsafe keep(UnsafeRawBufferPointer(rebasing: buffer[whole...]))
        }
    }

    mutating func finish(into sink: inout RecordSink, problem: String?) {
        guard partialLength > 0 else { return }
        if let problem {
            sink.reject(partial, problem)
            lastRecord = LastRecord(start: offset - Int64(partialLength), isTerminated: false)
            partialLength = 0
        } else {
            endLine(isTerminated: false, into: &sink)
        }
    }

    /// Takes a region of whole lines.
    private mutating func takeLines(_ region: UnsafeRawBufferPointer, into sink: inout RecordSink) {
        let isClean = unsafe isCleanText(region)
        var start = 0
        while let end = unsafe lineEnd(in: region, from: start) {
            let line = unsafe UnsafeRawBufferPointer(rebasing: region[start..<end])
            let before = sink.count
            if isClean, !isAtStart, line.count <= longestRecord, unsafe isOrdinary(line) {
                unsafe sink.accept(line)
            } else {
                unsafe emit(Array(line), isClean: isClean, into: &sink)
            }
            if sink.count > before { lastRecord = LastRecord(start: offset, isTerminated: true) }
            offset += Int64(line.count + 1)
            start = end + 1
        }
    }

    private func lineEnd(in buffer: UnsafeRawBufferPointer, from start: Int) -> Int? {
        guard start < buffer.count, let base = buffer.baseAddress,
            let found = unsafe memchr(base + start, Int32(UInt8(ascii: "\n")), buffer.count - start)
        else { return nil }
        return unsafe UnsafeRawPointer(found) - base
    }

    /// Neither blank nor ended by a carriage return.
    private func isOrdinary(_ line: UnsafeRawBufferPointer) -> Bool {
        guard let first = unsafe line.first, let last = unsafe line.last else { return false }
        return first > 32 && last != UInt8(ascii: "\r")
    }

    private mutating func keep(_ rest: UnsafeRawBufferPointer) {
        offset += Int64(rest.count)
        partialLength += rest.count
        if partialLength <= longestRecord {
            unsafe partial.append(contentsOf: rest)
        } else if partial.count > 1 << 20 {
            partial.removeLast(partial.count - (1 << 20))
        }
    }

    /// Takes the line that was kept; its line end, if it has one, is counted in `offset`.
    private mutating func endLine(isTerminated: Bool, into sink: inout RecordSink) {
        let start = offset - Int64(partialLength) - (isTerminated ? 1 : 0)
        let before = sink.count
        if partialLength > longestRecord {
            sink.reject(partial, "it is longer than \(longestRecord >> 20) MiB")
        } else {
            emit(partial, isClean: false, into: &sink)
        }
        if sink.count > before { lastRecord = LastRecord(start: start, isTerminated: isTerminated) }
        partial.removeAll(keepingCapacity: partial.capacity < 1 << 20)
        partialLength = 0
    }

    private mutating func emit(_ line: [UInt8], isClean: Bool, into sink: inout RecordSink) {
        var line = line[...]
        if isAtStart, line.starts(with: [0xEF, 0xBB, 0xBF]) { line = line.dropFirst(3) }
        isAtStart = false
        if line.last == UInt8(ascii: "\r") { line = line.dropLast() }
        if line.allSatisfy({ $0 == 32 || $0 == 9 }) { return }
        if line.count > longestRecord {
            sink.reject(line, "it is longer than \(longestRecord >> 20) MiB")
        } else if !isClean, let problem = problem(inText: line) {
            sink.reject(line, problem)
        } else {
            sink.accept(line)
        }
    }
}
