import ConnectorTesting
import Foundation
import Lake
import PipelineCore
import Testing

@Suite(
    "delta-rs, which nobody here wrote",
    .enabled(if: Programs.python != nil, "MILLRACE_PYTHON names no Python with deltalake and pyarrow")
)
struct DeltaReaderTests {
    private let lake: TestLake
    private var path: String { lake.scratch.path("lake/tables/things") }

    init() throws { lake = try TestLake() }

    private static let fields: [Field] = [
        Field("id", .bigint, isNullable: false, description: "Counts from 0"), Field("flag", .boolean),
        Field("small", .integer),
        Field("ratio", .double), Field("amount", .decimal(precision: 38, scale: 9)), Field("name", .varchar),
        Field("day", .date),
        Field("at", .timestamptz), Field("numbers", .list(.bigint)),
        Field("places", .list(.structure([Field("city", .varchar), Field("since", .timestamptz)]))),
        Field(
            "nested",
            .structure([Field("a", .bigint), Field("b", .structure([Field("c", .decimal(precision: 9, scale: 2))]))])
        ),
    ]

    private static func definition(_ fields: [Field]) -> DatasetDefinition {
        DatasetDefinition(name: "things", summary: "Things. One row is one thing.", schema: Schema(fields), key: ["id"])
    }

    /// Rows with the given ids; every value follows from the id.
    private static func rows(_ ids: Range<Int>) -> String {
        """
        SELECT i AS id, i % 2 = 0 AS flag, -i AS small, CASE WHEN i % 10 <> 3 THEN i * 1.5 END AS ratio,
          12345678901234567890123456789.123456789 + i AS amount,
          'Łódź "' || i || '", ' || repeat(chr((97 + i // 100)::INTEGER), 40) || i AS name, DATE '2026-01-01' + i::INTEGER AS day,
          TIMESTAMPTZ '2026-01-01 00:00:00.123456+00' + i * INTERVAL 1 HOUR AS at, [i, NULL, i + 1] AS numbers,
          [{'city': 'Kraków', 'since': TIMESTAMPTZ '1257-06-05 12:00:00.000001+00'}] AS places,
          {'a': i, 'b': {'c': i / 4}} AS nested, 'note ' || i AS note
        FROM range(\(ids.lowerBound), \(ids.upperBound)) AS r(i)
        """
    }

    private func load(
        _ mode: TableChange.Mode,
        _ fields: [Field],
        _ files: [Range<Int>],
        cursor: Int64,
        after version: Int64?
    ) async throws {
        let run = RunID(rawValue: "run\(cursor)")
        let directory = try await lake.tables.stage("things", for: run)
        let staged = try files.enumerated().map {
            try Programs.writeParquet(Self.rows($1), to: "\(directory)/data_\($0).parquet", fields)
        }
        _ = try await lake.tables.commit(
            TableChange(
                definition: Self.definition(fields),
                mode: mode,
                files: staged,
                cursors: ["web": cursor],
                readVersion: version,
                run: run
            )
        )
        lake.advance(.seconds(60))
    }

    private struct Reading: Decodable {
        let version: Int
        let protocolVersions: [Int]
        let name, description: String
        let configuration: [String: String]
        let types: [String: String]
        let comments: [String: String?]
        let required: [String]
        let counts: [Int]
        let files: [Int]
        let sums: [Int64]
        let transactions: [Int64?]
        let operations: [[String]]
        let row: [String: String]
        let notes: [String?]
    }

    private static let readAll = """
        import json, sys
        import pyarrow.compute as pc
        from deltalake import DeltaTable
        path = sys.argv[1]
        dt = DeltaTable(path)
        versions = [DeltaTable(path, version=v) for v in range(dt.version() + 1)]
        middle = versions[1].to_pyarrow_table()
        row = middle.filter(pc.equal(middle['id'], 7)).to_pylist()[0]
        fields = json.loads(dt.schema().to_json())['fields']
        print(json.dumps({
          'version': dt.version(), 'protocolVersions': [dt.protocol().min_reader_version, dt.protocol().min_writer_version],
          'name': dt.metadata().name, 'description': dt.metadata().description, 'configuration': dt.metadata().configuration,
          'types': {f.name: str(f.type) for f in dt.to_pyarrow_table().schema},
          'comments': {f['name']: f['metadata'].get('comment') for f in fields},
          'required': [f['name'] for f in fields if not f['nullable']],
          'counts': [v.to_pyarrow_table().num_rows for v in versions], 'files': [len(v.file_uris()) for v in versions],
          'sums': [pc.sum(v.to_pyarrow_table()['id']).as_py() for v in versions],
          'transactions': [v.transaction_version('web') for v in versions],
          'operations': [[h['operation'], h['operationParameters']['mode'], h['millraceRun'], h['engineInfo']] for h in dt.history()],
          'row': {k: str(v) for k, v in row.items()}, 'notes': sorted(set(middle['note'].to_pylist()[:1] + middle['note'].to_pylist()[-1:]), key=str),
        }))
        """

