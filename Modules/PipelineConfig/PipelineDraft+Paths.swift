internal import PipelineCore

extension PipelineDraft {
    /// Checks that no two parts keep what is theirs in one place, where each would undo what the other did.
    func checkPaths(_ issues: ConfigurationIssues) {
        let lake = lake?.text(of: "path")
        let lakeParts = lake.map { parts($0.value, issues) }
        var taken: [[Substring]: String] = [:]
        for export in exports {
            guard let path = export.text(of: "path") else { continue }
            let place = parts(path.value, issues)
            if let other = taken.updateValue(export.path, forKey: place) {
                issues.add(path.issue("\(other) delivers to \(path.shown) already", hint: "choose another path"))
            }
            if let lakeParts, place.starts(with: lakeParts) { issues.add(intrusion(path, place == lakeParts)) }
        }
        guard let lake, let lakeParts else { return }
        let place = parts(state.value, issues)
        if place.starts(with: lakeParts) {
            issues.add(intrusion(state, place == lakeParts))
        } else if lakeParts.starts(with: place) {
            // Who removes the state to begin anew must not lose the lake. The default stands nowhere in the file.
            let blamed = state.mark == nil ? lake : state
            issues.add(blamed.issue("the lake is inside of \(state.shown)", hint: "choose another path"))
        }
    }

    private func intrusion(_ path: Located<String>, _ isLake: Bool) -> ConfigurationIssue {
        let problem = isLake ? "is the lake's own directory" : "is inside of the lake"
        return path.issue("\(path.shown) \(problem)", hint: "choose another path")
    }

    /// The names that lead from the root to a path, without looking at the disk.
    private func parts(_ path: String, _ issues: ConfigurationIssues) -> [Substring] {
        let absolute = path.hasPrefix("/") ? path : "\(issues.baseDirectory)/\(path)"
        return absolute.split(separator: "/").reduce(into: []) { parts, name in
            if name == ".." { _ = parts.popLast() } else if name != "." { parts.append(name) }
        }
    }
}
