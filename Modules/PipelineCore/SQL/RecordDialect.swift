/// Renders what engines write differently when they take text records apart: JSON lines, log lines, text to types.
///
/// Every helper takes SQL expressions and returns one; a text that does not fit gives NULL, never an error.
public protocol RecordDialect: Sendable {
    /// Whether a text is one JSON object.
    func isJSONObject(_ text: String) -> String

    /// A JSON text with the escape of U+FFFD in place of each escape of half a surrogate pair, which RFC 8259 allows and engines
    /// refuse; what is no JSON may come out changed, but not as JSON.
    func jsonWithoutHalfPairs(_ text: String) -> String

    /// Members of a JSON object as text, by path (`["context", "ip"]`), one column each in a relation.
    ///
    /// Returns a SELECT over `relation` that passes on `columns` and adds one VARCHAR column per member: strings without
    /// quotes, numbers as written, objects and lists as JSON text, JSON null and what is missing as NULL. `text` must hold
    /// JSON objects only.
    func selectingMembers(
        _ members: [(column: String, path: [String])],
        of text: String,
        passing columns: [String],
        from relation: String
    ) -> String

    /// A JSON object without some of its top-level members, as JSON text.
    func jsonObject(_ text: String, without members: [String]) -> String

    /// A JSON object with a member at its top that is a text of this value where it was missing, null or the empty text.
    func jsonObject(_ text: String, setting member: String, to value: String) -> String

    /// A JSON object with a member at its top under another name, unless a member of that name has a value: then as it is.
    func jsonObject(_ text: String, renaming member: String, to name: String) -> String

    /// A JSON object of texts, as JSON text, without those that are NULL; NULL if none is left.
    func jsonObject(of members: [(name: String, value: String)]) -> String

    /// One JSON object from two: members of `second` win. NULL counts as an object without members; NULL if both are NULL.
    func jsonMerge(_ first: String, _ second: String) -> String

    /// The names of the top-level members of all JSON objects in a relation's column: a query with one column `name`.
    func selectingMemberNames(of text: String, from relation: String) -> String

    /// The parts of a text that a regular expression with named groups captures, one column each in a relation.
    ///
    /// Returns a SELECT like ``selectingMembers(_:of:passing:from:)``; where the expression does not match, all are NULL.
    func selectingGroups(
        _ groups: [String],
        pattern: String,
        of text: String,
        passing columns: [String],
        from relation: String
    ) -> String

    /// Whether a regular expression matches anywhere in a text.
    func matches(_ text: String, _ pattern: String) -> String

    /// A moment from text: ISO 8601, as `2024-03-13T10:21:14.5Z` (a space for the T, and a comma for the point, will do) or in
    /// its basic form `20240313T102114.5Z`, with or without offset (then in `timezone`); a day alone; a log's `17/May/2015:10:05:03 +0000`,
    /// or a number of seconds, milliseconds or microseconds since 1970 (told apart by size).
    func timestamp(_ text: String, timezone: String) -> String

    /// The moment that lies as long before `moment` as the first of two others before the second (after it, if that is the
    /// later one); a TIMESTAMPTZ, NULL where one of the three is. All must be moments that ``timestamp(_:timezone:)`` gives.
    func moment(_ moment: String, before others: (first: String, second: String)) -> String

    /// A text that is a number as INTEGER, its fraction left out and not rounded.
    func wholeNumber(_ text: String) -> String

    /// A text as a value of a type by the engine's safe cast.
    func cast(_ text: String, to type: DataType) -> String

    /// 32 hexadecimal digits that identify a text.
    func digest(_ text: String) -> String
}
