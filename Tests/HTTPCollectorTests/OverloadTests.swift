import CollectorTesting
import Foundation
import Glibc
import NIOCore
import NIOPosix
import PipelineCore
import Synchronization
import Testing

@testable import HTTPCollectorPlugin

@Suite("A collector with more to do than it can", .serialized) struct OverloadTests {
    private static let entry = AccessLog.Entry(
        time: Timestamp(microseconds: 0),
        method: "POST",
        route: "batch",
        status: 200,
        bytes: 3,
        milliseconds: 1,
        events: 1,
        requestID: "1f"
    )

    @Test("Whoever reads the access log may stop: lines are dropped and counted, and the rest comes whole")
    func accessLog() async throws {
        var ends: [CInt] = [0, 0]
        try #require(unsafe pipe(&ends) == 0)
        let log = AccessLog(output: ends[1])
        let start = ContinuousClock.now
        for _ in 0..<20_000 { log.add(Self.entry) }
        log.flush()
        #expect(ContinuousClock.now - start < .seconds(10))
        let dropped = log.dropped
        #expect(dropped > 0 && dropped < 20_000)

        let reader = ends[0]
        let reading = Task.detached {
            var text: [UInt8] = []
            var chunk = [UInt8](repeating: 0, count: 65_536)
            while true {
                let count = unsafe chunk.withUnsafeMutableBytes { unsafe Glibc.read(reader, $0.baseAddress, $0.count) }
                guard count > 0 else { return text }
                text += chunk[..<count]
            }
        }
        while log.isWriting { try await Task.sleep(for: .milliseconds(10)) }
        close(ends[1])
        let lines = await reading.value.split(separator: UInt8(ascii: "\n"))
        #expect(lines.count == 20_000 - Int(dropped))
        var line: [UInt8] = []
        Self.entry.append(to: &line)
        #expect(lines.allSatisfy { $0 == line.dropLast() })
        close(reader)
    }

    @Test(
        "Requests together take so much memory and no more; what has held most for longest gives way",
        .timeLimit(.minutes(1))
    )
    func bodies() async throws {
        let running = try RunningCollector()
        try await running.serving({ ($0.requestMemory, $0.bodyTimeout) = (400_000, .seconds(10)) }) { client in
            func unfinished(_ key: String, _ count: Int) -> [String] {
                let head = "POST /v1/track?writeKey=\(key) HTTP/1.1\r\nHost: x\r\nContent-Length: 200000\r\n\r\n"
                return [head + String(repeating: " ", count: count)]
            }
            func gauges() async throws -> String { try await client.send([RawClient.request("GET", "/metrics")]) }
            // A key says nothing: whoever loads the page knows it.
            async let first = client.send(unfinished("k", 199_000))
            async let second = client.send(unfinished("other", 190_000))
            try await Task.sleep(for: .milliseconds(300))
            #expect(try await gauges().contains("millrace_body_bytes 389000\n"))
            #expect(try await gauges().contains("millrace_connections 3\n"))
            let event = #"{"userId":"u","event":"\#(String(repeating: "e", count: 20_000))","writeKey":"k"}"#
            // They may only have begun.
            let refused = try await client.send([RawClient.request(body: event)])
            #expect(refused.hasPrefix("HTTP/1.1 503") && refused.lowercased().contains("retry-after: 2"), "\(refused)")
            try await Task.sleep(for: .seconds(1))
            let answer = try await client.send([RawClient.request(body: event)])
            #expect(answer.hasPrefix("HTTP/1.1 200"), "\(answer)")
            #expect(try await first == "")
            let after = try await gauges()
            #expect(after.contains("millrace_body_bytes 190000\n"), "\(after)")
            #expect(after.contains("millrace_requests_revoked_total 1\n"), "\(after)")
            #expect(try await second == "")
            #expect(try await gauges().contains("millrace_body_bytes 0\n"))
        }
        #expect(try await running.landed().count == 1)
    }

    @Test("A share that has come whole does not give way, and one that has given way takes nothing any more")
    func shares() {
        let budget = RequestBudget(size: 100)
        let revoked = Mutex<[Int]>([])
        let shares = (0..<4).map { number in RequestShare { revoked.withLock { $0.append(number) } } }
        let start = ContinuousClock.now
        #expect(budget.take(40, for: shares[0], at: start))
        #expect(budget.take(20, for: shares[1], at: start) && budget.take(40, for: shares[2], at: start + .seconds(2)))
        budget.settle(shares[0])
        #expect(!budget.take(1, for: shares[3], at: start + .milliseconds(900)))
        #expect(!budget.take(101, for: shares[3], at: start) && budget.bytes == 100)
        // 20 bytes for 4 seconds are less than 40 for 2.5.
        #expect(budget.take(30, for: shares[3], at: start + .seconds(4.5)) && budget.bytes == 90)
        #expect(revoked.withLock { $0 } == [2] && budget.revoked == 1)
        #expect(!budget.take(1, for: shares[2], at: start + .seconds(5)))
        for share in shares { budget.end(share) }
        #expect(budget.bytes == 0)
    }

