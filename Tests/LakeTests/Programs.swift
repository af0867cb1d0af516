import Foundation
import PipelineCore

/// The programs that other people wrote and that tests compare us with.
enum Programs {
    /// A Python that has `deltalake` and `pyarrow`, named by MILLRACE_PYTHON.
    static let python = ProcessInfo.processInfo.environment["MILLRACE_PYTHON"]

    struct Failure: Error, CustomStringConvertible { let description: String }

    /// Runs a program and returns what it prints.
    static func run(_ arguments: [String]) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = arguments
        let output = Pipe()
        let errors = Pipe()
        process.standardOutput = output
        process.standardError = errors
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        let problem = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Failure(description: "\(arguments.first ?? ""): \(problem)\(text)")
        }
        return text
    }

    /// Runs a Python script that prints one JSON value.
    static func answer<Answer: Decodable>(_ script: String, _ arguments: String..., as type: Answer.Type) throws
        -> Answer
    {
        // Threads of pyarrow's can abort the interpreter while it tidies up, when all has been said already.
        let ending = "\nimport os, sys\nsys.stdout.flush()\nos._exit(0)\n"
        let text = try run([python ?? "python3", "-c", script + ending] + arguments)
        do { return try JSONDecoder().decode(type, from: Data(text.utf8)) } catch {
            throw Failure(description: "\(error) in \(text)")
        }
    }

    /// Writes a query's rows to a Parquet file as the engine does; returns what the engine says of it.
    static func writeParquet(_ query: String, to path: String, _ fields: [Field]) throws -> StagedFile {
        let columns = fields.map { "CAST(\(sqlIdentifier($0.name)) AS \($0.type)) AS \(sqlIdentifier($0.name))" }
        let bounds = fields.map { field in
            let name = sqlIdentifier(field.name)
            return "struct_pack(least := CAST(min(\(name)) AS VARCHAR), greatest := CAST(max(\(name)) AS VARCHAR), "
                + "nulls := count(*) - count(\(name))) AS \(name)"
        }
        let text = try run([
            "duckdb", "-no-init", "-bail", "-json", "-c",
            """
            SET TimeZone = 'UTC';
            COPY (SELECT \(columns.joined(separator: ", ")) FROM (\(query))) TO \(sqlLiteral(path)) (FORMAT parquet);
            SELECT count(*) AS "number of rows", \(bounds.joined(separator: ", ")) FROM read_parquet(\(sqlLiteral(path)));
            """,
        ])
        let objects = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [[String: Any]]
        guard let object = objects?.first, let rows = object["number of rows"] as? Int64 else {
            throw Failure(description: text)
        }
        var statistics: [String: ColumnStatistics] = [:]
        for field in fields {
            let column = object[field.name] as? [String: Any]
            statistics[field.name] = ColumnStatistics(
                minimum: column?["least"] as? String,
                maximum: column?["greatest"] as? String,
                nullCount: column?["nulls"] as? Int64
            )
        }
        let size = try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int64
        return StagedFile(path: path, size: size ?? 0, rowCount: rows, statistics: statistics)
    }
}
