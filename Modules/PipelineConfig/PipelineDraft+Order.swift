internal import PipelineCore

extension PipelineDraft {
    /// The jobs, each after those that it waits for; jobs of a cycle come last.
    var orderedJobs: [UseBlock<JobBlock>] {
        var ordered: [UseBlock<JobBlock>] = []
        var done: Set<String> = []
        var waiting = jobs
        while let next = waiting.firstIndex(where: { job in after(job).allSatisfy { done.contains($0.value) } }) {
            done.insert(waiting[next].name)
            ordered.append(waiting.remove(at: next))
        }
        return ordered + waiting
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
        for cycle in cycles() {
            let path = (cycle.map(\.name) + [cycle[0].name]).joined(separator: " → ")
            let closing = after(cycle[0]).first { $0.value == cycle[1 % cycle.count].name }
            let problem = cycle.count == 1 ? "the job waits for itself" : "the jobs wait for each other: \(path)"
            closing.map { issues.add($0.issue(problem, hint: "take one of them out of `after`")) }
        }
    }

    /// The names of all jobs that a job waits for, directly or not.
    func ancestors(of job: UseBlock<JobBlock>) -> Set<String> {
        var found: Set<String> = []
        var waiting = after(job).map(\.value)
        while let name = waiting.popLast() {
            guard found.insert(name).inserted, let next = jobs.first(where: { $0.name == name }) else { continue }
            waiting += after(next).map(\.value)
        }
        return found
    }

    private func after(_ job: UseBlock<JobBlock>) -> [Located<String>] { job.value?.after ?? [] }

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
            for name in path.last.map(after)?.map(\.value) ?? [] {
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
