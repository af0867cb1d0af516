import PipelineCore
import Testing

@testable import Ingestion

@Suite("Reading again what was landed")
struct RebuildTests {
    private static func mapping(name: String) -> EventMapping {
        EventMapping(
            [
                .init(column: "user_id", value: .field("u")), .init(column: "occurred_at", value: .field("t")),
                .init(column: "name", value: .field(name)),
            ],
            keepsRest: false
        )
    }

    /// A folder with a file that has grown, one that was replaced, and broken rows.
    private func folder() async throws -> DropFolder {
        let folder = try DropFolder.events(Self.mapping(name: "wrong"), .csv)
        try folder.put("u,t,e\n1,2024-01-01 10:00,x\nbroken\n", as: "a.csv")
        try folder.put("u,t,e\n2,2024-01-01 10:00,y\n3,never,z\n", as: "b.csv")
        try await folder.run()
        try folder.append("4,2024-01-02 10:00,x\n", to: "a.csv")
        try folder.put("u,t,e\n5,2024-01-01 10:00,y\n", as: "b.csv")
        try await folder.run()
        return folder
    }

    private func run(_ folder: DropFolder, _ change: (inout IngestionOptions) -> Void, engine: (any QueryEngine)? = nil)
        async throws -> IngestionReport
    {
        var options = folder.options
        change(&options)
        let job = try folder.job(engine: engine, options: options)
        let report = try await job.run(try await job.plan())
        #expect(try await folder.job(options: options).plan().isEmpty)
        return report
    }

    private func events(_ folder: DropFolder) async throws -> [String] {
        try await folder.query("SELECT user_id, name, occurred_at, _row FROM event_log ORDER BY user_id")
    }

    private static let corrected = [
        "1,x,2024-01-01 15:00:00+00,1", "4,x,2024-01-02 15:00:00+00,3", "5,y,2024-01-01 15:00:00+00,1",
    ]

    private static func correct(_ options: inout IngestionOptions) {
        options.target = .events(mapping(name: "e"))
        options.timezone = "America/New_York"
    }

    @Test("A corrected mapping and time zone hold for what was taken before, too")
    func corrected() async throws {
        let folder = try await folder()
        let report = try await run(folder, Self.correct)
        #expect(report.accepted == 4 && report.rejected == 2, "every part is read again")
        #expect(try await events(folder) == Self.corrected)
        #expect(try await folder.query("SELECT count(*) AS n FROM dead_letters") == ["1"])
        try folder.append("6,2024-01-03 10:00,x\n", to: "a.csv")
        #expect(try await run(folder, Self.correct).accepted == 1)
    }

    @Test("Wherever reading again fails, the next run completes it")
    func failures() async throws {
        var turn = 1
        var isDone = false
        while !isDone {
            let folder = try await folder()
            let engine = FaultyEngine(folder.engine, failingAt: turn, isAfter: turn % 2 == 0)
            do {
                _ = try await run(folder, Self.correct, engine: engine)
                isDone = true
            } catch is PipelineError {}
            _ = try? await run(folder, Self.correct)
            #expect(try await events(folder) == Self.corrected, "failed at \(turn)")
            #expect(try await folder.query("SELECT count(*) AS n FROM dead_letters") == ["1"], "failed at \(turn)")
            turn += 1
        }
        #expect(turn > 5)
    }

    @Test("The rows of another source stay")
    func others() async throws {
        let folder = try await folder()
        let other = try DropFolder(folder.options)
        try other.put("u,t,e\n1,2024-01-01 10:00,x\nbroken\n", as: "a.csv")
        let job = try other.job(store: folder.store, name: "other")
        _ = try await job.run(try await job.plan())
        _ = try await run(folder, Self.correct)
        #expect(try await folder.query("SELECT count(*) AS n FROM event_log") == ["4"])
        #expect(try await folder.query("SELECT source FROM dead_letters ORDER BY source") == ["files", "other"])
    }

    @Test("A source that was renamed is told, and brings nothing twice")
    func renamed() async throws {
        let folder = try DropFolder.table(.csv)
        try folder.put("item\npen\n", as: "a.csv")
        try await folder.run()
        let renamed = try folder.job(name: "renamed", sourceNames: ["renamed"])
        let error = await #expect(throws: PipelineError.self) { try await renamed.plan() }
        #expect(error?.code == .conflict && error?.hint?.contains("'files'") == true)
        #expect(error?.description.contains("drop/a.csv") == true)
        try folder.put("item\nbook\n", as: "a.csv")
        let report = try await renamed.run(try await renamed.plan())
        #expect(report.accepted == 1)
    }
}
