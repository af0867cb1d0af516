import CSVExportPlugin
import Foundation
import PipelineCore
import Testing

@Suite("What each tool gets")
struct FlavorTests {
    private let header = "date,country,city,started_at,visits,bounce_rate,avg_session_seconds,revenue,is_holiday,step\n"

    @Test("Data Studio: numbered parts, dates as digits, no line break inside a field")
    func dataStudio() async throws {
        let export = try Export(.dataStudio)
        try await export.deliver((.visits, visitRows))
        #expect(try export.files() == ["README.md", "schema.json", "visits-001.csv"])
        #expect(
            try export.folder.text("visits-001.csv") == header + """
                20261121,NA,Windhoek,20261121073117,3,0.5,12.25,19.90,false,1
                20261122,PL,"Łódź, ""PL\""",20261122000000,-4,,,-0.05,true,2
                00010101,,"two lines",,0,,,,,3

                """
        )
    }

    @Test("Power BI: a byte order mark, ISO dates and times, a connection file")
    func powerBI() async throws {
        let export = try Export(.powerBI)
        try await export.deliver((.visits, visitRows))
        #expect(try export.files() == ["README.md", "power-bi.pbids", "schema.json", "visits.csv"])
        #expect(
            try export.folder.text("visits.csv") == "\u{FEFF}" + header + """
                2026-11-21,NA,Windhoek,2026-11-21T07:31:17.123456,3,0.5,12.25,19.90,false,1
                2026-11-22,PL,"Łódź, ""PL\""",2026-11-22T00:00:00,-4,,,-0.05,true,2
                0001-01-01,,"two
                lines",,0,,,,,3

                """
        )
        let connection = try JSONSerialization.jsonObject(with: Data(export.folder.text("power-bi.pbids").utf8))
        let expected: NSDictionary = [
            "version": "0.1",
            "connections": [
                [
                    "details": ["protocol": "folder", "address": ["path": export.path]], "mode": "Import",
                    "options": [String: String](),
                ] as [String: Any]
            ],
        ]
        #expect(connection as? NSDictionary == expected)
        let shared = try Export(.powerBI, share: #"\\server\bi"#)
        try await shared.deliver((.notes, "1,a\n"))
        #expect(try shared.folder.text("power-bi.pbids").contains(#""path" : "\\\\server\\bi""#))
    }

    @Test("Tableau: times as Hyper reads them, a data source with types, roles and definitions")
    func tableau() async throws {
        let export = try Export(.tableau)
        try await export.deliver((.visits, visitRows))
        #expect(try export.files() == ["README.md", "schema.json", "visits.csv", "visits.tds"])
        #expect(
            try export.folder.text("visits.csv") == header + """
                2026-11-21,NA,Windhoek,2026-11-21 07:31:17.123456,3,0.5,12.25,19.90,false,1
                2026-11-22,PL,"Łódź, ""PL\""",2026-11-22 00:00:00,-4,,,-0.05,true,2
                0001-01-01,,"two
                lines",,0,,,,,3

                """
        )
        let script = """
            import sys, xml.etree.ElementTree as tree
            root = tree.parse(sys.argv[1]).getroot()
            connection = root.find('.//named-connection/connection')
            print(connection.get('class'), connection.get('directory'), connection.get('filename'), root.find('.//relation').get('table'))
            print(*[c.get('datatype') + ':' + c.get('name') + ':' + c.get('ordinal') for c in root.findall('.//columns/column')])
            for c in root.findall('column'):
                d = c.find('desc/formatted-text/run')
                print(c.get('name'), c.get('caption'), c.get('datatype'), c.get('role'), c.get('type'), c.get('semantic-role') or '-', c.get('aggregation') or '-', '' if d is None else d.text, sep='|')
            """
        #expect(
            try python(script, export.path + "/visits.tds") == """
                textscan . visits.csv [visits#csv]
                date:date:0 string:country:1 string:city:2 datetime:started_at:3 integer:visits:4 real:bounce_rate:5 \
                real:avg_session_seconds:6 real:revenue:7 boolean:is_holiday:8 integer:step:9
                [date]|Date|date|dimension|ordinal|-|-|The day
                [country]|Country|string|dimension|nominal|[Country].[ISO3166_2]|-|ISO 3166-1 alpha-2
                [city]|City|string|dimension|nominal|[City].[Name]|-|The city's <name> | "in English"
                [started_at]|Started At|datetime|dimension|ordinal|-|-|When the first visit began
                [visits]|Visits|integer|measure|quantitative|-|Sum|How many
                [bounce_rate]|Bounce Rate|real|measure|quantitative|-|Avg|Share of visits that were bounces
                [avg_session_seconds]|Avg Session Seconds|real|measure|quantitative|-|Avg|
                [revenue]|Revenue|real|measure|quantitative|-|Sum|
                [is_holiday]|Is Holiday|boolean|dimension|nominal|-|-|
                [step]|Step|integer|dimension|ordinal|-|-|Numbers the step

                """
        )
    }

    @Test("Namibia stays NA for whoever reads with Python's csv", arguments: CSVFlavor.allCases)
    func namibia(flavor: CSVFlavor) async throws {
        let export = try Export(flavor)
        try await export.deliver((.visits, visitRows))
        let file = export.path + (flavor == .dataStudio ? "/visits-001.csv" : "/visits.csv")
        let script =
            "import csv, sys; print([r['country'] for r in csv.DictReader(open(sys.argv[1], encoding='utf-8-sig'))])"
        #expect(try python(script, file) == "['NA', 'PL', '']\n")
    }

    @Test("Formulas are escaped in texts only, when asked for", arguments: CSVFlavor.allCases)
    func formulas(flavor: CSVFlavor) async throws {
        let texts = [
            "=1+1", "+1", "-1", "@x", "\tx", "\r=x", "\n=x", "\u{0}x", "=a,\"b\"", "a=1", " =1", "'=1", "", "5",
        ]
        var writer = CanonicalCSVWriter()
        for (index, text) in texts.enumerated() { writer.append(row: ["-\(index)", text]) }
        let rows = String(decoding: writer.takeChunk().bytes, as: UTF8.self)
        let script = """
            import csv, json, sys
            data = open(sys.argv[1], encoding='utf-8-sig', newline='').read().replace('\\0', '<NUL>')
            print(json.dumps([r for r in csv.reader(data.splitlines(keepends=True))][1:]))
            """
        func read(_ export: Export) throws -> [[String]] {
            let file = export.path + (flavor == .dataStudio ? "/notes-001.csv" : "/notes.csv")
            return try JSONDecoder().decode([[String]].self, from: Data(python(script, file).utf8))
        }
        func plain(_ text: String) -> String {
            let shown = text.replacing("\u{0}", with: "<NUL>")
            guard flavor == .dataStudio else { return shown }
            return shown.replacing("\r", with: " ").replacing("\n", with: " ")
        }
        let escaping = try Export(flavor, escapesFormulas: true)
        try await escaping.deliver((.notes, rows))
        let safe = texts.enumerated().map { index, text in ["-\(index)", (index < 9 ? "'" : "") + plain(text)] }
        #expect(try read(escaping) == safe)
        let asTheyCame = try Export(flavor)
        try await asTheyCame.deliver((.notes, rows))
        #expect(try read(asTheyCame) == texts.enumerated().map { ["-\($0)", plain($1)] })
        #expect(try escaping.folder.text("schema.json").contains("\"escape_formulas\" : true"))
        #expect(try asTheyCame.folder.text("schema.json").contains("\"escape_formulas\" : false"))
    }

    @Test("A name that a spreadsheet would run is escaped too, in the files and in what describes them")
    func formulaNames() async throws {
        let table = DatasetDefinition(
            name: "odd",
            summary: "",
            schema: Schema([Field("@x", .bigint, isNullable: false), Field("+y", .varchar), Field("z", .varchar)]),
            key: ["@x"]
        )
        for (escapes, header) in [(true, "'@x,'+y,z\n"), (false, "@x,+y,z\n")] {
            let export = try Export(.tableau, escapesFormulas: escapes)
            try await export.deliver((table, "1,a,b\n"))
            #expect(try export.folder.text("odd.csv").hasPrefix(header))
            #expect(try export.folder.text("schema.json").contains("\"name\" : \"'@x\"") == escapes)
            #expect(try export.folder.text("odd.tds").contains("name='&apos;@x'") == escapes)
        }
    }

    @Test("Line breaks of every kind become one space in Data Studio")
    func lineBreaks() async throws {
        let export = try Export(.dataStudio)
        try await export.deliver((.notes, "1,\"a\nb\"\n2,\"a\r\nb\"\n3,\"a\rb\"\n4,\"\n\"\n5,\"a\n\n\"\"b\"\"\r\"\n"))
        #expect(
            try export.folder.text("notes-001.csv") == """
                id,note
                1,"a b"
                2,"a b"
                3,"a b"
                4," "
                5,"a  ""b"" "

                """
        )
    }

    @Test("Names that need quotes get them, and a NULL that is alone in its row is no empty line")
    func oddNames() async throws {
        let export = try Export(.tableau)
        let definition = DatasetDefinition(
            name: "odd",
            summary: "",
            schema: Schema([Field("a, \"b\"\n", .varchar)])
        )
        try await export.deliver((definition, "\nx\n"))
        #expect(try export.folder.text("odd.csv") == "\"a, \"\"b\"\"\n\"\n\"\"\nx\n")
        #expect(
            try python("import sys, xml.etree.ElementTree as t; t.parse(sys.argv[1])", export.path + "/odd.tds") == ""
        )
    }

    @Test(
        "A date or timestamp that no tool reads fails the export and names the column",
        arguments: [
            (DataType.date, "infinity"), (.date, "-infinity"), (.date, "12026-11-21"), (.date, "0044-03-15 (BC)"),
            (.date, "-0044-03-15"), (.date, "26-11-21"), (.timestamptz, "infinity"), (.timestamptz, "-infinity"),
            (.timestamptz, "2026-11-21 07:31:17+01"), (.timestamptz, "12026-11-21 07:31:17+00"),
            (.timestamptz, "0044-03-15 (BC) 00:00:00+00"), (.timestamptz, "0044-03-15 00:00:00+00 (BC)"),
            (.timestamptz, "2026-11-21"),
        ] as [(DataType, String)],
        CSVFlavor.allCases
    )
    func outOfCalendar(moment: (type: DataType, value: String), flavor: CSVFlavor) async throws {
        let (type, value) = moment
        let export = try Export(flavor)
        let definition = DatasetDefinition(
            name: "moments",
            summary: "",
            schema: Schema([Field("number", .bigint), Field("value", type)])
        )
        let error = await #expect(throws: PipelineError.self) {
            try await export.deliver((definition, "1,\n2,\(value)\n"))
        }
        #expect(error?.message == "row 2, column 'value' holds no \(type)")
        #expect(try export.files() == [])
    }
    @Test(
        "Extreme numbers keep every digit, and what is no number is empty, counted and said",
        arguments: CSVFlavor.allCases
    )
    func extremes(flavor: CSVFlavor) async throws {
        let export = try Export(flavor)
        let definition = DatasetDefinition(
            name: "extremes",
            summary: "",
            schema: Schema([
                Field("exact", .decimal(precision: 38, scale: 10)), Field("real", .double), Field("other", .double),
                Field("at", .timestamptz),
            ])
        )
        let rows = """
            9999999999999999999999999999.9999999999,-0.0,inf,9999-12-31 23:59:59.999999+00
            -0.0000000001,nan,1.7976931348623157e+308,0001-01-01 00:00:00.000001+00
            ,-inf,5e-324,

            """
        try await export.deliver((definition, rows))
        let (last, first) =
            switch flavor {
            case .dataStudio: ("99991231235959", "00010101000000")
            case .powerBI: ("9999-12-31T23:59:59.999999", "0001-01-01T00:00:00.000001")
            case .tableau: ("9999-12-31 23:59:59.999999", "0001-01-01 00:00:00.000001")
            }
        let text = try export.folder.text(flavor == .dataStudio ? "extremes-001.csv" : "extremes.csv")
        #expect(
            text.trimmingPrefix("\u{FEFF}") == """
                exact,real,other,at
                9999999999999999999999999999.9999999999,-0.0,,\(last)
                -0.0000000001,,1.7976931348623157e+308,\(first)
                ,,5e-324,

                """
        )
        let readme = try export.folder.text("README.md")
        #expect(readme.contains("Infinite or undefined numbers left empty: `real`: 2, `other`: 1."), "\(readme)")
        #expect(try export.folder.text("schema.json").contains("\"emptied_count\" : 2"))
        try await export.deliver((definition, "1.0000000000,1,2,\n"))
        #expect(try !export.folder.text("README.md").contains("left empty: `"))
    }
}
