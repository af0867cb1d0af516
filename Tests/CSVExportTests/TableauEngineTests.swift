import CSVExportPlugin
import Foundation
import PipelineCore
import Testing

/// Tests against Tableau's own engine and document library, 292 MB of Python packages that are not installed by default.
///
/// Set MILLRACE_HYPER to a Python that has `tableauhyperapi` and `tableaudocumentapi`.
private let hyperPython = ProcessInfo.processInfo.environment["MILLRACE_HYPER"]

@Suite(
    "Tableau's own programs",
    .enabled(if: hyperPython != nil, "set MILLRACE_HYPER to a Python with tableauhyperapi and tableaudocumentapi")
)
struct TableauEngineTests {
    @Test("Hyper loads the files with the types that schema.json tells")
    func hyper() async throws {
        let export = try Export(.tableau)
        let rows = visitRows.replacing("0001-01-01", with: "9999-12-31")
        try await export.deliver((.visits, rows), (.notes, "1,\n2,\"\"\n3,=1+1\n4,\"a\nb\"\n"))
        let script = """
            import json, sys
            from tableauhyperapi import HyperProcess, Connection, Telemetry, CreateMode
            folder = sys.argv[1]
            schema = json.load(open(folder + '/schema.json'))
            types = {'VARCHAR': 'text', 'TIMESTAMPTZ': 'timestamp', 'DOUBLE': 'double precision'}
            with HyperProcess(Telemetry.DO_NOT_SEND_USAGE_DATA_TO_TABLEAU, parameters={'log_dir': folder}) as process:
                with Connection(process.endpoint, folder + '/x.hyper', CreateMode.CREATE_AND_REPLACE) as connection:
                    for d in schema['datasets']:
                        columns = ', '.join('"%s" %s' % (c['name'], types.get(c['type'], c['type'])) for c in d['columns'])
                        connection.execute_command('CREATE TABLE %s (%s)' % (d['name'], columns))
                        for f in d['files']:
                            count = connection.execute_command("COPY %s FROM '%s/%s' WITH (format csv, null '', header)" % (d['name'], folder, f['name']))
                            assert count == f['row_count'], (count, f)
                    print(connection.execute_list_query('SELECT "date", country, city, started_at, visits, bounce_rate, revenue, is_holiday FROM visits ORDER BY step'))
                    print(connection.execute_list_query('SELECT id, note FROM notes ORDER BY id'))
            """
        let python = try #require(hyperPython)
        let lines = try output(of: python, ["-c", script, export.path]).split(separator: "\n")
        #expect(
            lines[0] == """
                [[Date(2026, 11, 21), 'NA', 'Windhoek', Timestamp(2026, 11, 21, 7, 31, 17, 123456, None), 3, 0.5, Decimal('19.9'), False], \
                [Date(2026, 11, 22), 'PL', 'Łódź, "PL"', Timestamp(2026, 11, 22, 0, 0, 0, 0, None), -4, None, Decimal('-0.05'), True], \
                [Date(9999, 12, 31), None, 'two\\nlines', None, 0, None, None, None]]
                """
        )
        #expect(lines[1] == "[[1, None], [2, ''], [3, '=1+1'], [4, 'a\\nb']]")
    }

    @Test("Tableau's document library reads the data source")
    func documentLibrary() async throws {
        let export = try Export(.tableau)
        try await export.deliver((.visits, visitRows))
        let script = """
            import sys
            from tableaudocumentapi import Datasource
            source = Datasource.from_file(sys.argv[1])
            print(source.connections[0].dbclass)
            for name in ('date', 'country', 'visits'):
                f = source.fields['[%s]' % name]
                print(f.caption, f.datatype, f.role, f.type, 'The day' in (f.description or ''))
            """
        let python = try #require(hyperPython)
        let text = try output(of: python, ["-c", script, export.path + "/visits.tds"])
        #expect(
            text == """
                textscan
                Date date dimension ordinal True
                Country string dimension nominal False
                Visits integer measure quantitative False

                """
        )
    }
}
