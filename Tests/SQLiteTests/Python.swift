import Foundation
import PipelineCore
import Testing

/// Runs Python, whose `sqlite3` and `csv` are readers that share no code with ours.
func python(_ script: String, _ arguments: String...) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["python3", "-c", script] + arguments
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    try #require(process.terminationStatus == 0, "the Python script failed")
    return text
}

/// The rows of a query on a SQLite file, every value as text.
func query(_ path: String, _ sql: String) throws -> [[String?]] { try answer(path, sql).rows }

struct Answer: Decodable {
    let columns: [String]
    let rows: [[String?]]
}

/// The columns and rows of a query on a SQLite file, every value as text; none where the table does not exist.
func answer(_ path: String, _ sql: String) throws -> Answer {
    let script = """
        import json, sqlite3, sys
        connection = sqlite3.connect('file:' + sys.argv[1] + '?mode=ro', uri=True)
        try:
            cursor = connection.execute(sys.argv[2])
        except sqlite3.OperationalError as error:
            if 'no such table' not in str(error): raise
            print('{"columns": [], "rows": []}'); sys.exit()
        rows = [[None if v is None else v if isinstance(v, str) else repr(v) for v in row] for row in cursor]
        print(json.dumps({'columns': [c[0] for c in cursor.description or []], 'rows': rows}))
        """
    return try JSONDecoder().decode(Answer.self, from: Data(python(script, path, sql).utf8))
}

/// Changes a SQLite file as its other users do.
func execute(_ path: String, _ sql: String) throws {
    _ = try python("import sqlite3, sys; sqlite3.connect(sys.argv[1]).executescript(sys.argv[2])", path, sql)
}

/// A folder that goes away with the value's last use.
final class TemporaryFolder: Sendable {
    let path: String
    init() throws {
        path = FileManager.default.temporaryDirectory.path + "/millrace-sqlite-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }
    deinit { try? FileManager.default.removeItem(atPath: path) }
}
