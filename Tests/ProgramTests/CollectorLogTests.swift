import ConnectorTesting
import Foundation
import Glibc
import Subprocess
import Testing

@Suite("What a collector keeps in its log", .serialized) struct CollectorLogTests {
    @Test("Where one of two collectors cannot start, serve ends at once and says why")
    func halfStarted() async throws {
        let site = try CollectorSite()
        let taken = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(taken) }
        let other = try freePort(boundTo: taken)
        try site.folder.write(
            """
            lake: { use: local, path: lake }
            sources:
              web: { use: http, listen: "127.0.0.1:\(site.port)", write_keys: { web: k } }
              app: { use: http, listen: "127.0.0.1:\(other)", write_keys: { app: l } }
            """,
            to: "millrace.yaml"
        )
        let answer = try await site.millrace("serve", stoppedBy: .kill, after: .seconds(15))
        #expect(answer.code == 2 && answer.errors.contains("127.0.0.1:\(other) cannot be listened on"), "\(answer)")
    }

    @Test("Status and doctor know what a stopped collector's log holds, until a run has taken it")
    func waiting() async throws {
        let shop = try CollectorSite()
        _ = try await shop.serving {
            #expect(await shop.send(1...3) == 200)
            #expect(await shop.send(4...4) == 200)
            let busy = try await shop.status()
            #expect(busy == "nothing: up to date; 4 events in the collector's log, which it lands itself")
        }
        #expect(try await shop.status() == "4 events in the collector's log")
        let doctor = try await shop.millrace("doctor")
        #expect(doctor.lines.contains { $0.hasPrefix("sources.web ") && $0.contains("4 events wait") }, "\(doctor)")
        #expect(try await shop.count() == "n\n4\n")
        #expect(try await shop.status() == "nothing: up to date")
    }

    @Test("Events that have landed wait for a run, and status says how many beside a collector too")
    func landed() async throws {
        let shop = try CollectorSite("land_every: 100ms")
        _ = try await shop.serving {
            #expect(await shop.send(1...3) == 200)
            try await shop.becomes("the log is empty") { shop.waiting == 0 }
            #expect(await shop.send(4...4) == 200)
            try await shop.becomes("the log is empty") { shop.waiting == 0 }
            #expect(try await shop.status() == "4 landed events")
        }
        try shop.configure("land_every: 1h")
        _ = try await shop.serving { #expect(await shop.send(5...6) == 200) }
        #expect(try await shop.status() == "2 events in the collector's log, 4 landed events")
        #expect(try await shop.count() == "n\n6\n")
    }

    @Test("Damage of the log is told by serve, by run, by the doctor and in the list of runs")
    func damage() async throws {
        let shop = try CollectorSite()
        func damage(at offset: Int) throws {
            let name = try #require(shop.folder.files().last { $0.hasSuffix(".log") })
            var bytes = [UInt8](try Data(contentsOf: URL(filePath: shop.folder.path(name))))
            bytes[offset < 0 ? bytes.count + offset : offset] ^= 0xFF
            try Data(bytes).write(to: URL(filePath: shop.folder.path(name)))
        }
        func fill() async throws {
            _ = try await shop.serving {
                #expect(await shop.send(1...3) == 200)
                #expect(await shop.send(4...6) == 200)
            }
        }
        func expectTold(times count: Int) async throws {
            for command in ["doctor", "runs", "status", "check"] {
                let answer = try await shop.millrace(command)
                let all = answer.output + answer.errors
                let files = all.split(whereSeparator: " ,".contains).count { $0.hasSuffix(".log.damaged") }
                #expect(files == count, "\(command): \(answer)")
                #expect(answer.code == (command == "doctor" ? 1 : 0), "\(command): \(answer)")
            }
        }
        try await fill()
        try damage(at: 44 + 40)
        let run = try await shop.millrace("run")
        #expect(run.code == 0 && run.output.contains("Warning: web: 3 events"), "\(run)")
        try await expectTold(times: 1)
        try await fill()
        try damage(at: 44 + 40)
        let served = try await shop.serving {
            #expect(await shop.metric("millrace_events_damaged_total") == "3", "before anything lands")
        }
        #expect(served.errors.contains("web: 3 events"), "\(served.errors)")
        #expect(try await shop.count() == "n\n6\n")
        try await expectTold(times: 2)
        try await fill()
        try damage(at: 10)
        let again = try await shop.serving {}
        #expect(again.errors.contains("the header of"), "\(again.errors)")
        #expect(try await shop.count() == " n\n12\n")
        try await fill()
        try damage(at: -1)
        let last = try await shop.serving {}
        #expect(last.errors.contains("bytes of the log cannot be read"), "\(last.errors)")
        #expect(try await shop.count() == " n\n15\n")
        try await expectTold(times: 3)
    }

    @Test("The log of a source that the config does not name any more is told of, as long as it holds events")
    func stranded() async throws {
        let shop = try CollectorSite()
        _ = try await shop.serving { #expect(await shop.send(1...3) == 200) }
        try shop.configure("land_every: 1h", source: "shop")
        for command in ["check", "run", "status"] {
            let answer = try await shop.millrace(command)
            let all = answer.output + answer.errors
            #expect(answer.code == 0, "\(answer)")
            #expect(all.contains(".millrace/collector/web") && all.contains("3 events"), "\(command): \(all)")
            #expect(all.contains("'web'"), "\(command): \(all)")
        }
        try shop.folder.write("lake: { use: local, path: lake }\n", to: "millrace.yaml")
        #expect(try await shop.millrace("run").output.contains("3 events"))
        try shop.configure("land_every: 1h")
        #expect(try await shop.count() == "n\n3\n")
        try shop.configure("land_every: 1h", source: "shop")
        #expect(try await shop.millrace("check").errors.isEmpty)
    }

    @Test("Serve waits, and says so, while a run lands what the log holds; another serve it refuses at once")
    func busy() async throws {
        let shop = try CollectorSite()
        _ = try await shop.serving { #expect(await shop.send(1...3) == 200) }
        let descriptor = unsafe open(shop.folder.path(".millrace/collector/web.lock"), O_RDWR)
        #expect(flock(descriptor, LOCK_EX | LOCK_NB) == 0)
        let release = Task {
            try await Task.sleep(for: .seconds(2))
            close(descriptor)
        }
        let served = try await shop.serving(stoppedBy: .terminate) {
            let second = try await shop.millrace("serve")
            #expect(second.code == 1 && second.errors.contains("collects for 'web' already"), "\(second)")
        }
        try await release.value
        #expect(served.code == 0, "\(served)")
        #expect(served.errors.split(separator: "\n").count { $0.contains("waiting") } == 1, "\(served.errors)")
    }

    @Test("A log that is full makes the collector unready until it has room, and each change is one line")
    func full() async throws {
        let shop = try CollectorSite("land_every: 100ms, log: 1MiB")
        let served = try await shop.serving(stoppedBy: .terminate) {
            // A file in the place of the raw zone: nothing lands.
            try shop.folder.write("", to: "lake/raw")
            var status = 200
            for turn in 1...60 where status == 200 { status = await shop.send(turn...turn, padding: 40_000) }
            #expect(status == 503)
            try await shop.becomes("it is not ready") { await shop.answer("/health/ready") == 503 }
            try await Task.sleep(for: .seconds(2))
            #expect(await shop.answer("/health/ready") == 503)
            try FileManager.default.removeItem(atPath: shop.folder.path("lake/raw"))
            try await shop.becomes("it is ready") { await shop.answer("/health/ready") == 200 }
            #expect(await shop.send(100...100, padding: 40_000) == 200)
            try await Task.sleep(for: .seconds(1.5))
        }
        let lines = served.errors.split(separator: "\n")
        #expect(lines.count { $0.contains("is full") } == 1, "\(served.errors)")
        #expect(lines.count { $0.contains("are stored again") } == 1, "\(served.errors)")
        #expect(lines.count { $0.contains("do not land") } == 1, "\(served.errors)")
        #expect(lines.count { $0.contains("lands again") } == 1, "\(served.errors)")
    }

    @Test("A log that is smaller than two segments lands early enough to take all that comes")
    func smallLog() async throws {
        let shop = try CollectorSite("land_every: 1h, log: 1MiB")
        _ = try await shop.serving(stoppedBy: .terminate) {
            for turn in 1...60 {
                #expect(await shop.send(turn...turn, padding: 30_000) == 200)
                try await Task.sleep(for: .milliseconds(60))
            }
        }
    }

    @Test(
        "A disk without room makes the collector unready, and ready again when there is some",
        .enabled(if: SmallDisk.isPossible, "mounting is for root")
    )
    func fullDisk() async throws {
        let shop = try CollectorSite()
        let disk = try SmallDisk(at: shop.folder.path(".millrace"), kilobytes: 8192)
        let served = try await shop.serving(stoppedBy: .terminate) {
            #expect(await shop.send(1...3) == 200)
            #expect(await shop.answer("/health/ready") == 200)
            try disk.fill()
            #expect(await shop.send(4...6, padding: 20_000) == 503)
            #expect(await shop.answer("/health/ready") == 503)
            try await Task.sleep(for: .seconds(2))
            #expect(await shop.answer("/health/ready") == 503)
            try disk.resize(kilobytes: 8192)
            try await shop.becomes("it is ready") { await shop.answer("/health/ready") == 200 }
            #expect(await shop.send(7...9) == 200)
        }
        #expect(served.code == 0, "\(served)")
        #expect(served.errors.contains("make room on the disk"), "\(served.errors)")
    }

    @Test(
        "After a failed sync the program ends, so that its service manager starts it again",
        .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/cc"), "there is no C compiler")
    )
    func failedSync() async throws {
        let shop = try CollectorSite()
        try shop.folder.write(
            """
            #include <errno.h>
            #include <stdlib.h>
            #include <sys/syscall.h>
            #include <unistd.h>
            int fsync(int descriptor) {
                const char *path = getenv("FAILING");
                if (path && access(path, F_OK) == 0) { errno = EIO; return -1; }
                return syscall(SYS_fsync, descriptor);
            }
            """,
            to: "fsync.c"
        )
        let (library, failing) = (shop.folder.path("fsync.so"), shop.folder.path("failing"))
        let compiler = try Process.run(
            URL(filePath: "/usr/bin/cc"),
            arguments: ["-shared", "-fPIC", "-o", library, shop.folder.path("fsync.c")]
        )
        compiler.waitUntilExit()
        try #require(compiler.terminationStatus == 0)
        let start = ["LD_PRELOAD=\(library)", "FAILING=\(failing)", Program.built, "serve"]
        let env = Program(directory: shop.folder.path, path: "/usr/bin/env")
        let served = try await env.start(start, stoppedBy: .kill) {
            try await shop.becomes("the collector answers") { await shop.answer("/health/live") == 200 }
            #expect(await shop.send(1...3) == 200)
            try shop.folder.write("", to: "failing")
            #expect(await shop.send(4...6) == 503)
            try await shop.becomes("it has gone") { await shop.answer("/health/live") == 0 }
            // It may take its time to end.
            try await Task.sleep(for: .seconds(2))
        }
        #expect(served.code == 1 && served.errors.contains("fsync failed"), "\(served)")
        #expect(["n\n3\n", "n\n6\n"].contains(try await shop.count()))
    }

    @Test("Who is not the collector's user reads nothing of its log")
    func permissions() async throws {
        let shop = try CollectorSite()
        _ = try await shop.serving { #expect(await shop.send(1...3) == 200) }
        _ = try await shop.serving { #expect(await shop.send(4...6) == 200) }
        let log = shop.folder.files().filter { $0.contains("collector/web/") }
        #expect(!log.isEmpty)
        for (path, mode) in log.map({ ($0, 0o600) }) + [
            (".millrace/collector/web", 0o700), (".millrace/collector", 0o700),
        ] {
            let attributes = try FileManager.default.attributesOfItem(atPath: shop.folder.path(path))
            #expect(attributes[.posixPermissions] as? Int == mode, "\(path)")
        }
    }
}
