extension ConfigurationType where Value == String {
    /// Text that is not empty.
    public static func text(example: String) -> ConfigurationType {
        .scalar(.string(pattern: nil), placeholder: "", example: example, expected: "text") { $0.isEmpty ? nil : $0 }
    }

    /// One of a few words.
    public static func choice(_ words: [String]) -> ConfigurationType {
        .scalar(
            .choice(words), placeholder: words.first ?? "", example: words.first ?? "",
            expected: "one of: \(words.joined(separator: ", "))"
        ) { words.contains($0) ? $0 : nil }
    }
}

extension ConfigurationType where Value: RawRepresentable & CaseIterable & Sendable, Value.RawValue == String {
    /// One of the cases of an enumeration, written as its raw value.
    public static func choice(_ placeholder: Value) -> ConfigurationType {
        let words = Value.allCases.map(\.rawValue)
        return .scalar(
            .choice(words), placeholder: placeholder, example: placeholder.rawValue,
            expected: "one of: \(words.joined(separator: ", "))"
        ) { Value(rawValue: $0) }
    }
}

extension ConfigurationType where Value == Bool {
    /// `true` or `false`.
    public static var boolean: ConfigurationType {
        .scalar(.boolean, placeholder: false, example: "true", expected: "true or false") {
            switch $0.lowercased() {
            case "true": true
            case "false": false
            default: nil
            }
        }
    }
}

extension ConfigurationType where Value == Int {
    /// A whole number within limits.
    public static func integer(in range: ClosedRange<Int>, example: Int) -> ConfigurationType {
        .scalar(
            .integer(minimum: range.lowerBound, maximum: range.upperBound == .max ? nil : range.upperBound),
            placeholder: range.lowerBound, example: String(example),
            expected: range.upperBound == .max
                ? "a whole number of at least \(range.lowerBound)"
                : "a whole number from \(range.lowerBound) to \(range.upperBound)"
        ) { Int($0).flatMap { range.contains($0) ? $0 : nil } }
    }
}

extension ConfigurationType where Value == Double {
    /// A number.
    public static var number: ConfigurationType {
        .scalar(.number, placeholder: 0, example: "0.5", expected: "a number") {
            Double($0).flatMap { $0.isFinite ? $0 : nil }
        }
    }
}

extension ConfigurationType where Value == Secret {
    /// A secret; best written as a reference such as `${DATABASE_URL}`.
    public static var secret: ConfigurationType {
        ConfigurationType(
            schema: .string(pattern: nil), placeholder: Secret(""), example: "${NAME}"
        ) { node, path, issues in
            if case .scalar(let text, _, _) = node.value, !text.isEmpty { return Secret(text) }
            issues.add(
                ConfigurationIssue(path: path, problem: "a secret belongs here", hint: "such as: ${NAME}", mark: node.mark)
            )
            return nil
        }
    }
}

extension ConfigurationType where Value == Duration {
    /// A span of time in one unit: `30m`, `7d`, `1.5h`, `500ms`.
    public static func duration(example: String) -> ConfigurationType {
        .scalar(
            .string(pattern: #"^\d+(\.\d+)?(ms|s|m|h|d|w)$"#), placeholder: .zero, example: example,
            expected: "a duration (a number and ms, s, m, h, d or w)"
        ) { text in
            let units: [(String, Double)] = [
                ("ms", 0.001), ("s", 1), ("m", 60), ("h", 3600), ("d", 86_400), ("w", 604_800),
            ]
            for (unit, seconds) in units where text.hasSuffix(unit) {
                guard let count = Double(text.dropLast(unit.count)), count >= 0, count.isFinite, count < 1e9 else { continue }
                return .milliseconds(Int64((count * seconds * 1000).rounded()))
            }
            return nil
        }
    }
}

extension ConfigurationType where Value == Int64 {
    /// An amount of bytes: `4GB`, `512MiB`, `1000`; KB, MB, GB, TB are powers of 1000, KiB to TiB of 1024.
    public static func bytes(example: String) -> ConfigurationType {
        .scalar(
            .string(pattern: #"^\d+(\.\d+)?\s*([KMGT]i?)?B?$"#), placeholder: 0, example: example,
            expected: "an amount of memory or disk"
        ) { text in
            let units: [(String, Double)] = [
                ("KiB", 1024), ("MiB", 1_048_576), ("GiB", 1_073_741_824), ("TiB", 1_099_511_627_776),
                ("KB", 1e3), ("MB", 1e6), ("GB", 1e9), ("TB", 1e12), ("B", 1), ("", 1),
            ]
            for (unit, factor) in units where text.hasSuffix(unit) {
                let digits = text.dropLast(unit.count).filter { $0 != " " }
                guard let count = Double(String(digits)), count > 0, count * factor < 9e18 else { continue }
                return Int64(count * factor)
            }
            return nil
        }
    }
}
