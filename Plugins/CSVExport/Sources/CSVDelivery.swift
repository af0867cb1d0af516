internal import BlockingIO
internal import PipelineCore

#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif

/// One delivery into a folder of CSV files.
actor CSVDelivery: SinkDelivery {
    private struct Staged {
        let definition: DatasetDefinition
        let files: [ExportManifest.File]
        let emptiedCounts: [Int: Int]
        var rowCount: Int { files.reduce(0) { $0 + $1.rowCount } }
    }

    private let executor = SerialQueueExecutor(label: "millrace.csv")
    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }

    private let path: String
    private let options: CSVOptions
    private let header: DeliveryHeader
    private var folder: ExportFolder?
    private var staged: [Staged] = []
    private var removed: Set<String> = []

    init(path: String, options: CSVOptions, header: DeliveryHeader) {
        self.path = path
        self.options = options
        self.header = header
    }

    func open() throws { folder = try ExportFolder(path) }

    func stage(_ definition: DatasetDefinition, rows: RowStream) async throws -> Int {
        let folder = try opened()
        let name = definition.name
        try folder.requireOwnership(of: [PartWriter.fileName(name, part: 1, options.partSize), "README.md"])
        guard name.isValid, !staged.contains(where: { $0.definition.name == name }) else {
            throw PipelineError(
                .invalidConfiguration,
                "'\(name)' is no name for a file, or was delivered already",
                while: "exporting '\(name)' to CSV"
            )
        }
        var writer = try fileErrors(path, while: "writing '\(name)'") {
            try PartWriter(definition, options, into: folder.staging)
        }
        for try await chunk in rows {
            try Task.checkCancellation()
            try fileErrors(path, while: "writing '\(name)'") { try writer.write(chunk) }
        }
        try Task.checkCancellation()
        let files = try fileErrors(path, while: "writing '\(name)'") { try writer.finish() }
        let dataset = Staged(definition: definition, files: files, emptiedCounts: writer.emptiedCounts)
        staged.append(dataset)
        return dataset.rowCount
    }

    func remove(_ dataset: DatasetName) { removed.insert(dataset.rawValue) }

    func commit() throws {
        let folder = try opened()
        let manifest = nextManifest(after: folder.manifest)
        try fileErrors(path, while: "publishing the exported files") {
            for dataset in manifest.datasets
            where staged.contains(where: { $0.definition.name.rawValue == dataset.name }) {
                for companion in dataset.companions {
                    try folder.stage(companion, Array(TableauDataSource(dataset, options).text.utf8))
                }
            }
            try folder.stage("README.md", Array(ExportReadme(manifest).text.utf8))
            if options.flavor == .powerBI {
                try folder.stage(PowerBIConnection.fileName, json(PowerBIConnection(folder: options.folder ?? path)))
            }
            try folder.stage(ExportFolder.manifestName, json(manifest))
            try folder.publish(manifest)
        }
        close()
    }

    func abort() {
        folder?.discard()
        close()
    }

    private func close() {
        folder = nil
        (staged, removed) = ([], [])
    }

    private func opened() throws -> ExportFolder {
        guard let folder else {
            throw PipelineError(.internalError, "the delivery is over", while: "exporting to CSV")
        }
        return folder
    }

    /// What the folder will hold: this delivery's datasets, and those of earlier ones in the same flavor.
    private func nextManifest(after last: ExportManifest?) -> ExportManifest {
        let new = staged.map { dataset in
            ExportManifest.Dataset(
                name: dataset.definition.name.rawValue,
                summary: dataset.definition.summary,
                key: dataset.definition.key.map(options.written),
                rowCount: dataset.rowCount,
                run: header.run.rawValue,
                exportedAt: header.startedAt.description,
                files: dataset.files,
                companions: options.flavor == .tableau ? ["\(dataset.definition.name).tds"] : [],
                columns: dataset.definition.schema.fields.enumerated().map {
                    ExportManifest.Column($1, options, emptiedCount: dataset.emptiedCounts[$0])
                }
            )
        }
        let kept = last?.flavor == options.flavor ? last?.datasets ?? [] : []
        let gone = last?.pipeline == header.pipeline ? removed : []
        let others = kept.filter { old in !new.contains { $0.name == old.name } && !gone.contains(old.name) }
        return ExportManifest(
            format: ExportManifest.currentFormat,
            pipeline: header.pipeline,
            flavor: options.flavor,
            escapeFormulas: options.escapesFormulas,
            timezone: header.timezone,
            companions: ["README.md"] + (options.flavor == .powerBI ? [PowerBIConnection.fileName] : []),
            datasets: (new + others).sorted { $0.name < $1.name }
        )
    }

    private func json(_ value: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        return Array(try encoder.encode(value)) + [UInt8(ascii: "\n")]
    }
}
