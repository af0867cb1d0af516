public import PipelineCore

/// Which datasets an export delivers.
public enum ExportSelection: Sendable, Hashable {
    /// Every dataset that the config's jobs produce, whichever these are at the time.
    case all
    /// These, in this order; the only way to deliver a table that ingestion fills by itself.
    case named([DatasetName])

    /// Reads `datasets:` from an export's block, after the connector's own keys; `all` where it is left out.
    public static func read(from block: ConfigurationBlock) -> ExportSelection {
        block.value("datasets", .selection, default: .all, "all datasets that jobs produce, or a list of names")
    }

    /// The datasets to deliver, each once, given those of the config's jobs in the order in which they are produced.
    public func names(outOf produced: [DatasetName]) -> [DatasetName] {
        switch self {
        case .all:
            var seen: Set<DatasetName> = []
            return produced.filter { seen.insert($0).inserted }
        case .named(let names): return names
        }
    }
}

extension ConfigurationType where Value == ExportSelection {
    /// `all`, or a list of names of tables, none of them twice.
    static var selection: ConfigurationType {
        let names = ConfigurationType<[String]>.list(.text(example: "sessions"))
        return ConfigurationType(
            schema: .either([.choice(["all"]), .list(.string(pattern: "^[a-z_][a-z0-9_]{0,62}$"))]),
            placeholder: .all,
            example: "[sessions, daily_metrics]"
        ) { node, path, issues in
            if case .scalar("all", _, _) = node.value { return .all }
            guard let words = names.parse(node, path, issues) else { return nil }
            guard let problem = problem(of: words) else { return .named(words.map(DatasetName.init(rawValue:))) }
            issues.add(
                ConfigurationIssue(
                    path: path,
                    problem: problem,
                    hint: "such as: all, or [sessions, daily_metrics]",
                    mark: node.mark
                )
            )
            return nil
        }
    }

    private static func problem(of words: [String]) -> String? {
        if words.isEmpty { return "the list of datasets is empty" }
        var seen: Set<String> = []
        for word in words {
            if word == "all" { return "'all' stands in a list" }
            if !DatasetName(rawValue: word).isValid { return "'\(word.prefix(80))' is no name of a dataset" }
            if !seen.insert(word).inserted { return "'\(word)' stands there twice" }
        }
        return nil
    }
}
