/// The BI tool that a folder of CSV files is written for.
public enum CSVFlavor: String, Sendable, CaseIterable, Codable {
    /// Google Data Studio, also called Looker Studio.
    case dataStudio = "data-studio"
    /// Microsoft Power BI, and Excel.
    case powerBI = "power-bi"
    /// Tableau Desktop and Hyper.
    case tableau

    /// The tool's name, for people.
    var toolName: String {
        switch self {
        case .dataStudio: "Data Studio"
        case .powerBI: "Power BI"
        case .tableau: "Tableau"
        }
    }
}

/// How CSV files are written.
public struct CSVOptions: Sendable, Hashable {
    /// The tool that reads the files.
    public var flavor: CSVFlavor
    /// Whether texts that a spreadsheet would run get a quote in front, which changes the texts.
    public var escapesFormulas: Bool
    /// The largest file in bytes, nil for no limit; a row that alone is larger gets a file of its own.
    public var partSize: Int?
    /// The folder as the tool's users reach it; nil: as we do.
    public var folder: String?

    /// A column's name as it stands in the first line.
    func written(_ column: String) -> String {
        escapesFormulas && column.utf8.first.map(startsFormula) == true ? "'" + column : column
    }

    /// Options for one tool; Data Studio gets parts of at most 100 MB unless told otherwise.
    public init(flavor: CSVFlavor, escapesFormulas: Bool = false, partSize: Int? = nil, folder: String? = nil) {
        self.flavor = flavor
        self.escapesFormulas = escapesFormulas
        self.partSize = partSize ?? (flavor == .dataStudio ? 100_000_000 : nil)
        self.folder = folder
    }
}
