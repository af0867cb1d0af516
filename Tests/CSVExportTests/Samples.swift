import CSVExportPlugin
import Foundation
import PipelineCore

/// A folder that tests export to.
struct Export {
    static let header = DeliveryHeader(
        pipeline: "shop",
        run: RunID(rawValue: "run-1"),
        startedAt: Timestamp(microseconds: 1_795_246_277_123_456),
        timezone: "Europe/Warsaw"
    )

    let folder: TemporaryFolder
    let options: CSVOptions
    var path: String { folder.path }
    var sink: CSVSink { CSVSink(path: folder.path, options: options) }

    init(_ flavor: CSVFlavor, escapesFormulas: Bool = false, partSize: Int? = nil, share: String? = nil) throws {
        self.init(
            try TemporaryFolder(),
            CSVOptions(flavor: flavor, escapesFormulas: escapesFormulas, partSize: partSize, folder: share)
        )
    }

    init(_ folder: TemporaryFolder, _ options: CSVOptions) {
        self.folder = folder
        self.options = options
    }

    func deliver(_ datasets: (DatasetDefinition, String)...) async throws {
        let delivery = try await sink.begin(Self.header)
        do {
            for (definition, csv) in datasets {
                let chunk = RowChunk(bytes: Array(csv.utf8), rowCount: Self.rowCount(csv))
                _ = try await delivery.stage(definition, rows: ArrayStream([chunk]))
            }
            try await delivery.commit()
        } catch {
            await delivery.abort()
            throw error
        }
    }

    /// Line feeds outside quotes.
    private static func rowCount(_ csv: String) -> Int {
        csv.utf8.reduce(into: (rows: 0, isQuoted: false)) { state, byte in
            if byte == UInt8(ascii: "\"") { state.isQuoted.toggle() }
            if byte == UInt8(ascii: "\n"), !state.isQuoted { state.rows += 1 }
        }.rows
    }

    /// The names of the files that are there, sorted.
    func files() throws -> [String] { try folder.contents().keys.sorted() }
}

extension DatasetDefinition {
    static let visits = DatasetDefinition(
        name: "visits",
        summary: "One row is a day's visits from a place.",
        schema: Schema([
            Field("date", .date, isNullable: false, description: "The day"),
            Field("country", .varchar, description: "ISO 3166-1 alpha-2"),
            Field("city", .varchar, description: "The city's <name> | \"in English\""),
            Field("started_at", .timestamptz, description: "When the first visit began"),
            Field("visits", .bigint, isNullable: false, description: "How many"),
            Field("bounce_rate", .double, description: "Share of visits\nthat were bounces"),
            Field("avg_session_seconds", .double), Field("revenue", .decimal(precision: 18, scale: 2)),
            Field("is_holiday", .boolean), Field("step", .integer, description: "Numbers the step"),
        ]),
        key: ["date", "country", "step"]
    )

    static let notes = DatasetDefinition(
        name: "notes",
        summary: "One row is a note.",
        schema: Schema([Field("id", .bigint, isNullable: false), Field("note", .varchar)]),
        key: ["id"]
    )
}

/// Rows of ``DatasetDefinition/visits``.
let visitRows = """
    2026-11-21,NA,Windhoek,2026-11-21 07:31:17.123456+00,3,0.5,12.25,19.90,false,1
    2026-11-22,PL,"Łódź, ""PL\""",2026-11-22 00:00:00+00,-4,nan,inf,-0.05,true,2
    0001-01-01,,"two
    lines",,0,,-inf,,,3

    """
