import PipelineCore

/// Reads parts of a web address in SQL.
///
/// Addresses are taken as they come: nothing here fails on a malformed one.
struct PageAddress {
    let dialect: any SQLDialect
    /// The expression of the address.
    let address: String

    /// The path, not decoded, `/` where the address ends after its host; NULL for a text that has neither host nor
    /// leading slash, such as `mailto:…`.
    var path: String {
        let scheme = "[a-zA-Z][a-zA-Z0-9+.-]*:"
        let afterHost = dialect.firstGroup(of: "^(?:\(scheme))?//[^/?#]*(/[^?#]*)", in: address)
        let alone = dialect.firstGroup(of: "^(/(?:[^/?#][^?#]*)?)", in: address)
        let root = "CASE WHEN \(dialect.matches(address, pattern: "^\(scheme)//")) THEN '/' END"
        return "coalesce(\(afterHost), \(alone), \(root))"
    }

    /// The host in lower case, without a leading `www.` and without a port; NULL where there is none.
    var site: String {
        let pattern = "(?i)^(?:[a-z][a-z0-9+.-]*:)?//(?:[^/?#@]*@)?(?:www[.])?([^/?#:]+)"
        return "lower(\(dialect.firstGroup(of: pattern, in: address)))"
    }

    /// The decoded value of the query's first parameter of that name; NULL where it is missing or empty.
    func parameter(_ name: String) -> String {
        let value = dialect.firstGroup(of: "^[^?#]*[?](?:[^#]*?&)??\(name)(?:=([^&#]*))?(?:[&#]|$)", in: address)
        return dialect.percentDecoded("replace(\(value), '+', ' ')")
    }

    /// The name of the query's first parameter that has one of these names and a value; NULL where none has.
    func firstParameter(among names: [String]) -> String {
        dialect.firstGroup(of: "^[^?#]*[?](?:[^#]*?&)??(\(names.joined(separator: "|")))=[^&#]", in: address)
    }
}
