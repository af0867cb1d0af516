internal import PipelineCore

#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif

/// Where the DuckDB program is, and which versions of it are known to do what we ask.
enum DuckDBProgram {
    /// The release line that every shipped statement was run on; another one may parse or round differently.
    static let supportedVersion = "v1.5."

    /// The program's path: what the config says, else `$MILLRACE_DUCKDB`, else `duckdb` beside our own executable or in
    /// `.tools/bin` of a directory above it, else on the `PATH`.
    static func locate(_ configured: String?) throws -> String {
        let environment = ProcessInfo.processInfo.environment
        if let path = configured ?? environment["MILLRACE_DUCKDB"] {
            guard FileManager.default.isExecutableFile(atPath: path) else { throw missing("'\(path)' is no program") }
            return path
        }
        let searched = besideExecutable() + (environment["PATH"] ?? "").split(separator: ":").map { "\($0)/duckdb" }
        guard let path = searched.first(where: { FileManager.default.isExecutableFile(atPath: $0) }) else {
            throw missing("no program 'duckdb' beside millrace or on the PATH")
        }
        return path
    }

    /// The command that starts the program so that the system kills it when we end, however we do.
    ///
    /// The program alone would go on to the end of its statement; where util-linux is missing, it does.
    /// The signal comes with the end of the thread that started the program. Subprocess starts all programs on one thread
    /// that lives as long as our process.
    static func endingWithUs(_ program: String) -> [String] {
        let wrapper = "/usr/bin/setpriv"
        guard FileManager.default.isExecutableFile(atPath: wrapper) else { return [program] }
        return [wrapper, "--pdeathsig", "KILL", "--", program]
    }

    private static func besideExecutable() -> [String] {
        guard let executable = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") else {
            return []
        }
        var directories: [String] = []
        var rest = executable.split(separator: "/").dropLast()
        while !rest.isEmpty {
            directories.append("/" + rest.joined(separator: "/"))
            rest = rest.dropLast()
        }
        return directories.prefix(1).map { $0 + "/duckdb" } + directories.map { $0 + "/.tools/bin/duckdb" }
    }

    private static func missing(_ problem: String) -> PipelineError {
        PipelineError(
            .notFound,
            problem,
            while: "starting DuckDB",
            hint: "run Tools/install, or set engine.program or MILLRACE_DUCKDB to DuckDB \(supportedVersion)x"
        )
    }
}
