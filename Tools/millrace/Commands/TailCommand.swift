import ArgumentParser
import Foundation
import PipelineCore
import PipelineRuntime
import Synchronization

struct TailCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tail",
        abstract: "Show events as they arrive at the collectors of this machine.",
        discussion: """
            Reads what a running `millrace serve` has acknowledged, from now on. Filters are \
            PATH=VALUE, all of which must hold; a path goes into objects by points, and PATH= finds \
            what lacks it.

            EXAMPLES
              millrace tail
              millrace tail type=track event="Order Completed"
              millrace tail source=web-app context.page.path=/checkout
              millrace tail --json --limit 10
            """
    )

    @OptionGroup var config: ConfigOption
    @Argument(help: "What must hold, as PATH=VALUE.")
    var filters: [String] = []
    @Flag(help: "Print events as they are kept, one JSON object a line.")
    var json = false
    @Option(help: "End after so many events.")
    var limit: Int?

    func validate() throws {
        if let limit, limit < 1 { throw ValidationError("--limit must be at least 1.") }
        if let wrong = filters.first(where: { EventFilter($0) == nil }) {
            throw ValidationError("'\(wrong.onOneLine)' is no filter; write PATH=VALUE, such as type=track.")
        }
    }

    func run() async throws {
        let printer = EventPrinter(filters: filters.compactMap { EventFilter($0) }, isJSON: json, limit: limit)
        do {
            try await config.pipeline().tail { try printer.print($0) }
        } catch is EventPrinter.HasPrintedAll {}
    }
}

/// Prints the events that pass, one a line.
private final class EventPrinter: Sendable {
    /// As many as were wanted.
    struct HasPrintedAll: Error {}

    private let filters: [EventFilter]
    private let isJSON: Bool
    private let left: Mutex<Int?>

    init(filters: [EventFilter], isJSON: Bool, limit: Int?) {
        self.filters = filters
        self.isJSON = isJSON
        left = Mutex(limit)
    }

    func print(_ lines: [UInt8]) throws {
        for line in lines.split(separator: UInt8(ascii: "\n")) {
            guard let event = try? JSONDecoder().decode(EventValue.self, from: Data(line)),
                filters.allSatisfy({ $0.matches(event) })
            else { continue }  // What cannot be read is told with the dead letters.
            try left.withLock { left in
                try standardOutput((isJSON ? Array(line) : Array(event.line.utf8)) + [UInt8(ascii: "\n")])
                guard let count = left else { return }
                left = count - 1
                if count == 1 { throw HasPrintedAll() }
            }
        }
    }
}
