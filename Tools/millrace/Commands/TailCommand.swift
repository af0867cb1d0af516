import ArgumentParser
import PipelineCore
import PipelineRuntime
import Synchronization

struct TailCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tail",
        abstract: "Show events as they arrive at the collectors of this machine.",
        discussion: """
            Reads what a running `millrace serve` writes, from now on: an event may be shown some \
            milliseconds before its sender is told that it is stored. Filters are PATH=VALUE, all of \
            which must hold; a path goes into objects by points and into lists by positions from 0, \
            numbers are compared as they were sent, and PATH= finds what lacks it. Where no \
            `serve` runs it says so and waits for one; Ctrl-C ends it.

            EXAMPLES
              millrace tail
              millrace tail type=track event="Order Completed"
              millrace tail source=web-app context.page.path=/checkout
              millrace tail properties.products.0.sku=A1
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
        let pipeline = try config.pipeline()
        let watching = Task { try await Self.watch(pipeline) }
        defer { watching.cancel() }
        do {
            try await pipeline.tail { try printer.print($0) }
        } catch is EventPrinter.HasPrintedAll {
        } catch is CancellationError {}  // That is how it ends.
    }
}

extension TailCommand {
    /// Says when nobody is there for events to come to, and when somebody is again.
    private static func watch(_ pipeline: Pipeline) async throws {
        var wasServed = true
        while true {
            let isServed = pipeline.isServed
            if wasServed, !isServed { standardError("millrace: no collector runs; tail waits for `millrace serve`") }
            if !wasServed, isServed { standardError("millrace: a collector runs") }
            wasServed = isServed
            try await Task.sleep(for: .milliseconds(200))
        }
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
            // What cannot be read has nothing that a filter could find, and is shown as it is.
            let event = EventReader.read(line) ?? .text(String(decoding: line, as: UTF8.self))
            guard filters.allSatisfy({ $0.matches(event) }) else { continue }
            try left.withLock { left in
                try standardOutput((isJSON ? Array(line) : Array(event.line.utf8)) + [UInt8(ascii: "\n")])
                guard let count = left else { return }
                left = count - 1
                if count == 1 { throw HasPrintedAll() }
            }
        }
    }
}
