extension ConfigurationType where Value == String {
    /// Text that is not empty.
    public static func text(example: String) -> ConfigurationType {
        .scalar(.string(pattern: nil), placeholder: "", example: example, expected: "text") { $0.isEmpty ? nil : $0 }
    }

    /// The name of a time zone that this machine knows, such as `Europe/Warsaw`.
    public static var timeZone: ConfigurationType {
        .scalar(
            .string(pattern: "^[A-Za-z0-9_+/-]+$"),
            placeholder: "UTC",
            example: "Europe/Warsaw",
            expected: "a time zone",
            hint: TimeZoneName.hint
        ) { TimeZoneName.exists($0) ? $0 : nil }
    }

    /// One of a few words.
    public static func choice(_ words: [String]) -> ConfigurationType {
        choice(words, placeholder: words.first ?? "") { words.contains($0) ? $0 : nil }
    }
}

extension ConfigurationType where Value: RawRepresentable & CaseIterable & Sendable, Value.RawValue == String {
    /// One of the cases of an enumeration, written as its raw value.
    public static func choice(_ placeholder: Value) -> ConfigurationType {
        choice(Value.allCases.map(\.rawValue), placeholder: placeholder) { Value(rawValue: $0) }
    }
}

extension ConfigurationType {
    private static func choice(
        _ words: [String],
        placeholder: Value,
        read: @escaping @Sendable (String) -> Value?
    ) -> ConfigurationType {
        .scalar(
            .choice(words),
            placeholder: placeholder,
            example: words.first ?? "",
            expected: "one of: \(words.joined(separator: ", "))",
            hint: { text in words.nearest(to: text).map { "did you mean '\($0)'?" } },
            read: read
        )
    }
}

extension ConfigurationType where Value == DatasetName {
    /// The name of a table; see ``DatasetName/isValid``.
    public static func dataset(example: String) -> ConfigurationType {
        .scalar(
            .string(pattern: "^\(DatasetName.pattern)$"),
            placeholder: "",
            example: example,
            expected: "a name of lower-case letters, digits and _"
        ) { DatasetName(rawValue: $0).isValid ? DatasetName(rawValue: $0) : nil }
    }
}

extension DatasetName {
    /// What ``isValid`` accepts, as a regular expression without anchors, for schemas.
    public static let pattern = "[a-z_][a-z0-9_]{0,62}"
}

extension ConfigurationType where Value == Bool {
    /// `true` or `false`.
    public static var boolean: ConfigurationType {
        .scalar(.boolean, placeholder: false, example: "true", expected: "true or false") {
            switch $0 {
            case "true", "True", "TRUE": true
            case "false", "False", "FALSE": false
            default: nil
            }
        }
    }
}

extension ConfigurationType where Value == Int {
    /// A whole number within limits.
    public static func integer(in range: ClosedRange<Int>, example: Int) -> ConfigurationType {
        let minimum = range.lowerBound == .min ? nil : range.lowerBound
        let maximum = range.upperBound == .max ? nil : range.upperBound
        let expected =
            switch (minimum, maximum) {
            case (nil, nil): "a whole number"
            case (let minimum?, nil): "a whole number of at least \(minimum)"
            case (nil, let maximum?): "a whole number of at most \(maximum)"
            case (let minimum?, let maximum?): "a whole number from \(minimum) to \(maximum)"
            }
        return .scalar(
            .integer(minimum: minimum, maximum: maximum),
            placeholder: range.lowerBound,
            example: String(example),
            expected: expected
        ) { Int($0).flatMap { range.contains($0) ? $0 : nil } }
    }
}

extension ConfigurationType where Value == Double {
    /// A number in decimal notation, such as `3`, `0.5` or `1e-6`.
    public static var number: ConfigurationType {
        .scalar(.number, placeholder: 0, example: "0.5", expected: "a number") { text in
            guard text.utf8.allSatisfy({ "0123456789.eE+-".utf8.contains($0) }) else { return nil }
            return Double(text).flatMap { $0.isFinite ? $0 : nil }
        }
    }
}

