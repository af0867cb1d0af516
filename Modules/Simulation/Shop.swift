internal import PipelineCore

/// The simulated world: who comes when, who is in the shop, what is under way to the collector.
///
/// Its memory follows the number of people who are about to come back or are there at one time, not the events.
struct Shop: Sendable {
    /// Nothing happens later than this before the end, so that everything arrives in time.
    private static let margin: Int64 = 10_000
    private static let chunkSize = 256 * 1024
    private static let sessionGap = 30 * Clock.minute

    let start: Int64
    private let end: Int64
    private var traffic: Traffic
    private var random: RandomSource
    private var agenda = Agenda()
    private var visits = Slots<Visit>()
    private var absent = Slots<Visitor>()
    private var underway = Slots<[UInt8]>()
    /// The market of each account.
    private var accounts: [UInt8] = []
    private var writer = MessageWriter()
    private var output: [UInt8] = []
    private(set) var truth = ShopTruth()

    /// How many visits, visitors and lines are held in memory.
    var held: Int { visits.count + absent.count + underway.count }

    init(_ simulation: ShopSimulation) {
        start = simulation.start.milliseconds / Clock.day * Clock.day
        end = start + Int64(simulation.days) * Clock.day
        traffic = Traffic(start: start, visitorsPerDay: simulation.visitorsPerDay)
        random = RandomSource(seed: simulation.seed)
        agenda.add(.arrival, at: traffic.nextArrival(&random))
        let monitor = Visitor.bot(kind: 0, &random)
        agenda.add(.comeback(absent.add(monitor)), at: start + 2 * Clock.minute)
    }

    /// Simulates until a chunk of lines is full or the time is reached; nil where no line is left before that time.
    mutating func nextChunk(before limit: Int64) -> [UInt8]? {
        while output.count < Self.chunkSize, let time = agenda.nextTime, time < limit {
            guard let (time, task) = agenda.removeFirst() else { break }
            switch task {
            case .arrival:
                if time < end - Self.margin { arrive(at: time, limit) }
            case .comeback(let slot):
                if let visitor = absent.remove(slot) { begin(visitor, at: time, limit) }
            case .step(let slot):
                if let visit = visits.remove(slot) { proceed(visit, at: time, limit) }
            case .delivery(let slot):
                if let line = underway.remove(slot) { output += line }
            }
        }
        guard !output.isEmpty else { return nil }
        defer { output = [] }
        return output
    }

    private mutating func arrive(at time: Int64, _ limit: Int64) {
        agenda.add(.arrival, at: traffic.nextArrival(&random))
        if random.chance(perMille: 12) {
            begin(.bot(kind: random.value(in: 1...Device.bots.count - 1), &random), at: time, limit)
            return
        }
        // Now and then a customer's other device.
        let account = !accounts.isEmpty && random.chance(perMille: 90) ? random.below(accounts.count) : nil
        let market = account.map { Int(accounts[$0]) }
        begin(.person(account: account, market: market, &random), at: time, limit)
    }

    private mutating func begin(_ newcomer: Visitor, at time: Int64, _ limit: Int64) {
        var visitor = newcomer
        let isReturning = visitor.visits > 0
        visitor.visits += 1
        let isAway = visitor.device.isMobile && random.chance(perMille: 250)
        let address = isAway ? Market.all[visitor.market].address(&random) : visitor.address
        let channel =
            isReturning
            ? random.position(weights: Channel.returningWeights, total: Channel.totalReturningWeight)
            : random.position(weights: Channel.weights, total: Channel.totalWeight)
        let isMonitor = visitor.isBot && visitor.device.weight == 0
        let first: Visit.Step =
            if isMonitor { .home } else if visitor.isBot { .product } else {
                [.home, .home, .home, .list, .list, .product, .product][random.below(7)]
            }
        var visit = Visit(
            visitor,
            landing: visitor.isBot ? .direct : Landing(Channel.all[channel], &random),
            surroundings: MessageWriter.surroundings(of: visitor, address: address),
            first: first,
            &random
        )
        visit.botPages = isMonitor ? .max : visitor.isBot ? random.value(in: 3...40) : 0
        if visitor.device.isMobile, !visitor.isBot, random.chance(perMille: 25) {
            visit.disconnection = time + Int64(random.below(120_000))
            visit.reconnection = time + Clock.hour + Int64(min(random.exponential(mean: 72_000_000), 432_000_000))
        }
        proceed(visit, at: time, limit)
    }

