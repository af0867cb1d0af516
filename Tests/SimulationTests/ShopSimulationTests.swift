import PipelineCore
import Testing

@testable import Simulation

@Suite("A simulated shop")
struct ShopSimulationTests {
    private let week = ShopSimulation(seed: 11, start: ShopSimulation.start, days: 7, visitorsPerDay: 120)

    @Test("The same values give the same bytes, here and on any machine")
    func determinism() async throws {
        let small = ShopSimulation(seed: 1, start: ShopSimulation.start, days: 3, visitorsPerDay: 100)
        let bytes = try await small.files().flatMap(\.bytes)
        #expect(try await small.files().flatMap(\.bytes) == bytes)
        let hash = bytes.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        // The traffic of a seed is a promise: it changes only with a note in the change log.
        #expect(hash == 179_647_388_838_642_479)
    }

    @Test("Another seed gives other traffic")
    func seeds() async throws {
        var other = week
        other.seed = 12
        #expect(try await other.files().map(\.bytes) != week.files().map(\.bytes))
    }

    @Test("There is one file a day, named by its date, and a time of day in the start is dropped")
    func names() async throws {
        let afternoon = Timestamp(microseconds: ShopSimulation.start.microseconds - 100_000_000_000)
        let simulation = ShopSimulation(seed: 1, start: afternoon, days: 3, visitorsPerDay: 1)
        let names = try await simulation.files().map(\.name)
        #expect(names == ["events-2026-02-27.ndjson", "events-2026-02-28.ndjson", "events-2026-03-01.ndjson"])
    }

    @Test("A line lies in the file of the day on which it arrived, roughly in order, and after it was sent")
    func arrival() async throws {
        var latest: Int64 = 0
        for (file, _, message) in try await week.messages() {
            #expect(file == "events-\(message.receivedAt.prefix(10)).ndjson")
            let happened = try Message.milliseconds(message.timestamp)
            let sent = try Message.milliseconds(message.sentAt)
            let received = try Message.milliseconds(message.receivedAt)
            #expect(happened <= sent && sent < received && latest - received < 2_000)
            latest = max(latest, received)
        }
    }

    @Test("A repeated message is the same but for its transport")
    func duplicates() async throws {
        let marker = Array(",\"sentAt\":".utf8)
        var bodies: [String: [UInt8]] = [:]
        var repeated = 0
        for (_, line, message) in try await week.messages() {
            let end = try #require(line.firstRange(of: marker)?.lowerBound)
            let body = Array(line[..<end])
            if let known = bodies.updateValue(body, forKey: message.messageId) {
                #expect(known == body)
                repeated += 1
            }
        }
        #expect(repeated > 10)
    }

    @Test("Messages have the members of their type")
    func members() async throws {
        let messages = try await week.messages().map(\.message)
        for message in messages {
            #expect((message.type == "track") == (message.event != nil))
            #expect((message.type == "page") == (message.name != nil))
            #expect((message.type == "identify") == (message.traits != nil))
            #expect((message.type == "identify") == (message.properties == nil))
            #expect(message.type != "identify" || message.userId != nil)
            #expect((message.event == "purchase") == (message.properties?.revenue != nil))
            #expect(message.context.page.url.hasPrefix("https://shop.example" + message.context.page.path))
            #expect((message.context.campaign != nil) == message.context.page.url.contains("utm_source"))
        }
        #expect(Set(messages.map(\.type)) == ["page", "track", "identify"])
        let events = Set(messages.compactMap(\.event))
        #expect(events == ["search", "product_view", "add_to_cart", "checkout", "purchase"])
        #expect(messages.contains { $0.context.page.url.contains("gclid=") })
        #expect(
            messages.contains { !$0.context.page.title.allSatisfy(\.isASCII) && $0.context.page.title.contains("\"") }
        )
        #expect(messages.contains { $0.context.ip.contains(":") } && messages.contains { $0.isBot })
    }

    @Test("Fewer people reach each step of the funnel than the one before")
    func funnel() async throws {
        let messages = try await week.messages().map(\.message).filter { !$0.isBot }
        let reached = ["product_view", "add_to_cart", "checkout", "purchase"].map { step in
            Set(messages.filter { $0.event == step }.map(\.anonymousId)).count
        }
        #expect(zip(reached, reached.dropFirst()).allSatisfy { $0 > $1 })
        #expect((reached.last ?? 0) > 10)
        let night = messages.count { ["01", "02", "03"].contains($0.timestamp.dropFirst(11).prefix(2)) }
        let evening = messages.count { ["18", "19", "20"].contains($0.timestamp.dropFirst(11).prefix(2)) }
        #expect(evening > 3 * night)
    }

    @Test("About as many events come as were asked for", arguments: [(1, 20_000), (5, 15_000), (21, 30_000)])
    func target(days: Int, events: Int) async throws {
        let simulation = ShopSimulation(seed: 5, start: ShopSimulation.start, days: days, events: events)
        let run = ShopRun(simulation)
        while let file = run.nextFile() { for try await _ in file.bytes {} }
        // One day is a Sunday, on which more people come than on average.
        #expect(abs(run.truth.events - events) < events * 15 / 100, "\(run.truth.events)")
    }
}
