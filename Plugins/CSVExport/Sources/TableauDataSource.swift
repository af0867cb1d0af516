internal import PipelineCore

/// A Tableau data source (`.tds`) over one CSV file: types, roles, captions and definitions, so that nothing is guessed.
struct TableauDataSource {
    private let dataset: ExportManifest.Dataset
    private let folder: String

    init(_ dataset: ExportManifest.Dataset, _ options: CSVOptions) {
        self.dataset = dataset
        folder = options.folder ?? "."
    }

    var text: String {
        let name = dataset.name
        let file = "\(name).csv"
        return """
            <?xml version='1.0' encoding='utf-8' ?>
            <datasource formatted-name='federated.\(name)' inline='true' version='18.1' xmlns:user='http://www.tableausoftware.com/xml/user'>
              <connection class='federated'>
                <named-connections>
                  <named-connection caption='\(name)' name='textscan.\(name)'>
                    <connection class='textscan' directory='\(escaped(folder))' filename='\(file)' password='' server='' />
                  </named-connection>
                </named-connections>
                <relation connection='textscan.\(name)' name='\(file)' table='[\(name)#csv]' type='table'>
                  <columns character-set='UTF-8' header='yes' locale='en_US' separator=','>
            \(dataset.columns.enumerated().map { relationColumn($1, ordinal: $0) }.joined(separator: "\n"))
                  </columns>
                </relation>
              </connection>
              <aliases enabled='yes' />
            \(dataset.columns.map(column).joined(separator: "\n"))
            </datasource>

            """
    }

    private func relationColumn(_ column: ExportManifest.Column, ordinal: Int) -> String {
        "        <column datatype='\(datatype(column))' name='\(escaped(column.name))' ordinal='\(ordinal)' />"
    }

    private func column(_ column: ExportManifest.Column) -> String {
        let role = role(column)
        var attributes = "caption='\(escaped(caption(column.name)))' datatype='\(datatype(column))' "
        attributes += "name='[\(escaped(column.name.replacing("]", with: "]]")))]' role='\(role.role)'"
        if let semantic = role.semantic { attributes += " semantic-role='\(semantic)'" }
        attributes += " type='\(role.type)'"
        if let aggregation = role.aggregation { attributes += " aggregation='\(aggregation)'" }
        guard !column.description.isEmpty else { return "  <column \(attributes) />" }
        let definition = "<desc><formatted-text><run>\(escaped(column.description))</run></formatted-text></desc>"
        return "  <column \(attributes)>\(definition)</column>"
    }

    private func datatype(_ column: ExportManifest.Column) -> String {
        switch column.type {
        case "BOOLEAN": "boolean"
        case "INTEGER", "BIGINT": "integer"
        case "DATE": "date"
        case "TIMESTAMPTZ": "datetime"
        default: column.type == "DOUBLE" || column.type.hasPrefix("DECIMAL(") ? "real" : "string"
        }
    }

    private struct Role {
        var role = "dimension"
        var type = "nominal"
        var semantic: String?
        var aggregation: String?
    }

    /// Numbers are measures unless they number or identify; only what adds up is summed.
    private func role(_ column: ExportManifest.Column) -> Role {
        switch (datatype(column), column.name) {
        case ("string", "country"): Role(semantic: "[Country].[ISO3166_2]")
        case ("string", "city"): Role(semantic: "[City].[Name]")
        case ("date", _), ("datetime", _): Role(type: "ordinal")
        case ("integer", let name), ("real", let name):
            if dataset.key.contains(name) || name.hasSuffix("_number") {
                Role(type: "ordinal")
            } else {
                Role(role: "measure", type: "quantitative", aggregation: isAverage(column) ? "Avg" : "Sum")
            }
        default: Role()
        }
    }

    private func isAverage(_ column: ExportManifest.Column) -> Bool {
        guard column.type == "DOUBLE" else { return false }
        return switch ColumnMeaning(name: column.name, type: .double) {
        case .share, .average: true
        default: false
        }
    }

    /// `session_date` becomes `Session Date`.
    private func caption(_ name: String) -> String {
        name.split(separator: "_").map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined(separator: " ")
    }

    private func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
            .replacing("'", with: "&apos;").replacing("\n", with: " ")
    }
}
