/// What libFuzzer calls with each program: files of a log as a disk may have left them, and the log is opened.
///
/// Checksums cannot be guessed, so the bytes are instructions: they write headers and records as the log does, and damage them
/// in between. Whatever comes of it, opening ends, what it keeps is what was written, and opening again changes nothing.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    var damaged = DamagedLog(unsafe Array(UnsafeBufferPointer(start: start, count: count)))
    let disk = SimulatedDisk()
    for file in damaged.files() { disk.writeUnsynced(file.bytes, to: "/state/log/\(file.name.text)") }
    do {
        let first = try recover(disk, damaged.written)
        let again = try recover(disk, damaged.written)
        guard first == again else { fatalError("opened twice: \(first) records, then \(again)") }
    } catch {
        fatalError("a healthy disk, and opening fails: \(error)")
    }
    return 0
}

/// Opens the log and reads all that it kept; returns the records' numbers.
private func recover(_ disk: SimulatedDisk, _ written: Set<DamagedLog.Record>) throws -> [Int64] {
    let contents = try LogDirectory(path: "/state/log", files: disk).open(at: Timestamp(microseconds: 1))
    var numbers: [Int64] = []
    for segment in contents.segments {
        var reader = try SegmentReader(segment.name, in: "/state/log", files: disk)
        defer { reader.close() }
        while let record = try reader.record(below: segment.endNumber) {
            guard written.contains(.init(number: record.number, lines: record.lines)) else {
                fatalError("a record that nobody wrote: \(record.number)")
            }
            guard record.number >= numbers.last ?? 0 else { fatalError("\(record.number) comes after \(numbers)") }
            numbers.append(record.number)
        }
    }
    return numbers
}

/// Files of a log, written and damaged by instructions.
private struct DamagedLog {
    struct Record: Hashable {
        let number: Int64
        let lines: [UInt8]
    }

    private(set) var written: Set<Record> = []
    private var instructions: ArraySlice<UInt8>
    private var number: Int64 = 1

    init(_ instructions: [UInt8]) { self.instructions = instructions[...] }

    private mutating func next() -> Int? { instructions.popFirst().map(Int.init) }

    /// Writes at most four files, every other of which has a name that tells whose it is.
    mutating func files() -> [(name: SegmentName, bytes: [UInt8])] {
        var names = [name(1)]
        var files: [[UInt8]] = [[]]
        while let instruction = next() {
            let argument = next() ?? 0
            switch instruction % 9 {
            case 0: files[files.count - 1] += header.bytes
            case 1, 2: files[files.count - 1] += record(argument)
            case 3: files[files.count - 1] += (0..<argument % 32).compactMap { _ in instructions.popFirst() }
            case 4: flip(argument, in: &files[files.count - 1])
            case 5: files[files.count - 1].removeLast(min(argument, files[files.count - 1].count))
            case 6 where files.count < 4:
                names.append(name(Int64(files.count + 1)))
                files.append(header.bytes)
            case 7: number += Int64(argument)  // Records that are not there any more.
            case 8: files[files.count - 1] += LogRecord.end(at: number)
            default: break
            }
        }
        return zip(names, files).compactMap { name, bytes in name.map { (name: $0, bytes: bytes) } }
    }

    private var header: SegmentHeader {
        SegmentHeader(writer: Array(repeating: 7, count: 16), number: number, created: 1)
    }

    private func name(_ sequence: Int64) -> SegmentName? {
        sequence % 2 == 0 ? SegmentName("00000000000\(sequence).log") : SegmentName(sequence, of: header)
    }

    private mutating func record(_ argument: Int) -> [UInt8] {
        let lines = (0..<argument).map { UInt8($0 % 5 == 4 ? 0xFF : 65 + argument % 26) } + [10]
        let record = LogRecord(number: number, count: 1 + argument % 3, lines: lines)
        written.insert(Record(number: number, lines: lines))
        number += Int64(record.count)
        return record.bytes
    }

    private mutating func flip(_ argument: Int, in bytes: inout [UInt8]) {
        guard !bytes.isEmpty else { return }
        let position = bytes.count - 1 - argument % bytes.count
        bytes[position] ^= UInt8(truncatingIfNeeded: next() ?? 1)
    }
}
