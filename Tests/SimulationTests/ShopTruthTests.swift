import Foundation
import PipelineCore
import Testing

@testable import Simulation

@Suite("What a simulated shop knows")
struct ShopTruthTests {
    @Test(
        "The truth is what a naive count of the lines finds",
        arguments: [(1, 1, 300), (2, 9, 90), (3, 20, 40)] as [(UInt64, Int, Int)]
    )
    func recount(seed: UInt64, days: Int, visitorsPerDay: Int) async throws {
        let simulation = ShopSimulation(
            seed: seed,
            start: ShopSimulation.start,
            days: days,
            visitorsPerDay: visitorsPerDay
        )
        let run = ShopRun(simulation)
        while let file = run.nextFile() { for try await _ in file.bytes {} }
        let truth = try await Self.count(simulation.messages().map(\.message))
        #expect(run.truth == truth)
        #expect(truth.purchases > 0 && truth.duplicates > 0 && truth.botEvents > 0 && truth.sessions > truth.visitors)
        #expect(truth.persons < truth.visitors || days == 1)
        #expect(truth.lateEvents > 0 || days == 1)
    }

    private static func count(_ messages: [Message]) throws -> ShopTruth {
        var first: [String: Message] = [:]
        for message in messages {
            if let known = first[message.messageId], known.receivedAt <= message.receivedAt { continue }
            first[message.messageId] = message
        }
        var truth = ShopTruth()
        truth.lines = messages.count
        truth.events = first.count
        truth.duplicates = messages.count - first.count
        truth.botEvents = first.values.count { $0.isBot }
        truth.lateEvents = try first.values.count {
            try Message.milliseconds($0.receivedAt) - Message.milliseconds($0.timestamp) > 3_600_000
        }
        let visitors = Dictionary(grouping: first.values.filter { !$0.isBot }, by: \.anonymousId)
        truth.visitors = visitors.count
        var persons: Set<String> = []
        for (identifier, messages) in visitors {
            let times = try messages.map { try Message.milliseconds($0.timestamp) }.sorted()
            truth.sessions += 1 + zip(times, times.dropFirst()).count { $1 - $0 > 1_800_000 }
            let users = Set(messages.compactMap(\.userId))
            #expect(users.count <= 1)
            persons.insert(users.first ?? identifier)
            truth.pageViews += messages.count { $0.type == "page" }
            for purchase in messages where purchase.event == "purchase" {
                truth.purchases += 1
                let cents = (purchase.properties?.revenue ?? 0) * 100
                let currency = purchase.properties?.currency ?? ""
                truth.revenueInCents[currency, default: 0] += NSDecimalNumber(decimal: cents).intValue
            }
        }
        truth.persons = persons.count
        return truth
    }
}
