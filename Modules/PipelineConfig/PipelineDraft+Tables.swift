internal import PipelineCore

extension PipelineDraft {
    /// A block in its part as user of tables.
    private struct User {
        let path: String
        let tables: TableUse
        let place: (String) -> Located<String>
        /// The name of the job, nil for other blocks.
        let job: UseBlock<JobBlock>?

        init<Value>(_ block: UseBlock<Value>, job: UseBlock<JobBlock>? = nil) {
            path = block.path
            tables = block.tables
            place = block.place
            self.job = job
        }
    }

    /// Checks the blocks against each other.
    func check(_ issues: ConfigurationIssues) {
        checkOrder(issues)
        checkWriters(issues)
        // What a block with mistakes would write is not known, so nothing can be said of who reads it.
        if sources.allSatisfy(\.isSound), jobs.allSatisfy(\.isSound) { checkReaders(issues) }
    }

    private var writers: [User] { sources.map { User($0) } + jobs.map { User($0, job: $0) } }

    private func checkWriters(_ issues: ConfigurationIssues) {
        var claims: [DatasetName: User] = [:]
        for user in writers {
            for table in user.tables.writes where table.isValid {
                if table == DatasetDefinition.eventLog.name {
                    let hint = "choose another name"
                    issues.add(user.place(table.rawValue).issue("the table '\(table)' is kept for events", hint: hint))
                } else if let first = claims[table] {
                    reject(table, of: first, and: user, issues)
                } else {
                    claims[table] = user
                }
            }
        }
    }

    /// Blames the block that names the table, since that is what can be changed; else the second.
    private func reject(_ table: DatasetName, of first: User, and second: User, _ issues: ConfigurationIssues) {
        let places = [(second, first), (first, second)].map { ($0.0.place(table.rawValue), $0.0, $0.1) }
        guard let (place, _, other) = places.first(where: { $0.0.path != $0.1.path }) ?? places.first else { return }
        issues.add(
            place.issue("the table '\(table)' is already written by \(other.path)", hint: "choose another name")
        )
    }

    private func checkReaders(_ issues: ConfigurationIssues) {
        let known = Set(writers.flatMap { $0.tables.writes + $0.tables.appends }).map(\.rawValue)
        let readers = jobs.map { User($0, job: $0) } + exports.map { User($0) }
        for user in readers {
            for table in user.tables.reads where table != DatasetDefinition.eventLog.name {
                if !known.contains(table.rawValue) {
                    let nearest = known.nearest(to: table.rawValue).map { "did you mean '\($0)'?" }
                    let hint = nearest ?? "there are: \(known.list)"
                    issues.add(user.place(table.rawValue).issue("no dataset is called '\(table)'", hint: hint))
                } else if let job = user.job, let writer = jobs.first(where: { $0.tables.writes.contains(table) }) {
                    checkOrder(of: job, reading: table, from: writer, issues)
                }
            }
        }
    }

    private func checkOrder(
        of job: UseBlock<JobBlock>,
        reading table: DatasetName,
        from writer: UseBlock<JobBlock>,
        _ issues: ConfigurationIssues
    ) {
        guard job.name != writer.name, !ancestors(of: job).contains(writer.name) else { return }
        issues.add(
            job.place(naming: table.rawValue).issue(
                "the job reads '\(table)' and does not wait for \(writer.path), which writes it",
                hint: "add `after: [\(writer.name)]`"
            )
        )
    }
}
