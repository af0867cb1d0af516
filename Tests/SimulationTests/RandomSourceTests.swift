import Testing

@testable import Simulation

@Suite("Random numbers")
struct RandomSourceTests {
    @Test("The bits are those of xoshiro256** seeded by SplitMix64")
    func bits() {
        var zero = RandomSource(seed: 0)
        #expect(
            (0..<4).map { _ in zero.next() } == [
                0x99ec_5f36_cb75_f2b4, 0xbf6e_1f78_4956_452a, 0x1a5f_849d_4933_e6e0, 0x6aa5_94f1_262d_2d2c,
            ]
        )
        var other = RandomSource(seed: 42)
        #expect(
            (0..<4).map { _ in other.next() } == [
                0x1578_0b2e_0c2e_c716, 0x6104_d986_6d11_3a7e, 0xae17_5332_39e4_99a1, 0xecb8_ad47_03b3_60a1,
            ]
        )
    }

    @Test("Whole numbers stay within their bounds and reach every one")
    func bounds() {
        var random = RandomSource(seed: 1)
        var counts = [Int](repeating: 0, count: 7)
        for _ in 0..<70_000 { counts[random.below(7)] += 1 }
        #expect(counts.allSatisfy { (9_500...10_500).contains($0) }, "\(counts)")
        #expect((0..<1_000).allSatisfy { _ in (3...5).contains(random.value(in: 3...5)) })
    }

    @Test("Exponential numbers have their mean and are memoryless")
    func exponential() {
        var random = RandomSource(seed: 2)
        let numbers = (0..<100_000).map { _ in random.exponential(mean: 10_000) }
        let mean = numbers.reduce(0, +) / numbers.count
        #expect((9_850...10_150).contains(mean))
        // 1/e of them are above the mean, 1/e of those above twice the mean.
        let above = numbers.count { $0 > 10_000 }
        let farAbove = numbers.count { $0 > 20_000 }
        #expect((36_000...37_600).contains(above))
        #expect((12_900...14_200).contains(farAbove))
    }

    @Test("Positions come as often as their weights say")
    func weights() {
        var random = RandomSource(seed: 3)
        var counts = [0, 0, 0]
        for _ in 0..<40_000 { counts[random.position(weights: [1, 0, 3], total: 4)] += 1 }
        #expect(counts[1] == 0 && (9_600...10_400).contains(counts[0]))
    }
}

@Suite("The agenda")
struct AgendaTests {
    @Test("Tasks come out by time, and those of one time as they came in")
    func order() {
        var random = RandomSource(seed: 4)
        var agenda = Agenda()
        let times = (0..<2_000).map { _ in Int64(random.below(100)) }
        for (number, time) in times.enumerated() { agenda.add(.step(number), at: time) }
        let expected = times.indices.sorted { (times[$0], $0) < (times[$1], $1) }
        var found: [Int] = []
        while case .step(let number)? = agenda.removeFirst()?.task { found.append(number) }
        #expect(found == expected)
        #expect(agenda.nextTime == nil)
    }
}
