import ConnectorTesting
import Foundation
import Synchronization
import Testing

/// A headless Chromium, driven by its DevTools protocol through a pipe.
final class Chromium: Sendable {
    /// Where the program is: MILLRACE_CHROMIUM, or the PATH; nil where it is not installed.
    static let path: String? = {
        let environment = ProcessInfo.processInfo.environment
        if let named = environment["MILLRACE_CHROMIUM"] { return named }
        return (environment["PATH"] ?? "").split(separator: ":").map { "\($0)/chromium" }
            .first(where: FileManager.default.isExecutableFile)
    }()

    private struct Conversation {
        var lastID = 0
        var answers: [Int: CheckedContinuation<Data, any Error>] = [:]
        var received = Data()
        var isOver = false
    }

    private let conversation = Mutex(Conversation())
    private let process = Process()
    private let commands = Pipe()
    private let profile: ScratchDirectory

    private init(_ path: String) throws {
        profile = try ScratchDirectory()
        let answers = Pipe()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        // Chromium reads commands from descriptor 3 and answers on 4.
        process.arguments =
            ["-c", #"exec "$0" "$@" 3<&0 4>&1 >/dev/null 2>&1"#, path] + [
                "--headless", "--no-sandbox", "--remote-debugging-pipe", "--user-data-dir=\(profile.path("profile"))",
                "--no-first-run", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking",
                "--disable-component-update", "--disable-sync", "--host-resolver-rules=MAP shop.test 127.0.0.1",
            ]
        process.standardInput = commands
        process.standardOutput = answers
        process.standardError = FileHandle.nullDevice
        answers.fileHandleForReading.readabilityHandler = { [weak self] handle in
            let chunk = handle.availableData
            if chunk.isEmpty { handle.readabilityHandler = nil }
            self?.receive(chunk)
        }
        try process.run()
    }

    /// Runs a browser of its own, with a profile of its own, while `body` uses it.
    static func running<Result>(_ body: (Chromium) async throws -> Result) async throws -> Result {
        let browser = try Chromium(try #require(path))
        do {
            let result = try await body(browser)
            await browser.quit()
            return result
        } catch {
            await browser.quit()
            throw error
        }
    }

    private func quit() async {
        // The connection may end before the answer comes.
        _ = try? await ask("Browser.close")
        process.waitUntilExit()
    }

    /// A new tab; `script` runs in each of its pages before the page's own.
    func tab(before script: String = "") async throws -> Tab {
        let target = try await ask("Target.createTarget", ["url": "about:blank"])["targetId"] as? String
        let id = try #require(target)
        let attached = try await ask("Target.attachToTarget", ["targetId": id, "flatten": true])
        let tab = Tab(browser: self, target: id, session: try #require(attached["sessionId"] as? String))
        try await tab.ask("Page.enable")
        if !script.isEmpty { try await tab.ask("Page.addScriptToEvaluateOnNewDocument", ["source": script]) }
        return tab
    }

    @discardableResult
    func ask(_ method: String, _ parameters: [String: Any] = [:], session: String? = nil) async throws -> [String: Any]
    {
        let answer = try await withCheckedThrowingContinuation { continuation in
            let id: Int? = conversation.withLock { conversation in
                guard !conversation.isOver else { return nil }
                conversation.lastID += 1
                conversation.answers[conversation.lastID] = continuation
                return conversation.lastID
            }
            guard let id else { return continuation.resume(throwing: ChromiumProblem("it has ended")) }
            var message: [String: Any] = ["id": id, "method": method, "params": parameters]
            message["sessionId"] = session
            do {
                let bytes = try JSONSerialization.data(withJSONObject: message)
                try commands.fileHandleForWriting.write(contentsOf: bytes + [0])
            } catch {
                conversation.withLock { $0.answers.removeValue(forKey: id) }?.resume(throwing: error)
            }
        }
        let message = try #require(JSONSerialization.jsonObject(with: answer) as? [String: Any])
        if let problem = message["error"] as? [String: Any] { throw ChromiumProblem("\(method): \(problem)") }
        return message["result"] as? [String: Any] ?? [:]
    }

    /// Messages end with a zero byte; an empty chunk is the end.
    private func receive(_ chunk: Data) {
        var answered: [(CheckedContinuation<Data, any Error>, Data)] = []
        var unanswered: [CheckedContinuation<Data, any Error>] = []
        conversation.withLock { conversation in
            conversation.received += chunk
            while let end = conversation.received.firstIndex(of: 0) {
                let message = Data(conversation.received[..<end])
                conversation.received = Data(conversation.received[(end + 1)...])
                let id = (try? JSONSerialization.jsonObject(with: message) as? [String: Any])?["id"] as? Int
                guard let id, let waiting = conversation.answers.removeValue(forKey: id) else { continue }
                answered.append((waiting, message))
            }
            guard chunk.isEmpty else { return }
            conversation.isOver = true
            unanswered = Array(conversation.answers.values)
            conversation.answers = [:]
        }
        for (waiting, message) in answered { waiting.resume(returning: message) }
        for waiting in unanswered { waiting.resume(throwing: ChromiumProblem("it has ended")) }
    }
}

/// A page's window in Chromium.
struct Tab: Sendable {
    let browser: Chromium
    let target: String
    let session: String

    func ask(_ method: String, _ parameters: [String: Any] = [:]) async throws {
        try await browser.ask(method, parameters, session: session)
    }

    /// Goes to an address and waits until the page and its scripts are loaded.
    func open(_ address: String) async throws {
        try await ask("Page.navigate", ["url": address])
        try await wait("location.href === \"\(address)\" && document.readyState === \"complete\"")
    }

    /// The value of an expression, as JSON where it is no text.
    @discardableResult
    func run(_ expression: String) async throws -> String {
        let answer = try await browser.ask(
            "Runtime.evaluate",
            ["expression": expression, "awaitPromise": true, "returnByValue": true],
            session: session
        )
        if let problem = answer["exceptionDetails"] { throw ChromiumProblem("\(expression): \(problem)") }
        let value = (answer["result"] as? [String: Any])?["value"]
        if let text = value as? String { return text }
        guard let value else { return "" }
        return String(
            decoding: try JSONSerialization.data(withJSONObject: value, options: .fragmentsAllowed),
            as: UTF8.self
        )
    }

    /// Waits until an expression is true.
    func wait(_ condition: String) async throws {
        try await eventually(condition) {
            // While a page gives way to another one, there is none that could answer.
            (try? await run("Boolean(\(condition))")) == "true"
        }
    }

    func close() async throws { try await browser.ask("Target.closeTarget", ["targetId": target]) }
}

/// Waits until `condition` holds, 30 seconds at most.
func eventually(_ what: String, _ condition: () async throws -> Bool) async throws {
    for _ in 0..<600 {
        if try await condition() { return }
        try await Task.sleep(for: .milliseconds(50))
    }
    throw ChromiumProblem("did not happen: \(what)")
}

struct ChromiumProblem: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
