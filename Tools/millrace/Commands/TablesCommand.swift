import ArgumentParser
import PipelineCore
import PipelineRuntime

struct TablesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tables",
        abstract: "List the tables of the lake, or describe one: definition, columns, size, versions.",
        discussion: """
            EXAMPLES
              millrace tables
              millrace tables daily_metrics
              millrace tables --json
            """
    )

    @OptionGroup var config: ConfigOption
    @Argument(help: "The table to describe.")
    var name: String?
    @Flag(help: "Print one JSON object a line.")
    var json = false

    private struct Summary: Encodable {
        let table: String
        let rows: Int64
        let bytes: Int64
        let files: Int
        let version: Int64
        let committedAt: String
        let summary: String
        let columns: [Column]?
    }
    private struct Column: Encodable {
        let name: String
        let type: String
        let nullable: Bool
        let description: String
    }

    func run() async throws {
        let tables = try config.pipeline().tables
        guard let name else { return try await list(tables) }
        guard let snapshot = try await tables.snapshot(of: DatasetName(rawValue: name), at: nil) else {
            let names = try await tables.tables().map(\.rawValue)
            let nearest = names.nearest(to: name).map { "did you mean '\($0)'? " } ?? ""
            throw PipelineError(
                .invalidConfiguration,
                "there is no table '\(name)'",
                while: "describing a table",
                hint: names.isEmpty ? "`millrace run` makes tables" : nearest + "`millrace tables` lists them"
            )
        }
        json ? try printJSON(summary(snapshot, isWhole: true)) : try await describe(snapshot, in: tables)
    }

    private func list(_ tables: any TableStore) async throws {
        var text = TextTable(["table", "rows", "size", "version", "committed"])
        var isEmpty = true
        for name in try await tables.tables() {
            guard let snapshot = try await tables.snapshot(of: name, at: nil) else { continue }
            isEmpty = false
            if json { try printJSON(summary(snapshot, isWhole: false)) }
            text.add([
                name.rawValue, grouped(snapshot.rowCount), size(snapshot.size), "\(snapshot.version)",
                shortMoment(snapshot.committedAt.description),
            ])
        }
        if !json { print(isEmpty ? "No tables yet; `millrace run` makes them." : text.text) }
    }

    private func summary(_ snapshot: TableSnapshot, isWhole: Bool) -> Summary {
        let definition = snapshot.definition
        return Summary(
            table: definition.name.rawValue,
            rows: snapshot.rowCount,
            bytes: snapshot.size,
            files: snapshot.files.count,
            version: snapshot.version,
            committedAt: snapshot.committedAt.description,
            summary: definition.summary,
            columns: isWhole
                ? definition.schema.fields.map {
                    Column(
                        name: $0.name,
                        type: $0.type.description,
                        nullable: $0.isNullable,
                        description: $0.description
                    )
                } : nil
        )
    }

    private func describe(_ snapshot: TableSnapshot, in tables: any TableStore) async throws {
        let definition = snapshot.definition
        print("\(definition.name): \(definition.summary)\n")
        let rows = counted(snapshot.rowCount, "row")
        print(
            "\(rows), \(size(snapshot.size)) in \(counted(snapshot.files.count, "file")), version \(snapshot.version)"
        )
        if !definition.key.isEmpty { print("one row per \(definition.key.joined(separator: ", "))") }
        var columns = TextTable(["column", "type", "null", "definition"])
        for field in definition.schema.fields {
            columns.add([field.name, field.type.description, field.isNullable ? "yes" : "no", field.description])
        }
        print("\n" + columns.text + "\n")
        var versions = TextTable(["version", "committed", "operation", "rows", "run"])
        for version in try await tables.history(of: definition.name).suffix(10) {
            versions.add([
                "\(version.version)", shortMoment(version.committedAt.description), version.operation,
                grouped(version.rowCount), version.run?.rawValue ?? "",
            ])
        }
        print(versions.text)
    }
}
