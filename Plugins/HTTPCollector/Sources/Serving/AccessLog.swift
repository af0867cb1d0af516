internal import Glibc
internal import PipelineCore
internal import Synchronization

/// One line of JSON for each request, without anything of who sent it or what.
///
/// Lines are gathered and written to standard output about once a second, or when there are many.
final class AccessLog: Sendable {
    private static let limit = 64 << 10
    private let lines = Mutex<[UInt8]>([])

    /// Adds a request: when it was answered, what for, and how.
    func add(_ entry: Entry) {
        let full: [UInt8]? = lines.withLock { lines in
            entry.append(to: &lines)
            guard lines.count > Self.limit else { return nil }
            defer { lines.removeAll(keepingCapacity: true) }
            return lines
        }
        if let full { Self.write(full) }
    }

    /// Writes what has been gathered.
    func flush() {
        let gathered = lines.withLock { lines in
            defer { lines.removeAll(keepingCapacity: true) }
            return lines
        }
        Self.write(gathered)
    }

    /// Nothing waits for this, so that what cannot be written is lost.
    private static func write(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes { unsafe Glibc.write(STDOUT_FILENO, $0.baseAddress, $0.count) }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }

    /// What is told of a request.
    struct Entry {
        var time: Timestamp
        var method: String
        /// The route and never the path: a path can hold a key.
        var route: String
        var status: Int
        var bytes: Int
        var milliseconds: Double
        /// The name of the key; nil where none fits.
        var source: String?
        var events: Int
        /// Stands in the events as well.
        var requestID: String

        func append(to lines: inout [UInt8]) {
            lines += Array("{\"time\":".utf8)
            lines.append(quoted: time.description)
            for (name, value) in [
                ("method", method), ("route", route), ("source", source ?? ""), ("request_id", requestID),
            ] {
                lines += Array(",\"\(name)\":".utf8)
                lines.append(quoted: value)
            }
            let rounded = (milliseconds * 1000).rounded() / 1000
            lines += Array(",\"status\":\(status),\"bytes\":\(bytes),\"events\":\(events),\"ms\":\(rounded)}\n".utf8)
        }
    }
}
