internal import PipelineCore
internal import SystemPackage

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#else
internal import Darwin
#endif

/// A file that is being written, closed when its owner lets go of it.
final class OutputFile {
    private let descriptor: FileDescriptor
    private var isOpen = true
    private(set) var size = 0

    /// Makes a new file; there must be none of the name.
    init(_ path: String) throws {
        descriptor = try FileDescriptor.open(
            FilePath(path),
            .writeOnly,
            options: [.create, .exclusiveCreate, .closeOnExec],
            permissions: [.ownerReadWrite, .groupRead, .otherRead]
        )
    }

    deinit { if isOpen { try? descriptor.close() } }

    func write(_ bytes: [UInt8]) throws {
        size += try descriptor.writeAll(bytes)
    }

    /// Returns once the file's bytes are on stable storage.
    func close() throws {
        try synchronize(descriptor)
        isOpen = false
        try descriptor.close()
    }
}

/// Waits until what was written to the file or folder is on stable storage.
func synchronize(_ descriptor: FileDescriptor) throws {
    guard fsync(descriptor.rawValue) == 0 else { throw Errno(rawValue: errno) }
}

/// Writes the rows of one dataset into one file, or into parts of limited size with the same header.
struct PartWriter {
    private static let bufferSize = 1 << 20

    private let name: DatasetName
    private let folder: String
    private let limit: Int?
    private let header: [UInt8]
    private var rewriter: RowRewriter
    private var file: OutputFile
    private var fileName: String
    private var buffer: [UInt8]
    private var rowsInPart = 0
    private var parts: [ExportManifest.File] = []

    /// Begins the first part in `folder`.
    init(_ definition: DatasetDefinition, _ options: CSVOptions, into folder: String) throws {
        name = definition.name
        self.folder = folder
        limit = options.partSize
        header = Self.header(definition, options)
        rewriter = RowRewriter(definition, options)
        fileName = Self.fileName(definition.name, part: 1, options.partSize)
        file = try OutputFile(folder + "/" + fileName)
        buffer = header
    }

    /// How many values were left empty because the tool reads nothing else, by column.
    var emptiedCounts: [Int: Int] { rewriter.emptiedCounts }

    private static func header(_ definition: DatasetDefinition, _ options: CSVOptions) -> [UInt8] {
        // Power BI does not guess UTF-8 without a byte order mark.
        var bytes: [UInt8] = options.flavor == .powerBI ? [0xEF, 0xBB, 0xBF] : []
        for (index, column) in definition.schema.names.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            CanonicalCSVWriter.append(options.written(column), to: &bytes)
        }
        bytes.append(UInt8(ascii: "\n"))
        return bytes
    }

    /// Where parts are possible every part has a number, so that the first keeps its name when a second one comes.
    static func fileName(_ name: DatasetName, part: Int, _ limit: Int?) -> String {
        guard limit != nil else { return "\(name).csv" }
        let digits = String(part)
        return "\(name)-" + String(repeating: "0", count: max(0, 3 - digits.count)) + digits + ".csv"
    }

    mutating func write(_ chunk: RowChunk) throws {
        if rewriter.changesNothing, limit == nil {
            try flush()
            try file.write(chunk.bytes)
            rowsInPart += chunk.rowCount
            return
        }
        let bytes = chunk.bytes.span
        var offset = 0
        while true {
            let start = buffer.count
            guard try rewriter.appendRow(of: bytes, at: &offset, to: &buffer) else { return }
            if let limit, file.size + buffer.count > limit, rowsInPart > 0 { try beginPart(withRowFrom: start) }
            rowsInPart += 1
            if buffer.count >= Self.bufferSize { try flush() }
        }
    }

    /// Ends the last part; returns all of them, durable but for their names.
    mutating func finish() throws -> [ExportManifest.File] {
        try endPart()
        return parts
    }

    private mutating func beginPart(withRowFrom start: Int) throws {
        let row = buffer[start...]
        buffer.removeSubrange(start...)
        try endPart()
        fileName = Self.fileName(name, part: parts.count + 1, limit)
        file = try OutputFile(folder + "/" + fileName)
        buffer = header + row
        rowsInPart = 0
    }

    private mutating func endPart() throws {
        try flush()
        try file.close()
        parts.append(ExportManifest.File(name: fileName, bytes: file.size, rowCount: rowsInPart))
    }

    private mutating func flush() throws {
        try file.write(buffer)
        buffer.removeAll(keepingCapacity: true)
    }
}
