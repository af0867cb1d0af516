import CollectorTesting
import ConnectorTesting
import Foundation
import Glibc
import MillraceClient
import Testing

@Suite("A client that is killed")
struct KilledClientTests {
    private static let program: URL = {
        let executable = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        return URL(filePath: executable ?? "").deletingLastPathComponent().appending(path: "TrackingProgram")
    }()

    /// Starts a program that tracks numbers from `first` on, and says in a file what it has tracked.
    private func start(_ folder: ClientFolder, port: Int, from first: Int) throws -> Process {
        try folder.scratch.write("", to: "tracked")
        let process = Process()
        process.executableURL = Self.program
        process.arguments = ["http://127.0.0.1:\(port)", folder.directory, String(first), "1000000"]
        process.standardOutput = try FileHandle(forWritingTo: URL(filePath: folder.scratch.path("tracked")))
        try process.run()
        return process
    }

    private func tracked(_ folder: ClientFolder) throws -> [Int] {
        try folder.scratch.read("tracked").split(separator: "\n").compactMap { Int($0) }
    }

    @Test("All that was tracked arrives in order, though client and collector die in the middle of work")
    func killed() async throws {
        let port = try await RunningCollector.freePort()
        let collector = try RunningCollector(port: port)
        let folder = try ClientFolder()
        var tracked: [Int] = []
        for round in 0..<3 {
            let process = try start(folder, port: port, from: (tracked.last ?? -2) + 2)
            try await collector.serving { _ in try await Task.sleep(for: .milliseconds(300)) }
            try await Task.sleep(for: .milliseconds(100))
            try await collector.serving { _ in
                try await Task.sleep(for: .milliseconds(700 + 37 * round))
                kill(process.processIdentifier, SIGKILL)
            }
            process.waitUntilExit()
            let more = try self.tracked(folder)
            #expect(more.count > 100)
            tracked += more
        }
        try await collector.serving { address in
            let isSent = try await folder.client(address).flush()
            #expect(isSent)
        }
        let landed = try await collector.landed(as: ClientFolder.Landed.self)
        let numbers = landed.distinct.numbers
        #expect(numbers == numbers.sorted() && Set(numbers).count == numbers.count)
        // The last one of a killed process may be there though it did not come to say so.
        #expect(Set(numbers).isSuperset(of: tracked) && numbers.count <= tracked.count + 3)
        print("killed three times: \(tracked.count) tracked, \(landed.count) received, \(numbers.count) distinct")
    }
}
