/// Texts of which any match of an expression contains at least one, found by reading the expression.
///
/// A header without any of them needs no search; that is what makes a thousand rules cheap. All texts are lower-case
/// ASCII and at least ``minimumLength`` bytes long, so that the question can be asked regardless of case.
struct RequiredText {
    static let minimumLength = 3

    /// Sets of texts, of each of which a match contains at least one text; empty where nothing is known.
    let sets: [[[UInt8]]]

    /// Reads an expression; constructs that it does not know give no requirement, never a wrong one.
    init(of expression: String) {
        var reader = ExpressionReader(expression)
        guard let syntax = reader.read() else {
            sets = []
            return
        }
        var collector = Collector()
        collector.visit(syntax)
        sets = collector.finish()
    }

    /// Walks along an expression and gathers the bytes that must follow each other.
    private struct Collector {
        private var run: [UInt8] = []
        private var sets: [[[UInt8]]] = []

        mutating func visit(_ syntax: ExpressionSyntax) {
            switch syntax {
            case .byte(let byte): run.append(byte)
            case .boundary: break
            case .anything: endRun()
            case .sequence(let parts): for part in parts { visit(part) }
            case .repeated(let part, let isOptional):
                if isOptional { endRun() } else { visit(part) }
                endRun()
            case .alternatives(let branches):
                endRun()
                let best = branches.map { branch in
                    var collector = Collector()
                    collector.visit(branch)
                    return collector.finish().max { Self.weight($0) < Self.weight($1) }
                }
                let known = best.compactMap { $0 }
                if known.count == branches.count { sets.append(known.flatMap { $0 }) }
            }
        }

        mutating func finish() -> [[[UInt8]]] {
            endRun()
            return sets
        }

        private mutating func endRun() {
            if run.count >= RequiredText.minimumLength { sets.append([run]) }
            run = []
        }

        /// A longer text is a better sieve; a set is as good as its shortest.
        private static func weight(_ set: [[UInt8]]) -> Int { set.map(\.count).min() ?? 0 }
    }
}
