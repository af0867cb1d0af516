/// Names of the IANA time zone database, as this machine has it.
enum TimeZoneName {
    private static let directory = "/usr/share/zoneinfo"

    /// Whether the machine knows the zone; `UTC` it always does.
    static func exists(_ name: String) -> Bool {
        if name == "UTC" { return true }
        let isPlain = name.utf8.allSatisfy { byte in
            (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
                || "_+-/".utf8.contains(byte)
        }
        guard isPlain, !name.isEmpty, !name.hasPrefix("/") else { return false }
        let bytes = try? TextFile.read("\(directory)/\(name)", limit: 1 << 20)  // a file that cannot be read is no zone
        return bytes?.starts(with: "TZif".utf8) ?? false
    }

    /// What to write instead of a name that does not exist.
    static func hint(for name: String) -> String {
        guard exists("Europe/London") else { return "time zones are not installed here: install the package tzdata" }
        let nearest = known().nearest(to: name)
        return nearest.map { "did you mean '\($0)'?" } ?? "such as: Europe/Warsaw, America/New_York or UTC"
    }

    /// The names of all zones and aliases; empty where the machine has no list of them.
    private static func known() -> [String] {
        guard let bytes = try? TextFile.read("\(directory)/tzdata.zi", limit: 1 << 20) else { return [] }
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ")
            return switch words.first {
            case "Z" where words.count > 1: String(words[1])
            case "L" where words.count > 2: String(words[2])
            default: nil
            }
        }
    }
}
