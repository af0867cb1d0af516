import ConnectorTesting
import Foundation
import Glibc
import Subprocess
import Testing

/// `serve` seen from outside: what it does before it takes anything, and what it takes of the machine.
@Suite("What serve does for those who send and those who run it", .serialized) struct ServeTests {
    private let folder: ScratchDirectory
    private let port: Int

    init() throws {
        folder = try ScratchDirectory()
        port = try freePort()
        try configure()
    }

    private var millrace: Program { Program(directory: folder.path) }

    private func configure(_ settings: String = "land_every: 1h", and other: String = "") throws {
        try folder.write(
            """
            lake: { use: local, path: lake }
            sources:
              web: { use: http, listen: "127.0.0.1:\(port)", write_keys: { web: k }, \(settings) }
              \(other)
            """,
            to: "millrace.yaml"
        )
    }

    private static let message =
        "POST /v1/track HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 41\r\n\r\n"
        + #"{"userId":"u","event":"e","writeKey":"k"}"#

    private static func question(_ path: String) -> String {
        "GET \(path) HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    }

    /// Waits until the collector answers.
    private func becomesReady() async throws {
        let end = ContinuousClock.now + .seconds(20)
        while Sender(port)?.exchange(Self.question("/health/live")).contains(" 200 ") != true {
            try #require(ContinuousClock.now < end, "the collector answers")
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    @Test("Many long bodies at a time, with and without a key, take no more memory than there is for bodies")
    func memory() async throws {
        let bounds = try await [true, false].asyncMap { hasKey in
            var peak = 0
            let answer = try await millrace.start(["serve"], stoppedBy: .kill) {
                try await becomesReady()
                let senders = (0..<300).compactMap { _ in Sender(port) }
                #expect(senders.count == 300)
                let path = hasKey ? "/v1/batch?writeKey=k" : "/v1/batch"
                let head = "POST \(path) HTTP/1.1\r\nHost: x\r\nContent-Length: 4194304\r\n\r\n"
                for sender in senders { sender.send(Array(head.utf8)) }
                let part = [UInt8](repeating: 32, count: 1 << 16)
                let end = ContinuousClock.now + .seconds(8)
                while ContinuousClock.now < end {
                    let count = senders.filter { $0.sent < 4_000_000 }.reduce(0) { $0 + $1.send(part) }
                    try await Task.sleep(for: .milliseconds(count > 0 ? 1 : 100))
                }
                peak = try Self.peak(ofServing: folder.path)
                withExtendedLifetime(senders) {}
            }
            #expect(answer.errors.contains("web listens on"), "\(answer)")
            return peak
        }
        // Some 45 MB are the program itself, with its libraries.
        #expect(bounds.allSatisfy { $0 < 200_000 }, "kB: \(bounds)")
    }

    /// The most memory that the program in a directory has had so far, in kB.
    private static func peak(ofServing directory: String) throws -> Int {
        for pid in try FileManager.default.contentsOfDirectory(atPath: "/proc") where Int(pid) != nil {
            guard let place = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(pid)/cwd"),
                place == directory || place == URL(filePath: directory).resolvingSymlinksInPath().path,
                let text = try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8),
                let line = text.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") })
            else { continue }
            return try #require(line.split(separator: " ").compactMap { Int($0) }.first)
        }
        return try #require(nil)
    }

    @Test("Nothing is taken by one collector before the other can start too")
    func together() async throws {
        let taken = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(taken) }
        let other = try freePort(boundTo: taken)
        try configure(and: #"app: { use: http, listen: "127.0.0.1:\#(other)", write_keys: { app: l } }"#)
        // The other one waits for its log, and then finds its port taken.
        try folder.write("", to: ".millrace/collector/app.lock")
        let lock = unsafe open(folder.path(".millrace/collector/app.lock"), O_RDWR)
        try #require(lock >= 0 && flock(lock, LOCK_EX | LOCK_NB) == 0)
        let sending = Task {
            let end = ContinuousClock.now + .seconds(3)
            var answers: [String] = []
            while ContinuousClock.now < end {
                if let answer = Sender(port)?.exchange(Self.message), !answer.isEmpty { answers.append(answer) }
                try await Task.sleep(for: .milliseconds(50))
            }
            return answers
        }
        let release = Task {
            try await Task.sleep(for: .seconds(2))
            close(lock)
        }
        let answer = try await millrace("serve", stoppedBy: .kill, after: .seconds(15))
        #expect(answer.code == 2 && answer.errors.contains("127.0.0.1:\(other) cannot be listened on"), "\(answer)")
        #expect(!answer.errors.contains("web listens on"), "\(answer)")
        try await release.value
        #expect(try await sending.value == [])
    }

    @Test("A socket of the service manager that is no source's is refused by name")
    func foreignSocket() async throws {
        let shell = Program(directory: folder.path, path: "/bin/sh")
        let start = "LISTEN_PID=$$ LISTEN_FDS=1 LISTEN_FDNAMES=wbe exec \(Program.built) serve 3</dev/null"
        let answer = try await shell.start(["-c", start], stoppedBy: .kill) { try await Task.sleep(for: .seconds(5)) }
        #expect(answer.code == 2, "\(answer)")
        #expect(answer.errors.contains("no source takes the socket 'wbe'"), "\(answer)")
        #expect(answer.errors.contains("FileDescriptorName=") && answer.errors.contains("web"), "\(answer)")
    }

    @Test("Who is refused and who asks whether it is ready are told why, and nothing of the machine")
    func reasons() async throws {
        try configure("land_every: 100ms, log: 1MiB")
        let answer = try await millrace.start(["serve"], stoppedBy: .terminate) {
            try await becomesReady()
            // A file in the place of the raw zone: nothing lands.
            try folder.write("", to: "lake/raw")
            var last = " 200 "
            for _ in 0..<80 where last.contains(" 200 ") {
                let noise = (0..<30_000).map { _ in String(UInt8.random(in: 32...126), radix: 36) }.joined()
                let body = #"{"userId":"u","event":"e","writeKey":"k","properties":{"x":"\#(noise)"}}"#
                let head = "POST /v1/track HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                last = try #require(Sender(port)).exchange(head + "Content-Length: \(body.utf8.count)\r\n\r\n" + body)
            }
            let ready = try #require(Sender(port)).exchange(Self.question("/health/ready"))
            let why = "the log is full of events that have not reached the lake; try again"
            for text in [last, ready] {
                let body = #"{"code":"unavailable","message":"\#(why)"}"#
                #expect(text.hasPrefix("HTTP/1.1 503") && text.hasSuffix(body), "\(text)")
            }
            try FileManager.default.removeItem(atPath: folder.path("lake/raw"))
        }
        // Who runs it is told where, how much and what can be done.
        #expect(answer.errors.contains("bytes of events wait to land, and 1048576 may (`log:`)"), "\(answer)")
    }

    @Test("What is no HTTP stands in the access log too")
    func malformed() async throws {
        try configure("access_log: true")
        let answer = try await millrace.start(["serve"], stoppedBy: .terminate) {
            try await becomesReady()
            #expect(Sender(port)?.exchange("GARBAGE\r\n\r\n").hasPrefix("HTTP/1.1 400") == true)
        }
        let lines = answer.output.split(separator: "\n").filter { $0.contains(#""status":400"#) }
        #expect(lines.count == 1 && lines.allSatisfy { $0.contains(#""method":"","route":"malformed""#) }, "\(answer)")
    }

    @Test("An access log that nobody reads any more is told of once")
    func closedAccessLog() async throws {
        try configure("access_log: true")
        let shell = Program(directory: folder.path, path: "/bin/sh")
        // The reader is gone at once.
        let start = "\(Program.built) serve | true"
        let answer = try await shell.start(["-c", start], stoppedBy: .kill) {
            try await becomesReady()
            for _ in 0..<3 {
                #expect(Sender(port)?.exchange(Self.message).contains(" 200 ") == true)
                try await Task.sleep(for: .seconds(1.5))
            }
            for pid in try Self.pids(in: folder.path) { kill(pid, SIGTERM) }
            try await Task.sleep(for: .seconds(2))
        }
        let told = answer.errors.split(separator: "\n").filter { $0.contains("access log") }
        #expect(
            told == ["millrace: the access log cannot be written (Broken pipe): its lines are dropped"],
            "\(answer)"
        )
    }

    /// Every process that runs in a directory.
    private static func pids(in directory: String) throws -> [pid_t] {
        try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap { pid_t($0) }.filter { pid in
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(pid)/cwd")) == directory
                && (try? String(contentsOfFile: "/proc/\(pid)/comm", encoding: .utf8)) == "millrace\n"
        }
    }

    @Test("tail says when no collector is there, and when one is")
    func tail() async throws {
        let tail = try await millrace.start(["tail"], stoppedBy: .interrupt) {
            for _ in 0..<2 {
                try await Task.sleep(for: .seconds(2.5))
                _ = try await millrace.start(["serve"], stoppedBy: .terminate) {
                    try await becomesReady()
                    #expect(Sender(port)?.exchange(Self.message).contains(" 200 ") == true)
                    try await Task.sleep(for: .seconds(2.5))
                }
            }
            try await Task.sleep(for: .seconds(2.5))
        }
        let none = "millrace: no collector runs; tail waits for `millrace serve`"
        let one = "millrace: a collector runs"
        #expect(tail.errors.split(separator: "\n") == [none[...], one[...], none[...], one[...], none[...]], "\(tail)")
    }
}

extension Array {
    /// Transformed one after the other.
    fileprivate func asyncMap<Result>(_ transform: (Element) async throws -> Result) async throws -> [Result] {
        var results: [Result] = []
        for element in self { results.append(try await transform(element)) }
        return results
    }
}

/// A connection that sends what it is told.
private final class Sender {
    private let descriptor: Int32
    /// How many bytes have gone.
    private(set) var sent = 0

    init?(_ port: Int) {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let result = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        if result != 0 { return nil }
    }

    deinit { close(descriptor) }

    /// Sends as much as goes without waiting.
    @discardableResult
    func send(_ bytes: [UInt8]) -> Int {
        let flags = Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL)
        let count = unsafe bytes.withUnsafeBytes { unsafe Glibc.send(descriptor, $0.baseAddress, $0.count, flags) }
        sent += max(0, count)
        return max(0, count)
    }

    /// Sends a text; returns what comes back until the other side closes, or nothing comes for two seconds.
    func exchange(_ text: String) -> String {
        send(Array(text.utf8))
        var answer: [UInt8] = []
        var limit = timeval(tv_sec: 2, tv_usec: 0)
        _ = unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var part = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = unsafe part.withUnsafeMutableBytes { unsafe recv(descriptor, $0.baseAddress, $0.count, 0) }
            guard count > 0 else { return String(decoding: answer, as: UTF8.self) }
            answer += part[..<count]
        }
    }
}
