import CollectorTesting
import ConnectorTesting
import Foundation
import MillraceClient
import Testing

@Suite("Sending of the client")
struct DeliveryTests {
    private typealias Landed = ClientFolder.Landed

    @Test("What a server cannot take now is sent again, in order and once")
    func triesAgain() async throws {
        let collector = try RunningCollector()
        let folder = try ClientFolder()
        let moods = [503, 429, 408, 500, 502].map { MoodyServer.Mood.answers($0) }
        let moody = MoodyServer(moods)
        try await collector.serving { address in
            try await moody.serving(before: address) { address in
                let millrace = try folder.client(address)
                millrace.count(0..<250)
                await millrace.run { millrace.counts.sent == 250 }
            }
        }
        #expect(moody.answers == [503, 429, 408, 500, 502, 200, 200, 200])
        #expect(try await collector.landed(as: Landed.self).numbers == Array(0..<250))
        #expect(folder.failures.count == 5 && folder.segments == [])
    }

    @Test("A server that says when to come back is left alone until then")
    func retryAfter() async throws {
        let collector = try RunningCollector()
        let folder = try ClientFolder()
        let moody = MoodyServer([.answers(429, headers: ["Retry-After": "1"])])
        try await collector.serving { address in
            try await moody.serving(before: address) { address in
                let millrace = try folder.client(address)
                millrace.count(0..<3)
                await millrace.run { millrace.counts.sent == 3 }
            }
        }
        try #require(moody.times.count == 2)
        #expect(moody.times[1] - moody.times[0] > .milliseconds(990))
    }

    @Test("Where the answer is lost a batch is sent twice, with the same ids")
    func lostAnswer() async throws {
        let collector = try RunningCollector()
        let folder = try ClientFolder()
        let moody = MoodyServer([.forgets])
        try await collector.serving { address in
            try await moody.serving(before: address) { address in
                let millrace = try folder.client(address)
                millrace.count(0..<5)
                #expect(await !millrace.flush())
                #expect(await millrace.flush())
            }
        }
        let landed = try await collector.landed(as: Landed.self)
        #expect(landed.numbers == Array(0..<5) + Array(0..<5))
        #expect(landed.distinct.numbers == Array(0..<5))
    }

    @Test("Of a batch that is refused only the bad messages go")
    func bisects() async throws {
        let collector = try RunningCollector()
        let folder = try ClientFolder()
        try folder.client().count(0..<100)
        // What a power cut may leave in the middle of a file.
        let name = try #require(folder.segments.first)
        var lines = try folder.scratch.read(name).split(separator: "\n").map(String.init)
        lines[37] = String(repeating: "\0", count: 90)
        lines[99] = String(lines[99].dropLast())
        try folder.scratch.write(lines.joined(separator: "\n") + "\n", to: name)
        let moody = MoodyServer([.passes, .passes, .answers(503)])
        try await collector.serving { address in
            try await moody.serving(before: address) { address in
                let millrace = try folder.client(address)
                await millrace.run { millrace.counts.sent == 98 && millrace.counts.refused == 2 }
                #expect(millrace.counts.sent == 98 && millrace.counts.refused == 2)
            }
        }
        let numbers = try await collector.landed(as: Landed.self).numbers
        #expect(numbers == Array(0..<37) + Array(38..<99))
        let refused = folder.failures.filter { if case .refused = $0 { true } else { false } }
        #expect(refused.count == 2 && folder.segments == [])
    }

    @Test("A wrong key, a wrong path or a redirection loses nothing", arguments: [401, 403, 404, 302, 204])
    func rejected(status: Int) async throws {
        let collector = try RunningCollector()
        let folder = try ClientFolder()
        try await collector.serving { address in
            if status == 401 {
                let millrace = try folder.client(address, key: "wrong")
                millrace.count(0..<3)
                #expect(await !millrace.flush())
            } else {
                let moody = MoodyServer([], thenAll: .answers(status, headers: ["Location": address + "/health"]))
                try await moody.serving(before: address) { address in
                    let millrace = try folder.client(address)
                    millrace.count(0..<3)
                    #expect(await !millrace.flush())
                }
            }
            guard case .rejected(status, _)? = folder.failures.first else {
                Issue.record("\(folder.failures)")
                return
            }
            let isSent = try await folder.client(address).flush()
            #expect(isSent)
        }
        #expect(try await collector.landed(as: Landed.self).numbers == [0, 1, 2])
    }

    @Test("A client that waits for an answer stops when it is told to, and keeps the batch", .timeLimit(.minutes(5)))
    func cancelled() async throws {
        let collector = try RunningCollector()
        let folder = try ClientFolder()
        try await collector.serving { address in
            let moody = MoodyServer([], thenAll: .hangs)
            try await moody.serving(before: address) { address in
                let millrace = try folder.client(address)
                millrace.count(0..<3)
                let running = Task { await millrace.run() }
                while moody.times.isEmpty { try await Task.sleep(for: .milliseconds(5)) }
                running.cancel()
                await running.value  // Without an end, where it would wait for an answer.
            }
            let millrace = try folder.client(address)
            await millrace.run { millrace.counts.sent == 3 }
        }
        #expect(try await collector.landed(as: Landed.self).numbers == [0, 1, 2])
    }

    @Test("A flush does not wait for a client that is waiting, and who flushes at the same time shares a request")
    func flushes() async throws {
        let collector = try RunningCollector()
        let folder = try ClientFolder()
        let moody = MoodyServer([.answers(503, headers: ["Retry-After": "60"])])
        try await collector.serving { address in
            try await moody.serving(before: address) { address in
                let millrace = try folder.client(address)
                millrace.count(0..<3)
                let running = Task { await millrace.run() }
                while moody.answers.isEmpty { try await Task.sleep(for: .milliseconds(5)) }
                try await Task.sleep(for: .milliseconds(100))
                async let first = millrace.flush()
                async let second = millrace.flush()
                let both = await (first, second)
                #expect(both == (true, true))
                running.cancel()
                await running.value
            }
        }
        #expect(try await collector.landed(as: Landed.self).numbers == [0, 1, 2])
    }

    @Test("Many tasks track at the same time while batches go out")
    func concurrent() async throws {
        let collector = try RunningCollector(["body": "4MiB"])
        let folder = try ClientFolder()
        try await collector.serving { address in
            let millrace = try folder.client(address)
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await millrace.run { millrace.counts.sent == 4000 } }
                for task in 0..<8 { group.addTask { millrace.count(task * 500..<task * 500 + 500) } }
            }
            #expect(millrace.counts.tracked == 4000 && millrace.counts.sent == 4000)
        }
        let landed = try await collector.landed(as: Landed.self)
        #expect(landed.count == 4000 && landed.distinct.count == 4000)
        for task in 0..<8 {
            let own = task * 500..<task * 500 + 500
            #expect(landed.numbers.filter(own.contains) == Array(own))
        }
    }
}
