internal import PipelineConfig
internal import PipelineCore
internal import Processing

extension BlockKind where Value == JobPart {
    /// `use: clickstream`.
    static var clickstream: BlockKind {
        BlockKind(
            name: "clickstream",
            summary: "The built-in datasets of sessions, users, pages, funnels, retention and more.",
            tables: {
                TableUse(writes: $0.outputs + [DatasetDefinition.userAgents.name, DatasetDefinition.addresses.name])
            }
        ) { block in
            let options = ClickstreamOptions(block)
            let path = ConfigurationType<String>.text(example: "GeoLite2-City.mmdb").located
            let geoip = block.optional(
                "geoip",
                path,
                "A MaxMind city database, for the places of addresses."
            )
            let rules = Located("", path: block.path, mark: block.mark)
            return JobPart(
                make: { tools in
                    var options = options
                    options.timezone = tools.timezone
                    return ClickstreamJob(
                        ClickstreamModels(options, dialect: tools.dialect),
                        userAgents: try tools.parsers.userAgents(),
                        locator: try geoip.map { try tools.parsers.locator(tools.context.resolve($0.value)) }
                    )
                },
                outputs: ClickstreamModels.datasets,
                needs: [JobPart.Need(place: rules) { _ = try $1.userAgents() }]
                    + (geoip.map { geoip in
                        [JobPart.Need(place: geoip) { _ = try $1.locator($0.resolve(geoip.value)) }]
                    } ?? [])
            )
        }
    }

    /// `use: sql`.
    static var sql: BlockKind {
        BlockKind(
            name: "sql",
            summary: "A query of one's own that becomes a table.",
            tables: { TableUse(writes: $0.outputs, mentions: $0.mentions) }
        ) { block in
            let directory = block.baseDirectory
            let job = SQLJob(block) { path in
                let absolute = path.hasPrefix("/") ? path : "\(directory)/\(path)"
                let bytes = try? TextFile.read(absolute, limit: 1 << 20)  // The block says that there is no such file.
                return bytes.flatMap { String(validating: $0, as: UTF8.self) }
            }
            return JobPart(make: { job.leavingOut($0.later) }, outputs: job.outputs, mentions: job.tables)
        }
    }
}
