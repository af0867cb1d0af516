internal import PipelineCore

/// The contents of `schema.json`: what the folder holds and what everything in it means.
struct ExportManifest: Codable {
    /// One file of a dataset.
    struct File: Codable, Hashable {
        let name: String
        let bytes: Int
        let rowCount: Int
    }

    struct Column: Codable {
        /// As the first line of the files has it.
        let name: String
        /// As the lake declares it: `BIGINT`.
        let type: String
        /// How values are written where that is not plain: `YYYYMMDD`.
        let format: String?
        /// Data Studio's name for what the column is.
        let semanticType: String?
        let isNullable: Bool
        let description: String
        /// How many infinite or undefined numbers were left empty; nil: none.
        let emptiedCount: Int?
    }

    struct Dataset: Codable {
        let name: String
        let summary: String
        let key: [String]
        let rowCount: Int
        let run: String
        /// When the delivery began: ISO 8601 in UTC.
        let exportedAt: String
        let files: [File]
        /// Files beside the data that belong to the dataset.
        let companions: [String]
        let columns: [Column]

        /// The names of all files of the dataset.
        var fileNames: [String] { files.map(\.name) + companions }
    }

    /// The format of this file.
    static let currentFormat = 1

    let format: Int
    let pipeline: String
    let flavor: CSVFlavor
    /// Whether texts were changed; see the config key of the same name.
    let escapeFormulas: Bool
    let timezone: String
    /// Files that belong to no dataset, `schema.json` not among them.
    let companions: [String]
    /// By name.
    let datasets: [Dataset]

    /// The names of all files of the export but `schema.json`.
    var fileNames: [String] { companions + datasets.flatMap(\.fileNames) }
}

extension ExportManifest.Column {
    init(_ field: Field, _ options: CSVOptions, emptiedCount: Int?) {
        let flavor = options.flavor
        self.emptiedCount = emptiedCount
        name = options.written(field.name)
        type = field.type.description
        isNullable = field.isNullable
        description = field.description
        format = Self.format(of: field.type, flavor)
        semanticType = flavor == .dataStudio ? Self.semanticType(of: field) : nil
    }

    private static func format(of type: DataType, _ flavor: CSVFlavor) -> String? {
        switch (type, flavor) {
        case (.date, .dataStudio): "YYYYMMDD"
        case (.date, _): "YYYY-MM-DD"
        case (.timestamptz, .dataStudio): "YYYYMMDDHHMMSS, UTC"
        case (.timestamptz, .powerBI): "YYYY-MM-DDTHH:MM:SS.ffffff, UTC"
        case (.timestamptz, .tableau): "YYYY-MM-DD HH:MM:SS.ffffff, UTC"
        case (.boolean, _): "true or false"
        default: nil
        }
    }

    /// The names of https://developers.google.com/apps-script/reference/data-studio/field-type.
    private static func semanticType(of field: Field) -> String {
        switch (ColumnMeaning(name: field.name, type: field.type), field.type) {
        case (_, .date): "YEAR_MONTH_DAY"
        case (_, .timestamptz): "YEAR_MONTH_DAY_SECOND"
        case (_, .boolean): "BOOLEAN"
        case (.country, _): "COUNTRY_CODE"
        case (.city, _): "CITY"
        case (.share, _): "PERCENT"
        case (.seconds, _),
            (.average, _) where field.name.contains("_seconds"):
            "DURATION"
        case (.number, _), (.average, _): "NUMBER"
        case (.other, _): "TEXT"
        }
    }
}
