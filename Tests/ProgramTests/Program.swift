import Foundation
import Subprocess
import SystemPackage
import Testing

/// The program as its users run it: a child process in a directory of theirs.
struct Program {
    /// What came of a start.
    struct Answer {
        /// The exit code; nil where a signal ended the program.
        let code: Int32?
        let output: String
        let errors: String

        var lines: [String] { output.split(separator: "\n").map(String.init) }
    }

    /// The directory that it is started in.
    let directory: String
    /// Nil: the user who runs the tests.
    var user: uid_t?
    /// Where the program is.
    var path = built

    /// Beside the tests' own executable.
    static let built: String = {
        let executable = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let folder = executable?.split(separator: "/").dropLast().joined(separator: "/") ?? ".build/debug"
        return "/\(folder)/millrace"
    }()

    /// Runs to the end.
    @discardableResult
    func callAsFunction(_ arguments: String..., input: String = "") async throws -> Answer {
        try await start(arguments, input: input)
    }

    /// Runs to the end.
    func start(_ arguments: [String], input: String = "") async throws -> Answer {
        let result = try await run(
            .path(FilePath(command[0])),
            arguments: Arguments(command.dropFirst() + arguments),
            workingDirectory: FilePath(directory),
            input: .string(input),
            output: .string(limit: 1 << 26),
            error: .string(limit: 1 << 20)
        )
        return answer(result.terminationStatus, result.standardOutput, result.standardError)
    }

    /// Runs until it ends by itself or has been going for `time`, when the signal is sent.
    func callAsFunction(_ arguments: String..., stoppedBy signal: Signal, after time: Duration) async throws -> Answer {
        try await start(arguments, stoppedBy: signal) { try await Task.sleep(for: time) }
    }

    /// Runs until `body` is done, when the signal is sent, or ends by itself before.
    func start(
        _ arguments: [String],
        stoppedBy signal: Signal,
        after body: () async throws -> Void
    ) async throws -> Answer {
        let result = try await run(
            .path(FilePath(command[0])),
            arguments: Arguments(command.dropFirst() + arguments),
            workingDirectory: FilePath(directory),
            input: .none,
            output: .string(limit: 1 << 20),
            error: .string(limit: 1 << 20)
        ) { child in
            try await body()
            try? child.send(signal: signal)  // It may have ended by itself.
        }
        return answer(result.terminationStatus, result.standardOutput, result.standardError)
    }

    /// The program, as another user by way of one that only changes users: between fork and exec a process with threads
    /// may hang when it does so itself.
    private var command: [String] {
        user.map { ["/usr/bin/setpriv", "--reuid=\($0)", "--clear-groups", path] } ?? [path]
    }

    private func answer(_ status: TerminationStatus, _ output: String, _ errors: String) -> Answer {
        // Nobody looks at a terminal here, so there must be no bar, colour or cursor movement.
        #expect(!output.contains("\u{1B}") && !output.contains("\r"))
        #expect(!errors.contains("\u{1B}") && !errors.contains("\r"))
        let code: Int32? = if case .exited(let code) = status { code } else { nil }
        return Answer(code: code, output: output, errors: errors)
    }
}
