/// The contents of a `.pbids` file: opens Power BI on the folder.
///
/// Keys by https://learn.microsoft.com/power-bi/connect-data/desktop-data-sources: one connection, no credentials.
struct PowerBIConnection: Encodable {
    static let fileName = "power-bi.pbids"

    struct Connection: Encodable {
        struct Details: Encodable {
            let `protocol` = "folder"
            let address: [String: String]
        }
        let details: Details
        let options: [String: String] = [:]
        let mode = "Import"
    }
    let version = "0.1"
    let connections: [Connection]

    init(folder: String) { connections = [Connection(details: .init(address: ["path": folder]))] }
}
