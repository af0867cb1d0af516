internal import PipelineCore

extension PipelineDraft {
    /// A block in its part as user of tables.
    private struct User {
        let path: String
        let tables: TableUse
        let place: (String?) -> Located<String>

        init<Value>(_ block: UseBlock<Value>) {
            path = block.path
            tables = block.tables
            place = block.place
        }
    }

    /// Checks the blocks against each other.
    func check(_ issues: ConfigurationIssues) {
        checkOrder(issues)
        checkWriters(issues)
        checkPaths(issues)
        // What a block with mistakes would write is not known, so nothing can be said of who reads it.
        if sources.allSatisfy(\.isSound), jobs.allSatisfy(\.isSound) { checkReaders(issues) }
    }

    private var writers: [User] { sources.map { User($0) } + jobs.map { User($0) } }

    /// The tables that every pipeline has, with what they hold.
    private static var keptTables: [DatasetName: String] {
        [DatasetDefinition.eventLog.name: "events", DatasetDefinition.deadLetters.name: "rejected rows"]
    }

    /// What databases and exports keep for tables of their own begins so.
    private static var keptPrefixes: [String] { ["_millrace", "sqlite_"] }

    private func checkWriters(_ issues: ConfigurationIssues) {
        var earlier: [User] = []
        for user in writers {
            for table in user.tables.writes {
                guard let prefix = Self.keptPrefixes.first(where: table.rawValue.hasPrefix) else { continue }
                let place = user.place(table.rawValue)
                let hint = "choose a name that does not begin with \(prefix)"
                issues.add(place.issue("the table \(place.shown) could not be delivered to a database", hint: hint))
            }
            let (kept, own) = user.tables.writes.split { Self.keptTables[$0] != nil }
            for table in kept {
                let place = user.place(table.rawValue)
                let purpose = Self.keptTables[table] ?? ""
                issues.add(place.issue("the table \(place.shown) is kept for \(purpose)", hint: "choose another name"))
            }
            var unclaimed = own.filter(\.isValid)
            for other in earlier {
                let (shared, rest) = unclaimed.split { other.tables.writes.contains($0) }
                if !shared.isEmpty { reject(shared, of: other, and: user, issues) }
                unclaimed = rest
            }
            earlier.append(user)
        }
    }

    /// Blames the block that names a table, since that is what can be changed; where none does, the second.
    private func reject(_ tables: [DatasetName], of first: User, and second: User, _ issues: ConfigurationIssues) {
        for (user, other) in [(second, first), (first, second)] {
            let places = tables.map { user.place($0.rawValue) }.filter { $0.path != user.path }
            for place in places {
                let problem = "the table \(place.shown) is already written by \(other.path)"
                issues.add(place.issue(problem, hint: "choose another name"))
            }
            if !places.isEmpty { return }
        }
        let names = tables.map { "'\($0)'" }.joined(separator: ", ")
        let problem = tables.count == 1 ? "the table \(names) is" : "the tables \(names) are"
        issues.add(
            second.place(nil).issue("\(problem) already written by \(first.path)", hint: "remove one of the two")
        )
    }

    private func checkReaders(_ issues: ConfigurationIssues) {
        let known = Set(writers.flatMap { $0.tables.writes + $0.tables.appends }).map(\.rawValue).sorted()
        let readers = jobs.map { User($0) } + exports.map { User($0) }
        for user in readers {
            for table in user.tables.reads where Self.keptTables[table] == nil && !known.contains(table.rawValue) {
                let nearest = known.nearest(to: table.rawValue).map { "did you mean '\($0)'?" }
                let place = user.place(table.rawValue)
                let hint = nearest ?? "there are: \(known.list)"
                issues.add(place.issue("no dataset is called \(place.shown)", hint: hint))
            }
        }
    }
}

extension [DatasetName] {
    /// Those of which something is true, and the others.
    fileprivate func split(by isFirst: (DatasetName) -> Bool) -> (first: [DatasetName], rest: [DatasetName]) {
        (filter(isFirst), filter { !isFirst($0) })
    }
}
