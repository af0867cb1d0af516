internal import PipelineCore

extension PipelineDraft {
    /// That a job waits for another, and why.
    private struct Wait {
        /// The name of the other.
        let other: String
        /// What in the file says so.
        let place: Located<String>
        /// In words, where not `after` says it but a table.
        let reading: String?
    }

    /// The jobs, each after those that it waits for; jobs of a cycle come last.
    var orderedJobs: [UseBlock<JobBlock>] {
        var ordered: [UseBlock<JobBlock>] = []
        var done: Set<String> = []
        var waiting = jobs
        while let next = waiting.firstIndex(where: { names(before: $0).allSatisfy(done.contains) }) {
            done.insert(waiting[next].name)
            ordered.append(waiting.remove(at: next))
        }
        return ordered + waiting
    }

    /// The jobs that a job waits for: those of its `after`, and those that write what it reads.
    ///
    /// Each of them is named once.
    func names(before job: UseBlock<JobBlock>) -> [String] {
        var seen: Set<String> = []
        return waits(of: job).map(\.other).filter { seen.insert($0).inserted }
    }

    /// Checks that every job waits for jobs that exist, and that none waits for itself in the end.
    func checkOrder(_ issues: ConfigurationIssues) {
        let names = jobs.map(\.name)
        for job in jobs {
            for other in after(job) where !names.contains(other.value) {
                let hint = names.nearest(to: other.value).map { "did you mean '\($0)'?" } ?? "jobs: \(names.list)"
                issues.add(other.issue("no job is called \(other.shown)", hint: hint))
            }
        }
        for cycle in cycles() { issues.add(issue(of: cycle)) }
    }

    private func issue(of cycle: [UseBlock<JobBlock>]) -> ConfigurationIssue {
        let names = cycle.map(\.name)
        let following = names.dropFirst() + [names[0]]
        let steps = zip(cycle, following).compactMap { job, other in waits(of: job).first { $0.other == other } }
        let path = (names + [names[0]]).joined(separator: " → ")
        let problem = cycle.count == 1 ? "the job waits for itself" : "the jobs wait for each other: \(path)"
        let reasons = zip(names, steps).map { $1.reading ?? "\($0) has \($1.other) in its `after`" }
        let isReading = steps.contains { $0.reading != nil }
        let hint = isReading ? reasons.joined(separator: "; ") : "take one of them out of `after`"
        return steps[0].place.issue(problem, hint: hint)
    }

    private func after(_ job: UseBlock<JobBlock>) -> [Located<String>] { job.value?.after ?? [] }

    private func waits(of job: UseBlock<JobBlock>) -> [Wait] {
        let told = after(job).map { Wait(other: $0.value, place: $0, reading: nil) }
        let read = (job.tables.reads + job.tables.mentions).flatMap { table in
            jobs.filter { $0.name != job.name && $0.tables.writes.contains(table) }.map { writer in
                let reading = "\(job.name) reads '\(table)', which \(writer.name) writes"
                return Wait(other: writer.name, place: job.place(naming: table.rawValue), reading: reading)
            }
        }
        return told + read
    }

    /// The names of all jobs that a job waits for, directly or not.
    private func ancestors(of job: UseBlock<JobBlock>) -> Set<String> {
        var found: Set<String> = []
        var waiting = names(before: job)
        while let name = waiting.popLast() {
            guard found.insert(name).inserted, let next = jobs.first(where: { $0.name == name }) else { continue }
            waiting += names(before: next)
        }
        return found
    }

    /// One cycle for each group of jobs that wait for each other, begun at the group's first job in the file.
    private func cycles() -> [[UseBlock<JobBlock>]] {
        var explained: Set<String> = []
        return jobs.compactMap { job in
            guard !explained.contains(job.name), let cycle = shortestCycle(through: job) else { return nil }
            explained.formUnion(
                ancestors(of: job).filter { name in
                    jobs.contains { $0.name == name && ancestors(of: $0).contains(job.name) }
                }
            )
            return cycle
        }
    }

    /// The jobs from `job` back to itself, by breadth-first search; nil where it waits for itself in no way.
    private func shortestCycle(through job: UseBlock<JobBlock>) -> [UseBlock<JobBlock>]? {
        var seen: Set<String> = []
        var paths = [[job]]
        while !paths.isEmpty {
            let path = paths.removeFirst()
            for name in path.last.map(names(before:)) ?? [] {
                if name == job.name { return path }
                guard seen.insert(name).inserted, let next = jobs.first(where: { $0.name == name }) else { continue }
                paths.append(path + [next])
            }
        }
        return nil
    }
}

extension [String] {
    /// The words as a message shows them.
    var list: String { isEmpty ? "none" : sorted().joined(separator: ", ") }
}
