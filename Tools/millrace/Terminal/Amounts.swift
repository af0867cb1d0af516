/// A number with its thousands told apart: 1,234,567.
func grouped(_ number: Int64) -> String {
    let digits = String(number.magnitude)
    var text = ""
    for (index, digit) in digits.enumerated() {
        if index > 0, (digits.count - index) % 3 == 0 { text += "," }
        text.append(digit)
    }
    return (number < 0 ? "-" : "") + text
}

/// So many of something: `1 file`, `1,234 files`.
func counted(_ number: some BinaryInteger, _ noun: String) -> String {
    "\(grouped(Int64(number))) \(noun)\(number == 1 ? "" : "s")"
}

/// An amount of bytes in the unit that suits it.
func size(_ bytes: Int64) -> String {
    var value = Double(bytes)
    for unit in ["B", "kB", "MB", "GB"] {
        if value < 1000 { return unit == "B" ? "\(bytes) B" : "\(tenths(value)) \(unit)" }
        value /= 1000
    }
    return "\(tenths(value)) TB"
}

/// A span of time as a person wants to know it.
func duration(_ seconds: Double) -> String { "\(tenths(seconds)) s" }

/// A moment in ISO 8601 to the second: `2026-11-21 07:31:17Z`.
func shortMoment(_ moment: String) -> String { moment.prefix(19).replacing("T", with: " ") + "Z" }

private func tenths(_ value: Double) -> String {
    let tenths = Int64((value * 10).rounded())
    return "\(grouped(tenths / 10)).\(tenths % 10)"
}
