import Foundation
import PipelineConfig
import PipelineCore
import Testing

/// Loads a config text from a folder of its own and returns what is wrong, without the folder's path.
func issues(_ text: String, environment: [String: String] = [:]) throws -> [String] {
    let folder = try Folder()
    let path = try folder.write(text)
    do {
        _ = try SampleCatalog.sample.load(path, environment: environment)
        return []
    } catch let invalid as InvalidConfiguration {
        return invalid.lines.map { $0.replacingOccurrences(of: path, with: "f") }
    }
}

@Suite("The config file as a whole")
struct PipelineFileTests {
    /// The documented example.
    static let example = """
        name: shop
        timezone: Europe/Warsaw              # the zone of reporting days; default UTC

        state: .millrace                     # control database, collector log, caches; this default, beside the config file

        lake:
          use: local                         # local | s3
          path: data/lake                    # relative paths are relative to the config file

        engine:
          use: duckdb                        # duckdb | spark
          memory: 4GB                        # optional; threads: 2

        sources:
          web:
            use: http                        # the collector
            listen: 127.0.0.1:8080
            write_keys: { web-app: ${WEB_WRITE_KEY} }   # name: key; the name becomes the event's source
          archive:
            use: files
            path: drop/clicks/*.csv.gz       # glob
            format: csv
            timezone: UTC                    # of timestamps without an offset
            events:                          # rows become events: event column <- source column
              anonymous_id: user_id
              name: event
              occurred_at: timestamp
              platform: platform
          orders:
            use: files
            path: drop/orders-*.csv
            format: csv
            table: orders
          access_log:
            use: files
            path: /var/log/nginx/access.log*
            format: lines
            pattern: combined
            table: requests

        jobs:
          clickstream:
            use: clickstream                 # the built-in models below
            session_gap: 30m
            conversions: [purchase]
            funnels:
              checkout: { steps: [product_view, add_to_cart, checkout, purchase], within: 7d }
          revenue:
            use: sql
            after: [clickstream]             # runs when they have succeeded
            query: sql/revenue.sql           # a file, or the text itself; tables by name
            into: daily_revenue
            checks: [ { not_null: [day] }, { unique: [day] }, { row_count: { min: 1 } } ]

        exports:
          local:     { use: sqlite,   path: data/bi.sqlite, datasets: all }
          warehouse: { use: postgres, url: ${DATABASE_URL}, schema: bi, datasets: [sessions, daily_metrics, daily_revenue] }
          looker:    { use: csv, flavor: data-studio, path: exports/data-studio, datasets: all }
          powerbi:   { use: csv, flavor: power-bi,    path: exports/power-bi,    datasets: all }
          tableau:   { use: csv, flavor: tableau,     path: exports/tableau,     datasets: all }

        """