extension ConfigurationType where Value == Secret {
    /// A secret; best written as a reference such as `${DATABASE_URL}`.
    public static var secret: ConfigurationType {
        ConfigurationType(
            schema: .string(pattern: nil),
            placeholder: Secret(""),
            example: "${NAME}"
        ) { node, path, issues in
            if case .scalar(let text, _, _) = node.value, !text.isEmpty { return Secret(text) }
            issues.add(
                ConfigurationIssue(
                    path: path,
                    problem: "a secret belongs here",
                    hint: "such as: ${NAME}",
                    mark: node.mark
                )
            )
            return nil
        }
    }
}

extension ConfigurationType where Value == Duration {
    /// A span of time in one unit: `30m`, `7d`, `1.5h`, `500ms`; the limits are written in the same way.
    public static func duration(
        example: String,
        from least: String = "0s",
        to most: String = "3660d"
    ) -> ConfigurationType {
        let limits = (span(least) ?? .zero)...(span(most) ?? .zero)
        return .scalar(
            .string(pattern: #"^[0-9]+(\.[0-9]+)?(ms|s|m|h|d|w)$"#),
            placeholder: .zero,
            example: example,
            expected: "a duration from \(least) to \(most) (a number and ms, s, m, h, d or w)"
        ) { text in span(text).flatMap { limits.contains($0) ? $0 : nil } }
    }

    private static func span(_ text: String) -> Duration? {
        let unit = text.drop { $0.isDigitOrPoint }
        let seconds: [Substring: Double] = ["ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800]
        guard let factor = seconds[unit], let count = text.decimal(before: unit), count < 1e9 else { return nil }
        return .milliseconds(Int64((count * factor * 1000).rounded()))
    }
}

extension ConfigurationType where Value == Int64 {
    /// An amount of bytes: `4GB`, `512MiB`, `1000`; KB, MB, GB, TB are powers of 1000, KiB to TiB of 1024.
    ///
    /// The least that is accepted is written in the same way.
    public static func bytes(example: String, from least: String = "1B") -> ConfigurationType {
        let minimum = amount(least) ?? 1
        let limit = minimum > 1 ? " of at least \(least)" : ""
        return .scalar(
            .either([
                .integer(minimum: Int(minimum), maximum: nil),
                .string(pattern: #"^[0-9]+(\.[0-9]+)? ?([KMGT]i?)?B?$"#),
            ]),
            placeholder: 1,
            example: example,
            expected: "an amount of memory or disk\(limit)"
        ) { text in amount(text).flatMap { $0 >= minimum ? $0 : nil } }
    }

    private static func amount(_ text: String) -> Int64? {
        let unit = text.drop { $0.isDigitOrPoint }
        let prefixes: [Substring: Double] = [
            "": 1, "K": 1e3, "M": 1e6, "G": 1e9, "T": 1e12,
            "Ki": 1024, "Mi": 1_048_576, "Gi": 1_073_741_824, "Ti": 1_099_511_627_776,
        ]
        let prefix = (unit.hasPrefix(" ") ? unit.dropFirst() : unit).trimmingSuffix("B")
        guard let factor = prefixes[prefix], let count = text.decimal(before: unit) else { return nil }
        return (1..<9e18).contains(count * factor) ? Int64(count * factor) : nil
    }
}

extension Character {
    fileprivate var isDigitOrPoint: Bool { ("0"..."9").contains(self) || self == "." }
}

extension String {
    /// The number that the text consists of up to its unit; nil where that is not digits with at most a point inside.
    fileprivate func decimal(before unit: Substring) -> Double? {
        let digits = dropLast(unit.count)
        guard digits.first != ".", digits.last != "." else { return nil }
        return Double(digits)
    }
}

extension Substring {
    fileprivate func trimmingSuffix(_ suffix: Character) -> Substring { last == suffix ? dropLast() : self }
}
