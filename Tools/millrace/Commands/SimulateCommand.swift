import ArgumentParser
import Gzip
import LocalFilesPlugin
import PipelineCore
import Simulation

struct SimulateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract: "Write the traffic of a web shop that does not exist, to try a pipeline on.",
        discussion: """
            The same seed gives the same bytes. The files are NDJSON in Segment's form, one a day; a \
            source reads them with `format: ndjson` and `events: segment`.

            EXAMPLES
              millrace simulate --output drop
              millrace simulate --output drop --days 7 --events 100000 --seed 7
            """
    )

    @Option(help: "The directory to write into.")
    var output: String
    @Option(parsing: .unconditional, help: "How many days.")
    var days = 28
    @Option(parsing: .unconditional, help: "About how many events in all.")
    var events = 50_000
    @Option(parsing: .unconditional, help: "Any whole number from 0; another one gives other traffic.")
    var seed: UInt64 = 1
    @Option(help: "The first day, as YYYY-MM-DD.")
    var start = "2026-09-01"
    @Flag(help: "Do not compress.")
    var plain = false

    func validate() throws {
        if days < 1 || days > 3660 { throw ValidationError("--days must be from 1 to 3660.") }
        if events < 1 || events > 1_000_000_000 { throw ValidationError("--events must be from 1 to 1000000000.") }
        if Timestamp(day: start) == nil { throw ValidationError("--start must be a day such as 2026-09-01.") }
    }

    func run() async throws {
        guard let first = Timestamp(day: start) else { return }
        let shop = ShopSimulation(seed: seed, start: first, days: days, events: events)
        let truth: ShopTruth
        do {
            truth = try await shop.write(
                to: LocalObjectStore(root: output),
                under: "",
                coding: plain ? nil : GzipCoding(),
                progress: TerminalProgress.standard()
            )
        } catch var error as PipelineError {
            error.operation = "writing traffic to \(output)"
            error.hint = "name a directory that can be written and has room, with --output"
            throw error
        }
        print("\(output): \(counted(days, "day")), \(counted(truth.events, "event"))")
        print("  sent again: \(grouped(Int64(truth.duplicates))), sent late: \(grouped(Int64(truth.lateEvents)))")
    }
}

extension Timestamp {
    /// Midnight, UTC, of a day written `YYYY-MM-DD`.
    init?(day: String) {
        let parts = day.split(separator: "-", omittingEmptySubsequences: false).compactMap { Int($0) }
        guard parts.count == 3, day.count == 10, (1970...2199).contains(parts[0]), (1...12).contains(parts[1]),
            (1...31).contains(parts[2])
        else { return nil }
        // Days from civil, by the algorithm of the proleptic Gregorian calendar, with years that begin in March.
        let year = parts[1] <= 2 ? parts[0] - 1 : parts[0]
        let era = year / 400
        let month = (parts[1] + 9) % 12
        let dayOfYear = (153 * month + 2) / 5 + parts[2] - 1
        let dayOfEra = (year % 400) * 365 + year % 400 / 4 - year % 400 / 100 + dayOfYear
        self.init(microseconds: Int64(era * 146_097 + dayOfEra - 719_468) * 86_400_000_000)
        guard description.hasPrefix(day) else { return nil }
    }
}
