import Foundation
import Testing

/// Parquet files with types that the lake does not have, made with the program itself.
enum DuckDBProgramFile {
    static func write(_ sql: String, to path: String) async throws {
        let program = Process()
        program.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        program.arguments = [
            "duckdb", "-batch", "-no-init", "-c", "SET TimeZone = 'UTC'; COPY (\(sql)) TO '\(path)' (FORMAT parquet)",
        ]
        program.standardOutput = FileHandle.nullDevice
        try program.run()
        program.waitUntilExit()
        try #require(program.terminationStatus == 0)
    }
}