    @Test("The documented example is read as it stands")
    func example() throws {
        let folder = try Folder()
        let path = try folder.write(Self.example)
        let file = try SampleCatalog.sample.load(
            path,
            environment: ["WEB_WRITE_KEY": "k", "DATABASE_URL": "postgres://u:p@h/d"]
        )
        #expect(file.name == "shop" && file.timezone == "Europe/Warsaw")
        #expect(file.context.baseDirectory == folder.path)
        #expect(file.context.stateDirectory == "\(folder.path)/.millrace")
        #expect(file.sources.map(\.name) == ["web", "archive", "orders", "access_log"])
        #expect(file.sources.map(\.value.table) == ["event_log", "event_log", "orders", "requests"])
        #expect(file.sources[1].value.path == "/base/drop/clicks/*.csv.gz")
        #expect(file.jobs.map(\.name) == ["clickstream", "revenue"])
        #expect(file.jobs[1].after == ["clickstream"])
        #expect(file.jobs[1].tables.writes == ["daily_revenue"])
        #expect(file.exports.map(\.name) == ["local", "warehouse", "looker", "powerbi", "tableau"])
        #expect(
            file.exports[1].value
                == SampleExport(target: "postgres", datasets: ["sessions", "daily_metrics", "daily_revenue"])
        )
        #expect(file.exports[2].value.datasets == nil)
        let failure = #expect(throws: PipelineError.self) { _ = try file.lake(file.context) }
        #expect(failure?.message == "\(folder.path)/data/lake")
    }

    @Test("The lake alone is a config; everything else has a default")
    func minimal() throws {
        let folder = try Folder()
        let path = try folder.write("lake: { use: local, path: lake }", to: "my shop/pipeline.yaml")
        let file = try SampleCatalog.sample.load(path)
        #expect(file.name == "my shop" && file.timezone == "UTC")
        #expect(file.context.stateDirectory == "\(folder.path)/my shop/.millrace")
        #expect(file.sources.isEmpty && file.jobs.isEmpty && file.exports.isEmpty)
        let failure = #expect(throws: PipelineError.self) { _ = try file.engine(file.context) }
        #expect(failure?.message.hasSuffix("/duckdb") == true)
    }

    @Test("Sections without content are sections without blocks, and an absolute state directory stays")
    func emptySections() throws {
        let folder = try Folder()
        let path = try folder.write(
            "state: /var/lib/millrace\nlake: { use: local, path: lake }\nsources:\njobs: ~\nexports: {}\n"
        )
        let file = try SampleCatalog.sample.load(path)
        #expect(file.sources.isEmpty && file.context.stateDirectory == "/var/lib/millrace")
    }

    @Test("Jobs come after those that they wait for, otherwise in the order of the file")
    func order() throws {
        let folder = try Folder()
        let jobs = [("d", "[c, b]"), ("a", "[]"), ("c", "[a]"), ("b", "[a]"), ("e", "[]")].map {
            "  \($0): { use: sql, query: SELECT 1, into: t_\($0), after: \($1) }\n"
        }
        let path = try folder.write("lake: { use: local, path: lake }\njobs:\n" + jobs.joined())
        #expect(try SampleCatalog.sample.load(path).jobs.map(\.name) == ["a", "c", "b", "d", "e"])
    }

    @Test("All problems are shown at once, from the top to the end, each with its place and what would be right")
    func allAtOnce() throws {
        let text = """
            nmae: shop
            timezone: Europe/Warszaw
            lake:
              use: locl
            engine: { use: duckdb, memory: lots, treads: 2 }
            sources:
              Web App: { use: http }
              archive:
                use: files
                format: xml
              orders: [1]
            jobs:
              revenue:
                use: sql
                after: [clickstraem]
                query: SELECT 1
                into: Daily
              x:
            exports:
              local: { use: sqlite, path: "${HOME_DIR}/x.sqlite", datasets: all }
            triggers:
              nightly: { cron: "0 2 * * *", run: all }
            """
        #expect(
            try issues(text) == [
                "f:1:1: nmae: unknown key (did you mean 'name'?)",
                "f:2:11: timezone: 'Europe/Warszaw' is not a time zone (did you mean 'Europe/Warsaw'?)",
                "f:4:8: lake.use: no lake is called 'locl' (did you mean 'local'? built in: local)",
                "f:5:32: engine.memory: 'lots' is not an amount of memory or disk (such as: 4GB)",
                "f:5:38: engine.treads: unknown key (did you mean 'threads'?)",
                "f:7:3: sources.Web App: 'Web App' cannot name a source (use lower-case letters, digits and _)",
                "f:8:3: sources.archive: 'path' is missing (add `path: drop/*.csv.gz`)",
                "f:10:13: sources.archive.format: 'xml' is not one of: csv, json, ndjson, parquet, lines",
                "f:11:11: sources.orders: a list where a map of keys belongs (write its keys below it, indented)",
                "f:15:13: jobs.revenue.after[0]: no job is called 'clickstraem' (jobs: revenue, x)",
                "f:17:11: jobs.revenue.into: 'Daily' is not a name of lower-case letters, digits and _ (such as: daily_revenue)",
                "f:18:3: jobs.x: 'use' is missing (add `use: clickstream`; built in: clickstream, sql)",
                "f:20:31: exports.local.path: the environment variable 'HOME_DIR' is not set (set it before starting the program)",
                "f:21:1: triggers: unknown key (expected one of: engine, exports, jobs, lake, name, sources, state, timezone)",
            ]
        )
    }

    @Test("No message shows what a reference refers to")
    func secretsStaySecret() throws {
        let text = """
            timezone: ${S}
            lake: { use: "${S}", path: ${S} }
            engine: { use: duckdb, memory: "${S}", threads: x${S} }
            sources:
              a: { use: files, path: x, format: "${S}", table: "${S}" }
            jobs:
              b: { use: sql, query: SELECT, into: "${S}", after: "${S}" }
              c: { use: clickstream, session_gap: "${S}" }
            exports:
              d: { use: sqlite, path: x, datasets: ["${S}"] }
              e: { use: sqlite, path: x, datasets: "${S}" }
            """
        let found = try issues(text, environment: ["S": "Hunter2!"])
        #expect(found.count >= 9)
        #expect(!found.joined().contains("Hunter2"))
        let sound = "lake: { use: local, path: x }\nexports: { d: { use: sqlite, path: x, datasets: [\"${S}\"] } }"
        #expect(try issues(sound, environment: ["S": "hunter2"]).joined().contains("hunter2") == false)
    }

    @Test("Of a value whose reference is missing nothing else is said")
    func missingReference() throws {
        let text = "lake: { use: local, path: x }\nengine: { use: duckdb, threads: \"${NOPE}\" }\n"
        #expect(
            try issues(text) == [
                "f:2:33: engine.threads: the environment variable 'NOPE' is not set (set it before starting the program)"
            ]
        )
    }

    @Test("A file that holds no map says so")
    func noMap() throws {
        #expect(
            try issues("- a\n").first == "f:1:1: a list where a map of keys belongs (write its keys below it, indented)"
        )
        #expect(try issues("").first == "f: the file is empty (begin with `lake:`, or let `millrace init` write one)")
    }

    @Test("The name of a file in the working directory leads to its folder")
    func relativePath() throws {
        let folder = try Folder()
        let path = try folder.write("lake: { use: local, path: lake }")
        let up = try #require(FileManager.default.currentDirectoryPath.split(separator: "/").count as Int?)
        let relative = String(repeating: "../", count: up) + path.dropFirst()
        #expect(try SampleCatalog.sample.load(relative).context.baseDirectory == folder.path)
    }
}
