import Foundation
import MillraceClient

// Tracks numbered events and sends them until somebody kills it: TrackingProgram URL DIRECTORY FIRST COUNT
let arguments = CommandLine.arguments
guard arguments.count == 5, let url = URL(string: arguments[1]), let first = Int(arguments[3]),
    let count = Int(arguments[4])
else { exit(2) }

var options = Millrace.Options()
options.flushInterval = .milliseconds(20)
options.batchCount = 10
let millrace = try Millrace(url: url, writeKey: "k1", directory: arguments[2], options: options)

await withTaskGroup(of: Void.self) { group in
    group.addTask { await millrace.run() }
    group.addTask {
        for number in first..<first + count {
            millrace.track("Counted", ["number": .integer(Int64(number))])
            // Whoever reads this knows that the event must arrive.
            FileHandle.standardOutput.write(Data("\(number)\n".utf8))
            if number % 20 == 0 { try? await Task.sleep(for: .milliseconds(10)) }
        }
    }
    await group.waitForAll()
}
