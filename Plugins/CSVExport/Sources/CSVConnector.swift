public import PipelineCore

extension Connector where Part == any Sink {
    /// `use: csv`: datasets as CSV files in the form that one BI tool reads best.
    public static var csv: Connector {
        Connector(name: "csv", summary: "A folder of CSV files for Data Studio, Power BI or Tableau.") { block in
            let path = block.require(
                "path",
                .text(example: "exports/power-bi"),
                "the folder, relative to the config file; made if it is missing"
            )
            let flavor = block.require("flavor", .choice(CSVFlavor.dataStudio), "the tool that reads the files")
            let escapesFormulas = block.value(
                "escape_formulas",
                .boolean,
                default: false,
                "put ' before texts that a spreadsheet would run as a formula; changes the texts"
            )
            let partSize = block.optional(
                "part_size",
                .bytes(example: "100MB", from: "1MB"),
                "data-studio: the largest file; 100MB if left out"
            )
            if partSize != nil, flavor != .dataStudio, !block.isDescribing {
                block.reject(key: "part_size", "only data-studio splits datasets", hint: "leave it out")
            }
            let folder = block.optional(
                "folder",
                .text(example: #"\\server\share\power-bi"#),
                "power-bi, tableau: the folder as the tool's users reach it"
            )
            if folder != nil, flavor == .dataStudio, !block.isDescribing {
                block.reject(key: "folder", "data-studio files are uploaded", hint: "leave it out")
            }
            let options = CSVOptions(
                flavor: flavor,
                escapesFormulas: escapesFormulas,
                partSize: partSize.map(Int.init),
                folder: folder
            )
            return { context in CSVSink(path: context.resolve(path), options: options) }
        }
    }
}
