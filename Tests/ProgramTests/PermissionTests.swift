import ConnectorTesting
import Foundation
import Glibc
import Testing

/// Places that the program may not use.
///
/// Nothing is forbidden to root, so as root the program runs as nobody.
@Suite struct PermissionTests {
    private let shop: Shop
    private let millrace: Program

    init() throws {
        shop = try Shop()
        guard getuid() == 0 else {
            millrace = shop.millrace
            return
        }
        // The folder of the build may be closed to nobody.
        let copy = shop.folder.path("millrace")
        try FileManager.default.copyItem(atPath: Program.built, toPath: copy)
        millrace = Program(directory: shop.folder.path, user: 65_534, path: copy)
        for path in [shop.folder.path, shop.folder.path("drop"), shop.folder.path("sql")] {
            #expect(unsafe chmod(path, 0o777) == 0)
        }
    }

    private func makeUnwritable(_ name: String) throws {
        try FileManager.default.createDirectory(atPath: shop.folder.path(name), withIntermediateDirectories: true)
        #expect(unsafe chmod(shop.folder.path(name), 0o555) == 0)
    }

    @Test("A state directory that cannot be written is named, with what to do")
    func closedState() async throws {
        try makeUnwritable(".millrace")
        let answer = try await millrace("run")
        #expect(answer.code == 1)
        #expect(answer.errors.contains("\(shop.folder.path)/.millrace/control.sqlite cannot be used"))
        #expect(answer.errors.contains("set `state:` to another"), "\(answer.errors)")
    }

    @Test("A state directory that cannot be made is named, with what to do")
    func noState() async throws {
        try makeUnwritable("closed")
        try shop.folder.write("state: closed/state\n" + Shop.config, to: "millrace.yaml")
        let answer = try await millrace("run")
        #expect(answer.code == 1)
        #expect(answer.errors.contains("closed/state is not there and cannot be made"), "\(answer.errors)")
    }

    @Test("The doctor names a lake that cannot be made or written", arguments: ["closed", "closed/lake", "file/lake"])
    func doctorsLake(_ path: String) async throws {
        try makeUnwritable("closed")
        try shop.folder.write("", to: "file")
        let config = Shop.config.replacing("path: lake }", with: "path: \(path) }")
        try shop.folder.write(config, to: "millrace.yaml")
        let answer = try await millrace("doctor")
        #expect(answer.code == 1)
        #expect(
            answer.lines.contains { $0.hasPrefix("lake ") && $0.contains("problem") && $0.contains(shop.folder.path) },
            "\(answer.output)"
        )
    }

    @Test("A lake that cannot be written is named, with what to do")
    func closedLake() async throws {
        try makeUnwritable("lake")
        let answer = try await millrace("run", "orders")
        #expect(answer.code == 1)
        #expect(answer.output.contains("lake"), "\(answer.output)")
        #expect(answer.output.contains("give the user that runs this program access"), "\(answer.output)")
    }

    @Test("A source file that cannot be read is named, with what to do; other sources go on")
    func closedFile() async throws {
        #expect(unsafe chmod(shop.folder.path("drop/clicks.csv"), 0) == 0)
        let answer = try await millrace("run", "clicks", "orders")
        #expect(answer.code == 1)
        let line = answer.lines.first { $0.contains("clicks") } ?? ""
        #expect(line.contains("failed: ") && line.contains("drop/clicks.csv") && line.contains("("), "\(answer.output)")
        #expect(answer.output.contains("1 file, 2 rows = 2 into orders + 0 rejected"))
    }
}
