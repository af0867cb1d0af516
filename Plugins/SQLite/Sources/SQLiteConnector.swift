public import PipelineCore

extension Connector where Part == any Sink {
    /// `use: sqlite`: datasets as tables of one SQLite file.
    public static var sqlite: Connector {
        Connector(name: "sqlite", summary: "One SQLite file with a table for each dataset.") { block in
            let path = block.require(
                "path",
                .text(example: "data/bi.sqlite"),
                "the file, relative to the config file; it and its folders are made where they are missing"
            )
            return { context in SQLiteSink(path: context.resolve(path)) }
        }
    }
}
