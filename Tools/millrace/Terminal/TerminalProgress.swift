import PipelineCore
import Synchronization

#if canImport(Glibc)
import Glibc
#endif

/// Draws one bar on the last line of a terminal, at most ten times a second.
final class TerminalProgress: ProgressReporting {
    private let drawnAt = Mutex<ContinuousClock.Instant?>(nil)

    /// A bar where a person is looking; nothing where output goes into a file or a pipe.
    static func standard(isQuiet: Bool = false) -> any ProgressReporting {
        !isQuiet && isTerminal(STDERR_FILENO) ? TerminalProgress() : SilentProgress()
    }

    func advance(_ work: String, done: Int64, total: Int64?, unit: ProgressUnit) {
        let now = ContinuousClock.now
        let isDue = drawnAt.withLock { last in
            if let drawn = last, now - drawn < .milliseconds(100), done != total { return false }
            last = now
            return true
        }
        guard isDue else { return }
        let share = total.map { $0 > 0 ? min(1, Double(done) / Double($0)) : 1 }
        let width = 24
        let filled = share.map { Int($0 * Double(width)) } ?? 0
        let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: width - filled)
        let percent = share.map { "\(Int($0 * 100)) %" } ?? amount(done, unit)
        writeAll(
            Array("\r\u{1B}[K\(String(work.prefix(30)).padded(to: 20))  \(bar)  \(percent)".utf8),
            to: STDERR_FILENO
        )
    }

    func finish(_ work: String, outcome: String) { Self.clear() }

    /// Takes the bar off its line, so that other text can stand there; does nothing where nobody looks.
    static func clear() {
        if isTerminal(STDERR_FILENO) { writeAll(Array("\r\u{1B}[K".utf8), to: STDERR_FILENO) }
    }

    private func amount(_ done: Int64, _ unit: ProgressUnit) -> String {
        switch unit {
        case .bytes: size(done)
        case .rows: counted(done, "row")
        case .steps: "step \(done)"
        }
    }
}