    /// Lets the visit's step happen and decides how it goes on.
    private mutating func proceed(_ current: Visit, at time: Int64, _ limit: Int64) {
        var visit = current
        happen(&visit, at: time, limit)
        if let pause = visit.advance(&random) {
            if time + Int64(pause) < end - Self.margin { agenda.add(.step(visits.add(visit)), at: time + Int64(pause)) }
        } else if !visit.visitor.isBot {
            leave(visit.visitor, at: time)
        }
    }

    private mutating func leave(_ visitor: Visitor, at time: Int64) {
        guard random.chance(perMille: visitor.visits == 1 ? 320 : 480) else { return }
        let pause =
            switch random.below(10) {
            case 0..<3: Clock.hour + Int64(random.exponential(mean: 10_800_000))
            case 3..<8: 16 * Clock.hour + Int64(random.exponential(mean: 129_600_000))
            default: 4 * Clock.day + Int64(random.exponential(mean: 604_800_000))
            }
        if time + pause < end - Self.margin { agenda.add(.comeback(absent.add(visitor)), at: time + pause) }
    }

    /// Writes the step's message, sends it once or twice, and notes it in the truth.
    private mutating func happen(_ visit: inout Visit, at time: Int64, _ limit: Int64) {
        if visit.step == .identify { logIn(&visit.visitor) }
        note(&visit, at: time)
        let message = writer.message(&visit, at: time, order: truth.purchases, &random)
        var sent = time + Int64(random.below(1_500))
        if time >= visit.disconnection, time < visit.reconnection, visit.reconnection < end - Self.margin {
            sent = visit.reconnection + Int64(random.below(1_500))
        }
        let received = sent + Int64(random.value(in: 15...400))
        if received - time > Clock.hour { truth.lateEvents += 1 }
        send(message, at: time, sent: sent, received: received, limit)
        guard random.chance(perMille: 6) else { return }
        let wait =
            random.chance(perMille: 800) ? random.value(in: 1_000...30_000) : random.value(in: 60_000...21_600_000)
        guard received + Int64(wait) < end - Self.margin else { return }
        truth.duplicates += 1
        let again = received + Int64(wait)
        send(message, at: time, sent: again, received: again + Int64(random.value(in: 15...400)), limit)
    }

    private mutating func send(_ message: [UInt8], at time: Int64, sent: Int64, received: Int64, _ limit: Int64) {
        let line = writer.finish(message, sent: sent, received: received)
        truth.lines += 1
        // What arrives within two seconds is written at once: no real log keeps a stricter order of arrival.
        if received < limit, received - time < 2_000 {
            output += line
        } else {
            agenda.add(.delivery(underway.add(line)), at: received)
        }
    }

    private mutating func logIn(_ visitor: inout Visitor) {
        if visitor.account == nil {
            visitor.account = accounts.count
            accounts.append(UInt8(visitor.market))
        } else if !visitor.isLoggedIn {
            truth.persons -= 1
        }
        visitor.isLoggedIn = true
    }

    private mutating func note(_ visit: inout Visit, at time: Int64) {
        truth.events += 1
        guard !visit.visitor.isBot else {
            truth.botEvents += 1
            return
        }
        if let lastSeen = visit.visitor.lastSeen {
            if time - lastSeen > Self.sessionGap { truth.sessions += 1 }
        } else {
            truth.visitors += 1
            truth.persons += 1
            truth.sessions += 1
        }
        visit.visitor.lastSeen = time
        if visit.step.isPage { truth.pageViews += 1 }
        if visit.step == .purchase {
            truth.purchases += 1
            truth.revenueInCents[Market.all[visit.visitor.market].currency.rawValue, default: 0] += visit.total
        }
    }
}
