import Foundation
import PipelineCore
import Testing

@Suite("Small text files")
struct TextFileTests {
    private func problem(_ path: String, limit: Int = 100) -> String? {
        do {
            _ = try TextFile.read(path, limit: limit)
            return nil
        } catch {
            return error.problem
        }
    }

    @Test("A regular file is read whole, also one that says it is empty")
    func reads() throws {
        let path = NSTemporaryDirectory() + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: path) }
        let bytes = [UInt8](repeating: 7, count: 200_000)
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        #expect(try TextFile.read(path, limit: 200_000) == bytes)
        #expect(problem(path, limit: 199_999)?.hasPrefix("is larger than") == true)
        #expect(try !TextFile.read("/proc/self/status", limit: 100_000).isEmpty)
        #expect(problem("/proc/self/status", limit: 10)?.hasPrefix("is larger than") == true)
    }

    @Test("What is no file is refused with a reason, and a pipe without waiting for its writer")
    func refuses() throws {
        #expect(problem("/nowhere/x") == "does not exist")
        #expect(problem("/etc/passwd/x") == "does not exist")
        #expect(problem("/tmp") == "is a directory, not a file")
        #expect(problem("/dev/zero") == "is not a regular file")
        let path = NSTemporaryDirectory() + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: path) }
        let isMade = unsafe mkfifo(path, 0o600) == 0
        try #require(isMade)
        #expect(problem(path) == "is not a regular file")
    }
}
