import ArgumentParser
import Foundation
import PipelineCore

struct InitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Write a config to start from, with a place to drop files into.",
        discussion: """
            EXAMPLES
              millrace init shop
              cd shop && millrace simulate --output drop && millrace run
              millrace init            here
            """
    )

    @Argument(help: "The directory to make.")
    var directory = "."

    func validate() throws {
        if directory.isEmpty { throw ValidationError("Which directory? Leave it out for the current one.") }
    }

    func run() async throws {
        let path = directory == "." ? "millrace.yaml" : "\(directory)/millrace.yaml"
        guard !FileManager.default.fileExists(atPath: path) else {
            throw PipelineError(
                .invalidConfiguration,
                "\(path) is there already",
                while: "writing a first config",
                hint: "nothing was changed; name another directory: millrace init DIRECTORY"
            )
        }
        do {
            for folder in ["drop", "sql"] {
                let folder = "\(directory)/\(folder)"
                try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            }
            try Data(FirstConfig.query.utf8).write(to: URL(fileURLWithPath: "\(directory)/sql/revenue.sql"))
            try Data(FirstConfig.yaml.utf8).write(to: URL(fileURLWithPath: path))
        } catch {
            throw PipelineError(
                .unauthorized,
                "\(directory) cannot be written: \(error.reason)",
                while: "writing a first config",
                hint: "make it writable, or name another directory: millrace init DIRECTORY",
                cause: error
            )
        }
        print(
            "\(path) is written. Put files into \(directory == "." ? "" : directory + "/")drop, or try it with simulated ones:"
        )
        print("  \(directory == "." ? "" : "cd \(directory) && ")millrace simulate --output drop && millrace run")
    }
}

extension Error {
    /// The system's reason where there is one.
    fileprivate var reason: String {
        ((self as? CocoaError)?.underlying as? POSIXError)?.localizedDescription ?? localizedDescription
    }
}

/// The config that `millrace init` writes.
enum FirstConfig {
    static let yaml = """
        # A Millrace pipeline. `millrace check` finds mistakes; `millrace check --schema` prints the schema for editors.
        timezone: UTC                      # the zone of reporting days

        lake: { use: local, path: data/lake }

        sources:
          shop:
            use: files
            path: drop/*.ndjson.gz         # what `millrace simulate --output drop` writes
            format: ndjson
            events: segment                # or a map: event column <- source column

        jobs:
          clickstream:
            use: clickstream
            conversions: [purchase]
            funnels:
              checkout: { steps: [product_view, add_to_cart, checkout, purchase], within: 7d }
          revenue:
            use: sql
            after: [clickstream]
            query: sql/revenue.sql
            into: daily_revenue
            checks: [{ not_null: [day] }, { unique: [day] }]

        exports:
          local: { use: sqlite, path: data/bi.sqlite, datasets: all }
          looker: { use: csv, flavor: data-studio, path: exports/data-studio, datasets: all }
          powerbi: { use: csv, flavor: power-bi, path: exports/power-bi, datasets: all }
          tableau: { use: csv, flavor: tableau, path: exports/tableau, datasets: all }

        """

    static let query = """
        -- Revenue by day, from the purchases of people.
        SELECT
          event_date AS day,
          count(*) AS purchases,
          sum(CAST(properties ->> '$.revenue' AS DECIMAL(18, 2))) AS revenue
        FROM events
        WHERE name = 'purchase' AND NOT is_bot
        GROUP BY event_date

        """
}
