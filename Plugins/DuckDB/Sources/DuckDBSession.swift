internal import PipelineCore
internal import Subprocess
internal import SystemPackage

#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif

/// A running DuckDB program that is sent statements and answers with lines of JSON.
struct DuckDBSession {
    typealias Child = Execution<CustomWriteInput, SequenceOutput, StringOutput<UTF8>>

    private let writer: StandardInputWriter
    private let log: StatementLog?
    private let answers: AnswerReader
    /// Ends every answer; drawn anew per session, so that no row can contain it by chance or by intent.
    private let mark = "done-\(UUID().uuidString)"

    private init(_ child: Child, log: StatementLog?) {
        self.log = log
        writer = child.standardInputWriter
        answers = AnswerReader(child.standardOutput)
    }

    /// Starts the program, lends it to `body` and ends it; a program that is still running then is stopped.
    static func run<Result: Sendable>(
        program: String,
        workingDirectory: String,
        log: StatementLog?,
        _ body: (DuckDBSession) async throws -> Result
    ) async throws -> Result {
        let command = DuckDBProgram.endingWithUs(program)
        var options = PlatformOptions()
        options.teardownSequence = [.gracefulShutDown(allowedDurationToNextStep: .milliseconds(500))]
        let ended: ExecutionResult<(result: Result?, statement: SessionStatement?), SequenceOutput, StringOutput<UTF8>>
        do {
            ended = try await Subprocess.run(
                .path(FilePath(command[0])),
                arguments: Arguments(command.dropFirst() + ["-batch", "-no-init", "-bail", "-jsonlines"]),
                environment: .custom(["HOME": workingDirectory, "TZ": "UTC", "LC_ALL": "C.UTF-8"]),
                workingDirectory: FilePath(workingDirectory),
                platformOptions: options,
                input: .inputWriter,
                output: .sequence,
                error: .string(limit: 1 << 22)
            ) { child in
                let session = DuckDBSession(child, log: log)
                var result: Result?
                do { result = try await body(session) } catch is Interrupted {}
                try? await session.writer.finish()  // A program that is gone says why itself.
                return (result, session.answers.statement)
            }
        } catch let error as SubprocessError {
            throw PipelineError(
                .notFound,
                "the program did not start: \(error)",
                while: "starting DuckDB at \(program)",
                cause: error
            )
        }
        try Task.checkCancellation()
        if let result = ended.closureResult.result, ended.terminationStatus.isSuccess { return result }
        let isKilled = [9, 15].contains { ended.terminationStatus == .signaled($0) }  // SIGKILL, SIGTERM
        throw DuckDBFailure(ended.standardError, statement: ended.closureResult.statement, isKilled: isKilled)
    }

    /// Sends a statement and waits for its answer, one JSON object per row.
    func send(_ statement: SessionStatement) async throws -> [[UInt8]] {
        answers.statement = statement
        log?.append(statement.text)
        do {
            _ = try await writer.write("\(statement.text)\n;\n.print \(mark)\n")
        } catch {
            throw Interrupted()
        }
        guard let lines = try await answers.lines(until: Array(mark.utf8)) else { throw Interrupted() }
        return lines
    }

    /// Sends a last statement, whose raw output is lent to `body`.
    func stream<Result: Sendable>(
        _ statement: SessionStatement,
        _ body: (RowStream) async throws -> Result
    ) async throws -> Result {
        answers.statement = statement
        log?.append(statement.text)
        do {
            _ = try await writer.write("\(statement.text)\n;\n")
            try await writer.finish()
        } catch {
            throw Interrupted()
        }
        return try await body(answers.rows())
    }

    /// The program stopped answering; its exit status and its standard error tell why.
    private struct Interrupted: Error {}
}

/// A statement together with the user's text in it.
struct SessionStatement {
    let text: String
    /// The file of a user's query in the statement.
    var origin: String?
    /// How many lines stand before the user's text.
    var leadingLines = 0
    /// The line of `origin` that the user's text begins in.
    var firstLine = 1
    /// Whether it is what a program is asked first.
    var isFirst = false

    /// The line of the origin for a line of the statement; the last of the user's text one for what follows it.
    func userLine(_ line: Int) -> Int {
        // Behind the user's text stands one line of ours.
        let count = text.count { $0 == "\n" } - leadingLines
        return min(max(1, line - leadingLines), max(1, count)) + firstLine - 1
    }
}