    @Test("It reads every version, type, row and word of a table of ours")
    func readsOurs() async throws {
        try await load(.append, Self.fields, [0..<100, 100..<200], cursor: 3, after: nil)
        try await load(.append, Self.fields + [Field("note", .varchar)], [200..<300], cursor: 4, after: 0)
        try await load(.replace, Self.fields, [0..<50], cursor: 5, after: 1)
        let reading = try Programs.answer(Self.readAll, path, as: Reading.self)
        #expect(reading.version == 2)
        #expect(reading.protocolVersions == [1, 2])
        #expect(reading.name == "things" && reading.description == "Things. One row is one thing.")
        #expect(reading.configuration["millrace.key"] == "id")
        #expect(reading.counts == [200, 300, 50])
        #expect(reading.sums == [19_900, 44_850, 1225])
        #expect(reading.files == [2, 3, 1])
        #expect(reading.transactions == [3, 4, 5])
        #expect(reading.operations.map { $0[0] } == ["WRITE", "WRITE", "WRITE"])
        #expect(reading.operations.map { $0[1] } == ["Overwrite", "Append", "Append"])
        #expect(reading.operations.map { $0[2] } == ["run5", "run4", "run3"])
        #expect(reading.operations.allSatisfy { $0[3].hasPrefix("Millrace/") })
        #expect(reading.required == ["id"])
        #expect(reading.comments["id"] == "Counts from 0")
        #expect(reading.notes == [nil, "note 200"])
        #expect(
            reading.types == [
                "id": "int64", "flag": "bool", "small": "int32", "ratio": "double", "amount": "decimal128(38, 9)",
                "name": "string",
                "day": "date32[day]", "at": "timestamp[us, tz=UTC]", "numbers": "list<element: int64>",
                "places": "list<element: struct<city: string, since: timestamp[us, tz=UTC]>>",
                "nested": "struct<a: int64, b: struct<c: decimal128(9, 2)>>",
            ]
        )
        #expect(reading.row["amount"] == "12345678901234567890123456796.123456789")
        #expect(reading.row["at"] == "2026-01-01 07:00:00.123456+00:00")
        #expect(reading.row["name"] == "Łódź \"7\", " + String(repeating: "a", count: 40) + "7")
        #expect(reading.row["numbers"] == "[7, None, 8]")
        #expect(reading.row["places"]?.contains("datetime.datetime(1257, 6, 5, 12, 0, 0, 1") == true)
        #expect(reading.row["nested"] == "{'a': 7, 'b': {'c': Decimal('1.75')}}")
        #expect(reading.row["note"] == "None")
    }

    @Test("It skips files by our bounds, and never one that it needs")
    func skips() async throws {
        try await load(.append, Self.fields, [0..<100, 100..<200, 200..<300], cursor: 1, after: nil)
        struct Skipping: Decodable { let fragments, rows: [Int] }
        let script = """
            import json, sys, datetime, decimal
            import pyarrow.dataset as d
            from deltalake import DeltaTable
            dt = DeltaTable(sys.argv[1])
            all, f = dt.to_pyarrow_dataset(), d.field
            at = lambda n: datetime.datetime(2026, 1, 1, 0, 0, 0, 123456, datetime.timezone.utc) + datetime.timedelta(hours=n)
            name = lambda n: 'Łódź "%d", ' % n + chr(97 + n // 100) * 40 + str(n)
            tests = [f('id') == 150, f('id') > 199, f('small') <= -299, f('ratio') > 297.5, f('day') == datetime.date(2026, 1, 2),
              f('at') >= at(299), f('at') == at(99), f('at') > at(99), f('at') < at(1), f('at') <= at(200),
              f('amount') == decimal.Decimal('12345678901234567890123456799.123456789'),
              f('name') == name(0), f('name') == name(99), f('name') == name(199), f('name') > name(299), f('flag') == True, f('id') == 1000]
            table = all.to_table().to_pylist()
            rows = [len(all.to_table(filter=t)) for t in tests]
            for key, value, n in [('id', 150, 1), ('name', name(250), 1), ('at', at(17), 1)]:
              assert dt.to_pyarrow_table(filters=[(key, '=', value)]).num_rows == n
            print(json.dumps({'fragments': [len(list(all.get_fragments(filter=t))) for t in tests], 'rows': rows}))
            """
        let skipping = try Programs.answer(script, path, as: Skipping.self)
        #expect(skipping.rows == [1, 100, 1, 101 - 10, 1, 1, 1, 200, 1, 201, 1, 1, 1, 1, 77, 150, 0])
        #expect(skipping.fragments.count == 17)
        #expect(Array(skipping.fragments[0..<5]) == [1, 1, 1, 2, 1])
        #expect(skipping.fragments[16] == 0)
        // A bound of a moment is at most a millisecond wide of it.
        #expect(Array(skipping.fragments[5..<10]) == [1, 1, 3, 1, 3])
    }

    @Test("What it appends, deletes and compacts is ours to read, and to go on from")
    func readsTheirs() async throws {
        try await load(.append, Self.fields, [0..<10], cursor: 1, after: nil)
        let script = """
            import json, sys
            import pyarrow.compute as pc
            from deltalake import DeltaTable, write_deltalake, CommitProperties, Transaction
            path = sys.argv[1]
            dt = DeltaTable(path)
            table = dt.to_pyarrow_table()
            more = table.set_column(0, table.schema.field(0), pc.add(table['id'], 10))
            write_deltalake(path, more, mode='append', commit_properties=CommitProperties(app_transactions=[Transaction('theirs', 8)]))
            dt = DeltaTable(path)
            dt.delete('id = 3')
            dt.optimize.compact()
            dt.create_checkpoint()
            print(json.dumps(dt.version()))
            """
        #expect(try Programs.answer(script, path, as: Int64.self) == 3)
        let snapshot = try #require(try await lake.tables.snapshot(of: "things", at: nil))
        #expect(snapshot.version == 3)
        #expect(snapshot.rowCount == 19)
        #expect(snapshot.files.count == 1)
        #expect(snapshot.cursors == ["web": 1, "theirs": 8])
        #expect(snapshot.definition == Self.definition(Self.fields))
        let sum = try Programs.run([
            "duckdb", "-no-init", "-csv", "-noheader", "-c",
            "SELECT sum(id) FROM read_parquet('\(snapshot.files[0].path)')",
        ])
        #expect(sum == "187\n")
        #expect(
            try await lake.tables.history(of: "things").map(\.operation) == ["APPEND", "APPEND", "DELETE", "OPTIMIZE"]
        )
        #expect(try await lake.tables.history(of: "things").map(\.rowCount) == [10, 20, 19, 19])

        try await load(.append, Self.fields + [Field("note", .varchar)], [100..<103], cursor: 2, after: 3)
        let count =
            "import sys; from deltalake import DeltaTable; dt = DeltaTable(sys.argv[1]); print(dt.to_pyarrow_table().num_rows)"
        #expect(try Programs.answer(count, path, as: Int.self) == 22)

        lake.advance(.seconds(86_400))
        #expect(try await lake.tables.vacuum("things", grace: .zero).files == 3)
        #expect(try Programs.answer(count, path, as: Int.self) == 22)
        let error = await #expect(throws: PipelineError.self) {
            try await load(.append, Self.fields, [0..<1], cursor: 3, after: 3)
        }
        #expect(error?.code == .conflict)
    }

    @Test("It takes no offence at the state that we keep beside a long log, and removes none of the log")
    func longLog() async throws {
        try await load(.append, Self.fields, [0..<10], cursor: 1, after: nil)
        for version in 0..<70 as Range<Int64> {
            _ = try await lake.tables.commit(
                TableChange(
                    definition: Self.definition(Self.fields),
                    mode: .append,
                    files: [],
                    cursors: ["web": version + 2],
                    readVersion: version,
                    run: RunID(rawValue: "r")
                )
            )
        }
        #expect(lake.scratch.files().contains { $0.hasSuffix("_millrace.state.json") })
        let script = """
            import json, sys
            from deltalake import DeltaTable
            dt = DeltaTable(sys.argv[1])
            dt.alter.set_table_properties({'delta.logRetentionDuration': 'interval 0 seconds'})
            dt = DeltaTable(sys.argv[1])
            dt.create_checkpoint()
            dt.delete('id = 3')
            dt = DeltaTable(sys.argv[1])
            print(json.dumps([dt.version(), dt.transaction_version('web'), dt.to_pyarrow_table().num_rows, len(dt.file_uris())]))
            """
        #expect(try Programs.answer(script, path, as: [Int64].self) == [72, 71, 9, 1])
        #expect(try await lake.tables.history(of: "things").count == 73)
        #expect(try await lake.tables.snapshot(of: "things", at: nil)?.rowCount == 9)
    }
}