    @Test("Heads that are not whole count as well", .timeLimit(.minutes(1)))
    func heads() async throws {
        let running = try RunningCollector()
        try await running.serving({ ($0.requestMemory, $0.idleTimeout) = (20_000, .seconds(8)) }) { client in
            let head = "POST /v1/track HTTP/1.1\r\nHost: x\r\nX-Long: " + String(repeating: "x", count: 15_000)
            async let first = client.send([head])
            async let second = client.send([head])
            try await Task.sleep(for: .milliseconds(500))
            // There is no room for both.
            let gauge = try await client.send([RawClient.request("GET", "/metrics")])
            #expect(gauge.contains("millrace_body_bytes \(head.utf8.count)\n"), "\(gauge)")
            #expect(gauge.contains("millrace_connections 2\n"), "\(gauge)")
            // Whole heads take nothing, however they come.
            let request = RawClient.request()
            let answer = try await client.send(
                [String(request.prefix(30)), String(request.dropFirst(30))],
                pause: .milliseconds(100)
            )
            #expect(answer.hasPrefix("HTTP/1.1 200"), "\(answer)")
            _ = try await (first, second)
            let after = try await client.send([RawClient.request("GET", "/metrics")])
            #expect(after.contains("millrace_body_bytes 0\n"), "\(after)")
        }
    }

    @Test("What a compressed body becomes counts too", .timeLimit(.minutes(1)))
    func compressed() async throws {
        let running = try RunningCollector()
        var packed: [UInt8] = []
        let plain = [UInt8](repeating: 32, count: 300_000)
        for try await chunk in running.destination.coding.encode(ArrayStream([plain])) { packed += chunk }
        let body = ByteBuffer(bytes: packed)
        try await running.serving({ $0.requestMemory = 250_000 }) { client in
            let head =
                "POST /v1/track HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Encoding: gzip\r\n"
                + "Content-Length: \(body.readableBytes)\r\n\r\n"
            let answer = try await client.send(bytes: [ByteBuffer(string: head), body])
            #expect(answer.hasPrefix("HTTP/1.1 503"), "\(answer)")
        }
    }

    @Test("A short body that becomes long lines counts as those", .timeLimit(.minutes(1)))
    func longLines() async throws {
        let running = try RunningCollector()
        try await running.serving({ $0.requestMemory = 400_000 }) { client in
            func send(_ count: Int) async throws -> String {
                let messages = Array(repeating: "{}", count: count).joined(separator: ",")
                let context = #"{"long":"\#(String(repeating: "x", count: 10_000))"}"#
                let body = #"{"batch":[\#(messages)],"context":\#(context),"writeKey":"k"}"#
                return try await client.send([RawClient.request("POST", "/v1/batch", body: body)])
            }
            let answers = [try await send(50), try await send(30)]
            #expect(answers[0].hasPrefix("HTTP/1.1 503") && answers[1].hasPrefix("HTTP/1.1 200"), "\(answers)")
        }
        #expect(try await running.landed().count == 30)
    }

    @Test("A body in parts of any size is the same in one piece, and as a stream")
    func blocks() async throws {
        for sizes in [[], [1], [70_000], [10, 65_526, 1], [65_536, 65_536, 3], Array(repeating: 1000, count: 300)] {
            var (body, whole) = (BodyBlocks(), [UInt8]())
            for size in sizes {
                let part = (0..<size).map { _ in UInt8.random(in: 0...255) }
                whole += part
                // As from a connection: much room, of which little may be used.
                var buffer = ByteBufferAllocator().buffer(capacity: 65_536)
                buffer.writeBytes(part)
                body.append(buffer)
            }
            #expect(body.count == whole.count && Array(buffer: body.joined()) == whole)
            var streamed: [UInt8] = []
            for try await block in body.stream() { streamed += block }
            #expect(streamed == whole)
        }
    }

    @Test("A parser that has taken much memory is let go, and others serve again")
    func parsers() throws {
        let pool = ParserPool(MessageLimits())
        func served(_ numbers: Int) throws -> ObjectIdentifier? {
            let text = #"{"event":[\#(String(repeating: "1,", count: numbers))1]}"#
            return try pool.withParser { parser in
                try parser.read(ByteBuffer(string: text).readableBytesUInt8Span, as: .single(type: "track"))
                #expect(parser.memory > 32 * numbers)
                return ObjectIdentifier(parser)
            }
        }
        let first = try served(10)
        #expect(try served(100_000) == first)
        // From here on it is not in the pool any more, so that none is there which is known to be large.
        _ = try served(1_000_000)
        pool.withParser { #expect($0.memory == 0) }
    }

    @Test("A process may have as many files open as the system lets it")
    func descriptors() throws {
        let files = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        var limit = rlimit()
        try #require(unsafe getrlimit(files, &limit) == 0)
        let most = limit.rlim_max
        limit.rlim_cur = min(most, 1024)
        try #require(unsafe setrlimit(files, &limit) == 0)
        #expect(DescriptorLimit.raise() == Int(clamping: most))
        try #require(unsafe getrlimit(files, &limit) == 0)
        #expect(limit.rlim_cur == most)
        #expect(ConnectionLimit.process.capacity < Int(clamping: most))
    }

    @Test("Connections take turns where there are too many")
    func turns() async throws {
        let limit = ConnectionLimit(2)
        for _ in 0..<2 { await limit.enter() }
        let entered = AsyncStream.makeStream(of: Int.self)
        var waiting: [Task<Void, Never>] = []
        for number in 0..<3 {
            waiting.append(
                Task {
                    await limit.enter()
                    entered.continuation.yield(number)
                }
            )
            try await Task.sleep(for: .milliseconds(100))
        }
        #expect(limit.count == 2)
        var iterator = entered.stream.makeAsyncIterator()
        for number in 0..<3 {
            limit.leave()
            #expect(await iterator.next() == number)
            #expect(limit.count == 2)
        }
        for _ in 0..<2 { limit.leave() }
        #expect(limit.count == 0)
        for task in waiting { await task.value }
    }
}
