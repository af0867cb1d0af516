/// Follows the words of a query to tell where the name of a table stands.
///
/// It reads no SQL: it knows the list behind FROM and JOIN, and the names that WITH gives to queries.
struct TablePosition {
    /// In lower case, those that WITH gives not among them.
    var tables: Set<String> { named.subtracting(given) }
    private var named: Set<String> = []
    private var given: Set<String> = []
    /// By open parenthesis: whether a comma separates tables there, and the word before it.
    private var levels = [(isList: false, word: "")]
    private var isNext = false
    private var wasTable = false
    private var previous = ""
    private var beforeAs = ""

    private static let beginnings: Set = ["from", "join", "table", "pivot", "unpivot", "summarize"]
    private static let endings: Set = [
        "select", "where", "group", "having", "order", "limit", "union", "except", "intersect", "window", "qualify",
    ]

    /// Takes the next word, in lower case.
    mutating func read(word: String, isQuoted: Bool) {
        defer { previous = word }
        wasTable = false
        if !isQuoted, word == "as" { beforeAs = previous }
        if !isQuoted, Self.endings.contains(word) {
            (levels[levels.count - 1].isList, isNext) = (false, false)
        } else if !isQuoted, Self.beginnings.contains(word) {
            guard previous != "distinct" else { return }  // IS DISTINCT FROM compares.
            (levels[levels.count - 1].isList, isNext) = (true, true)
        } else if isNext, isQuoted || word != "lateral" {
            named.insert(word)
            (isNext, wasTable) = (false, true)
        }
    }

    /// Takes the next byte that belongs to no word, text or comment.
    mutating func read(symbol: UInt8) {
        switch symbol {
        case UInt8(ascii: "("):
            if ["as", "materialized"].contains(previous) { given.insert(beforeAs) }
            levels.append((isList: isNext, word: previous))
        case UInt8(ascii: ")"):
            if levels.count > 1 { previous = levels.removeLast().word }
            isNext = false
        case UInt8(ascii: ","): isNext = levels[levels.count - 1].isList
        case UInt8(ascii: "."): isNext = wasTable
        default: break
        }
    }
}
