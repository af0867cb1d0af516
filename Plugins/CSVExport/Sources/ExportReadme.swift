/// The README beside exported files: how they are written, how the tool opens them, what every column means.
struct ExportReadme {
    private let manifest: ExportManifest

    init(_ manifest: ExportManifest) { self.manifest = manifest }

    var text: String {
        """
        # \(manifest.pipeline): datasets for \(manifest.flavor.toolName)

        Timestamps are in UTC. Days, weeks and months are those of the time zone \(manifest.timezone).
        These files are replaced by the next export; `schema.json` is written last and says the same for programs.

        ## How the files are written

        \(list(rules))

        ## How to open them

        \(list(steps))

        \(manifest.datasets.map(section).joined(separator: "\n"))
        """
    }

    private var rules: [String] {
        let common = [
            "UTF-8\(manifest.flavor == .powerBI ? " with a byte order mark" : ""), comma, quotes by RFC 4180, `.` as decimal point, names in the first line.",
            "Numbers have all their digits; \(manifest.flavor.toolName) calculates with about 15 of them. Take longer ones, and long identifiers, as text.",
            "An empty field means that there is no value; numbers that are infinite or undefined are left empty. `NA` is Namibia, not a missing value: pandas needs `keep_default_na=False`.",
        ]
        let formulas =
            manifest.escapeFormulas
            ? "A text or a column's name that begins with `=`, `+`, `-`, `@`, a tab, a line break or NUL has a `'` in front, so that no spreadsheet runs it. That changes the text: remove it before you join on it."
            : "Texts are as they came. Do not open the files in a spreadsheet if strangers can write into a column; export with `escape_formulas: true` for that."
        return common + flavorRules + [formulas]
    }

    private var flavorRules: [String] {
        switch manifest.flavor {
        case .dataStudio:
            [
                "Dates are `YYYYMMDD`, timestamps `YYYYMMDDHHMMSS`; fractions of a second are left out.",
                "Line breaks inside texts are written as spaces.",
                "Every part of a dataset has the same first line.",
            ]
        case .powerBI:
            [
                "Dates are `YYYY-MM-DD`, timestamps `YYYY-MM-DDTHH:MM:SS` with up to six decimals.",
                "Power BI loads dates from 1900 on and rounds times to 1/300 second.",
            ]
        case .tableau:
            ["Dates are `YYYY-MM-DD`, timestamps `YYYY-MM-DD HH:MM:SS` with up to six decimals."]
        }
    }

    private var steps: [String] {
        switch manifest.flavor {
        case .dataStudio:
            [
                "Make one data set for each dataset and upload all of its parts. Uploads are limited to about 100 MB: put parts that do not fit into one folder of Google Cloud Storage.",
                "Data Studio adds uploads to what is there: remove the files of the export before.",
                "Types are guessed. Where the guess is another one, set the type that the tables below name.",
            ]
        case .powerBI:
            [
                "Open `power-bi.pbids`, or choose *Get data*, *Text/CSV* and a file. The path in it is the one that the export was configured with.",
                "If numbers or dates load as text, set the locale of the query to *English (United States)*.",
                "A query keeps the columns that it was made with: to see a column that came later, remove `Columns=…` from its first step.",
            ]
        case .tableau:
            [
                "Open the `.tds` file of a dataset: types, roles, captions and definitions are set.",
                "If Tableau asks for the data, show it the `.csv` file beside it.",
            ]
        }
    }

    private func section(_ dataset: ExportManifest.Dataset) -> String {
        let hasTypes = manifest.flavor == .dataStudio
        let rows = dataset.columns.map { column in
            let type = hasTypes ? "\(column.type) (\(column.semanticType ?? "TEXT"))" : column.type
            return "| `\(cell(column.name))` | \(cell(type)) | \(cell(column.description)) |"
        }
        let emptied = dataset.columns.compactMap { column in
            column.emptiedCount.map { "`\(cell(column.name))`: \($0)" }
        }
        let missing =
            emptied.isEmpty ? "" : " Infinite or undefined numbers left empty: \(emptied.joined(separator: ", "))."
        let key =
            dataset.key.isEmpty
            ? "" : " A row is identified by \(dataset.key.map { "`\($0)`" }.joined(separator: ", "))."
        return """
            ## \(dataset.name)

            \(dataset.summary)\(key)

            \(dataset.rowCount) \(dataset.rowCount == 1 ? "row" : "rows"), exported at \(dataset.exportedAt) by run \(dataset.run): \
            \(dataset.fileNames.map { "`\($0)`" }.joined(separator: ", ")).\(missing)

            | column | type | definition |
            |---|---|---|
            \(rows.joined(separator: "\n"))

            """
    }

    private func list(_ items: [String]) -> String { items.map { "* \($0)" }.joined(separator: "\n") }

    /// A text that cannot break out of its cell.
    private func cell(_ text: String) -> String {
        text.replacing("\n", with: " ").replacing("|", with: "\\|")
    }
}
