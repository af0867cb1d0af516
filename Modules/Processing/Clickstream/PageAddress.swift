import PipelineCore

/// Reads parts of a web address in SQL.
///
/// Addresses are taken as they come: nothing here fails on a malformed one.
struct PageAddress {
    let dialect: any SQLDialect
    /// The expression of the address.
    let address: String

    /// The path, `/` where there is none; NULL without an address.
    ///
    /// Understands addresses without scheme or host too.
    var path: String {
        let path = dialect.firstGroup(of: "^(?:[a-zA-Z][a-zA-Z0-9+.-]*:)?(?://[^/?#]*)?([^?#]*)", in: address)
        return "CASE WHEN \(address) <> '' THEN coalesce(\(path), '/') END"
    }

    /// The host in lower case, without a leading `www.` and without a port; NULL where there is none.
    var site: String {
        let pattern = "(?i)^(?:[a-z][a-z0-9+.-]*:)?//(?:[^/?#@]*@)?(?:www[.])?([^/?#:]+)"
        return "lower(\(dialect.firstGroup(of: pattern, in: address)))"
    }

    /// The decoded value of the query's first parameter of that name; NULL where it is missing or empty.
    func parameter(_ name: String) -> String {
        let value = dialect.firstGroup(of: "^[^?#]*[?](?:[^#]*?&)??\(name)=([^&#]*)", in: address)
        return dialect.percentDecoded("replace(\(value), '+', ' ')")
    }

    /// The name of the query's first parameter that has one of these names and a value; NULL where none has.
    func firstParameter(among names: [String]) -> String {
        dialect.firstGroup(of: "^[^?#]*[?](?:[^#]*?&)??(\(names.joined(separator: "|")))=[^&#]", in: address)
    }
}
