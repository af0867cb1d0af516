import Foundation
import PipelineCore
import Synchronization

/// A delivery under way: a new file for each dataset, which nobody knows of before the commit.
final class JSONLinesDelivery: SinkDelivery {
    private let folder: Folder
    private let run: RunID
    private let staged = Mutex<[String: String]>([:])
    private let removed = Mutex<Set<String>>([])

    init(folder: Folder, run: RunID) {
        self.folder = folder
        self.run = run
    }

    func stage(_ definition: DatasetDefinition, rows: RowStream) async throws -> Int {
        let name = "\(definition.name)-\(UUID().uuidString).jsonl"
        staged.withLock { $0[definition.name.rawValue] = name }
        let file = try folder.newFile(name)
        var reader = CanonicalCSVReader(definition)
        try file.append(line(definition.schema.names))
        for try await chunk in rows {
            try Task.checkCancellation()
            var lines: [UInt8] = []
            var offset = 0
            while try reader.readRow(of: chunk.bytes.span, at: &offset) {
                lines += try line(reader.fields.map { text(of: $0, in: chunk.bytes) })
            }
            try file.append(lines)
        }
        // A cancelled task's stream may just end, and must not pass for a whole one.
        try Task.checkCancellation()
        try file.finish()
        return reader.rowCount
    }

    func remove(_ dataset: DatasetName) async throws { removed.withLock { _ = $0.insert(dataset.rawValue) } }

    func commit() async throws {
        var contents = try folder.contents()
        let before = contents.files
        contents.run = run.rawValue
        for name in removed.withLock({ $0 }) { contents.files[name] = nil }
        contents.files.merge(staged.withLock { $0 }) { _, new in new }
        try folder.replaceContents(contents)
        folder.remove(before.values.filter { !contents.files.values.contains($0) })
        staged.withLock { $0 = [:] }
    }

    func abort() async {
        folder.remove(staged.withLock { Array($0.values) })
        staged.withLock { $0 = [:] }
    }

    private func text(of field: CanonicalField, in bytes: [UInt8]) -> String? {
        guard !field.isNull else { return nil }
        var text: [UInt8] = []
        field.appendText(of: bytes.span, to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    private func line(_ values: [String?]) throws -> [UInt8] { Array(try JSONEncoder().encode(values)) + [0x0A] }
}
