internal import PipelineCore

/// Events of one writer that could not be read when those behind them landed.
///
/// The ledger keeps each gap as an entry of its own, without an object, until a log turns up that holds the events, or some of
/// them: one that was put back from a copy, or the copy's own.
struct LogGap: Equatable {
    let writer: String
    let numbers: Range<Int64>

    private static func folder(of writer: String) -> String { LogMark.path(of: writer) + "/missing/" }

    /// The first and the last number behind the writer.
    var path: String { "\(Self.folder(of: writer))\(numbers.lowerBound)-\(numbers.upperBound - 1)" }

    init(writer: String, numbers: Range<Int64>) {
        self.writer = writer
        self.numbers = numbers
    }

    /// Nil for entries of anything else, and for gaps that have been filled.
    init?(_ file: LandedFile, of writer: String) {
        let folder = Self.folder(of: writer)
        guard file.object == nil, file.path.hasPrefix(folder) else { return nil }
        let numbers = file.path.dropFirst(folder.count).split(separator: "-").compactMap { Int64($0) }
        guard numbers.count == 2, numbers[0] <= numbers[1] else { return nil }
        self.init(writer: writer, numbers: numbers[0]..<numbers[1] + 1)
    }
}

extension Ledger {
    /// What is missing of what a writer's log held and has landed.
    func gaps(of writer: String) -> [LogGap] { files.compactMap { LogGap($0, of: writer) } }
}
