/// One of the three lists of the rule file: the first rule that matches answers.
struct RuleList {
    /// A part of the answer: the key of its replacement in the file and the group that holds it where there is none.
    struct Part {
        let key: String
        let group: Int?
    }

    private struct Rule {
        let pattern: Pattern
        let replacements: [Replacement?]
    }

    private let rules: [Rule]
    private let index: RuleIndex

    /// Compiles the entries; throws `corruptData` where one is not valid.
    init(_ entries: [RuleFile.Entry], parts: [Part]) throws {
        rules = try entries.map { entry in
            Rule(
                pattern: try Pattern(entry.regex, ignoringCase: entry.ignoresCase),
                replacements: parts.map { part in
                    entry.replacements[part.key].map { Replacement($0) } ?? part.group.map { Replacement(group: $0) }
                }
            )
        }
        index = RuleIndex(entries.map { RequiredText(of: $0.regex) })
    }

    /// The parts of the answer in their order, nil where the rule leaves one empty; nil where no rule matches.
    func answer(for text: [UInt8], in room: MatchRoom) -> [String?]? {
        var answer: [String?]?
        index.firstCandidate(for: text) { number in
            let rule = rules[number]
            guard rule.pattern.matches(text, in: room) else { return false }
            answer = rule.replacements.map { $0?.applied(to: text, room) }
            return true
        }
        return answer
    }
}
