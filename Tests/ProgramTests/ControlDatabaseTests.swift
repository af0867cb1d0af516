import ConnectorTesting
import Foundation
import Testing

/// Control databases that are not as we left them.
@Suite struct ControlDatabaseTests {
    @Test(
        "A damaged control database is named, with what is lost when it is moved away; no more is lost then",
        arguments: Damage.allCases
    )
    func isDamaged(_ damage: Damage) async throws {
        let shop = try Shop()
        #expect(try await shop.millrace("run").code == 0)
        let path = shop.folder.path(".millrace/control.sqlite")
        try Data(damage.apply(to: [UInt8](Data(contentsOf: URL(fileURLWithPath: path))))).write(
            to: URL(fileURLWithPath: path)
        )
        for command in ["run", "runs", "status"] {
            let answer = try await shop.millrace(command)
            #expect(answer.code == 1)
            #expect(answer.errors.contains("\(path) cannot be used: it is damaged: "), "\(command): \(answer.errors)")
            #expect(answer.errors.contains("move it away: only the history of runs is lost"))
            #expect(answer.errors.contains("exports deliver once more"))
        }
        try FileManager.default.removeItem(atPath: path)
        let next = try await shop.millrace("run")
        #expect(next.code == 0)
        #expect(next.lines.count { $0.hasPrefix("source") && $0.hasSuffix("nothing new in 1 file") } == 2)
        #expect(next.lines.count { $0.hasPrefix("job") && $0.hasSuffix("up to date") } == 2)
        #expect(
            next.lines.contains { $0.hasPrefix("export  local") && $0.contains("2 datasets, 4 rows") },
            "\(next.output)"
        )
        #expect(try await shop.millrace("runs").lines.count == 2)
    }

    /// What may happen to a file.
    enum Damage: CaseIterable {
        case otherContent, cutShort, overwritten

        func apply(to bytes: [UInt8]) -> [UInt8] {
            switch self {
            case .otherContent: Array(repeating: UInt8(ascii: "x"), count: bytes.count)
            case .cutShort: Array(bytes.prefix(5000))
            case .overwritten: bytes.prefix(4096) + Array(repeating: 0xAA, count: bytes.count - 4096)
            }
        }
    }
}
