import PipelineCore
import Testing

@Suite("Types of config values")
struct ConfigurationTypeTests {
    @Test("Text is any scalar that is not empty")
    func text() {
        for word in ["a", "2024", "1.10", "true", " "] {
            #expect(reading(.text(example: "x"), Sample.scalar(word)).value == word)
        }
        #expect(
            reading(.text(example: "x"), Sample.scalar("", isQuoted: true)).issues == [
                "f:1:1: key: '' is not text (such as: x)"
            ]
        )
        let nothing = ConfigurationNode(.null, at: ConfigurationMark(line: 2, column: 3))
        #expect(reading(.text(example: "x"), nothing).issues == ["f:2:3: key: nothing where text belongs (such as: x)"])
    }

    @Test(
        "A whole number has limits and no quotes",
        arguments: ["0", "11", "1.0", "x", "", "0x5", "99999999999999999999"]
    )
    func integer(_ wrong: String) {
        let type = ConfigurationType<Int>.integer(in: 1...10, example: 4)
        #expect(reading(type, Sample.scalar("10")).value == 10)
        #expect(reading(type, Sample.scalar(wrong)).value == nil)
        #expect(reading(type, Sample.scalar(wrong)).issues.count == 1)
    }

    @Test("Quotes make text of a number, but a reference is always text")
    func quotes() {
        let type = ConfigurationType<Int>.integer(in: 1...10, example: 4)
        #expect(
            reading(type, Sample.scalar("4", isQuoted: true)).issues == [
                "f:1:1: key: text in quotes is not a whole number from 1 to 10 (write it without quotes, such as: 4)"
            ]
        )
        #expect(reading(type, Sample.scalar("4", isQuoted: true, isReference: true)).value == 4)
        #expect(reading(.boolean, Sample.scalar("true", isQuoted: true)).value == nil)
    }

    @Test("What a reference supplied is not shown")
    func referenceIsHidden() {
        let node = Sample.scalar("hunter2", isReference: true)
        let types: [(ConfigurationNode) -> [String]] = [
            { reading(.integer(in: 1...2, example: 1), $0).issues }, { reading(.boolean, $0).issues },
            { reading(.choice(["a", "b"]), $0).issues }, { reading(.timeZone, $0).issues },
            { reading(.duration(example: "5m"), $0).issues }, { reading(.bytes(example: "4GB"), $0).issues },
        ]
        for issues in types.map({ $0(node) }) {
            #expect(issues.count == 1)
            #expect(!issues.joined().contains("hunter2"))
        }
    }

    @Test(
        "Durations are a number and one unit",
        arguments: [
            ("500ms", 500), ("30s", 30_000), ("1.5h", 5_400_000), ("7d", 604_800_000), ("2w", 1_209_600_000), ("0s", 0),
        ] as [(String, Int64)]
    )
    func durations(_ text: String, _ milliseconds: Int64) {
        #expect(reading(.duration(example: "5m"), Sample.scalar(text)).value == .milliseconds(milliseconds))
    }

    @Test(
        "What is no duration is refused",
        arguments: ["", "5", "m", "5 m", "-5m", "1h30m", ".5h", "5.h", "1e3s", "5M", "٣s", "9999999999s"]
    )
    func noDurations(_ text: String) {
        #expect(reading(.duration(example: "5m"), Sample.scalar(text)).value == nil)
    }

    @Test("Durations and amounts have limits, which the message names")
    func limits() {
        let gap = ConfigurationType<Duration>.duration(example: "5m", from: "1s", to: "1d")
        #expect(reading(gap, Sample.scalar("24h")).value == .seconds(86_400))
        for text in ["0s", "25h", "999999999w"] {
            let unit = "a duration from 1s to 1d (a number and ms, s, m, h, d or w)"
            #expect(reading(gap, Sample.scalar(text)).issues == ["f:1:1: key: '\(text)' is not \(unit) (such as: 5m)"])
        }
        #expect(reading(.duration(example: "5m"), Sample.scalar("3661d")).value == nil)
        let memory = ConfigurationType<Int64>.bytes(example: "4GB", from: "128MB")
        #expect(reading(memory, Sample.scalar("128MB")).value == 128_000_000)
        #expect(
            reading(memory, Sample.scalar("4")).issues == [
                "f:1:1: key: '4' is not an amount of memory or disk of at least 128MB (such as: 4GB)"
            ]
        )
    }

    @Test(
        "Bytes are a number with a decimal or binary unit",
        arguments: [
            ("1000", 1000), ("1B", 1), ("4GB", 4_000_000_000), ("4 GB", 4_000_000_000), ("4G", 4_000_000_000),
            ("512MiB", 536_870_912), ("1.5KiB", 1536), ("2TiB", 2_199_023_255_552),
        ] as [(String, Int64)]
    )
    func bytes(_ text: String, _ count: Int64) {
        #expect(reading(.bytes(example: "4GB"), Sample.scalar(text)).value == count)
    }

    @Test(
        "What is no amount of bytes is refused",
        arguments: ["", "0", "-1", "GB", "4 G B", "4gb", "0.1B", "4PB", "99999999999TB", "1 0MB"]
    )
    func noBytes(_ text: String) {
        #expect(reading(.bytes(example: "4GB"), Sample.scalar(text)).value == nil)
    }

    @Test("Numbers are decimal and finite")
    func numbers() {
        #expect(reading(.number, Sample.scalar("-1.5e3")).value == -1500)
        for text in ["nan", "inf", "0x1p3", "1e999", "", "-"] {
            #expect(reading(.number, Sample.scalar(text)).value == nil, "\(text)")
        }
    }

    @Test("Names of tables are those that need no quotes in SQL")
    func datasets() {
        #expect(reading(.dataset(example: "orders"), Sample.scalar("daily_revenue_2")).value == "daily_revenue_2")
        for text in ["Orders", "2nd", "a-b", "", "ä", String(repeating: "a", count: 64)] {
            #expect(reading(.dataset(example: "orders"), Sample.scalar(text)).value == nil, "\(text)")
        }
    }

    @Test("Time zones are those that this machine knows")
    func timeZones() {
        for name in ["UTC", "Europe/Warsaw", "America/Argentina/Buenos_Aires", "Etc/GMT+5"] {
            #expect(reading(.timeZone, Sample.scalar(name)).value == name)
        }
        #expect(
            reading(.timeZone, Sample.scalar("Europe/Warszawa")).issues == [
                "f:1:1: key: 'Europe/Warszawa' is not a time zone (did you mean 'Europe/Warsaw'?)"
            ]
        )
        for name in ["../zoneinfo/UTC", "/etc/passwd", "tzdata.zi", "leapseconds", "Europe", "", "Europe/Warsaw\n"] {
            #expect(reading(.timeZone, Sample.scalar(name)).value == nil, "\(name)")
        }
    }

    @Test("A list needs its brackets, and each wrong element has its place")
    func lists() {
        let type = ConfigurationType<[Int]>.list(.integer(in: 1...9, example: 4))
        #expect(reading(type, Sample.scalar("3")).value == nil)
        #expect(
            reading(type, Sample.scalar("3")).issues == [
                "f:1:1: key: a single value where a list belongs (write [3])"
            ]
        )
        #expect(
            reading(type, Sample.scalar("3", isReference: true)).issues == [
                "f:1:1: key: a single value where a list belongs (such as: [4])"
            ]
        )
        #expect(reading(type, Sample.list(["3"])).value == [3])
        let node = Sample.list(["1", "x", "3", "y"])
        #expect(
            reading(type, node).issues == [
                "f:1:11: key[1]: 'x' is not a whole number from 1 to 9 (such as: 4)",
                "f:1:13: key[3]: 'y' is not a whole number from 1 to 9 (such as: 4)",
            ]
        )
        #expect(reading(type, node).value == nil)
    }

    @Test("A map keeps the order of the file and refuses a key that stands there twice")
    func maps() {
        let type = ConfigurationType<[KeyedValue<String>]>.map(.text(example: "x"))
        #expect(reading(type, Sample.map([("b", "1"), ("a", "2")])).value?.map(\.key) == ["b", "a"])
        #expect(
            reading(type, Sample.map([("b", "1"), ("b", "2")])).issues == [
                "f:2:1: key.b: the key stands here twice (keep one of them)"
            ]
        )
    }

    @Test("An object reads its keys and refuses others")
    func objects() {
        let type = ConfigurationType<String>.object(example: "{ a: x }") { $0.require("a", .text(example: "x"), "A") }
        #expect(reading(type, Sample.map([("a", "1")])).value == "1")
        #expect(
            reading(type, Sample.map([("a", "1"), ("b", "2")])).issues == [
                "f:2:1: key.b: unknown key (expected one of: a)"
            ]
        )
    }

    @Test("A changed type says what was expected of the value")
    func mapped() {
        let even = ConfigurationType<Int>.integer(in: 0...9, example: 4)
            .mapped(placeholder: 0, expected: "an even number") { $0 % 2 == 0 ? $0 : nil }
        #expect(reading(even, Sample.scalar("4")).value == 4)
        #expect(reading(even, Sample.scalar("5")).issues == ["f:1:1: key: this is not an even number (such as: 4)"])
    }

    @Test("A located value carries the place for later checks")
    func located() {
        let type = ConfigurationType<String>.text(example: "x").located
        let place = reading(type, Sample.scalar("a", line: 3, column: 4)).value
        #expect(place?.issue("is odd", hint: "even").description(in: "f") == "f:3:4: key: is odd (even)")
    }

    @Test("The nearest word is at most a third of its letters away")
    func nearest() {
        let words = ["clickstream", "sql", "postgres"]
        #expect(words.nearest(to: "clikcstream") == "clickstream")
        #expect(words.nearest(to: "postgress") == "postgres")
        #expect(words.nearest(to: "mongodb") == nil)
        #expect(words.nearest(to: "") == nil)
        #expect([String]().nearest(to: "x") == nil)
    }
}
