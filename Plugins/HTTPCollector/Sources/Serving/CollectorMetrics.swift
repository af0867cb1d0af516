internal import PipelineCore
internal import Synchronization

/// What a collector has done since it was started, for Prometheus.
final class CollectorMetrics: Sendable {
    /// The bounds of the histogram of durations, in seconds.
    private static let bounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5]

    /// What is as it is at the moment.
    struct Gauges {
        var logSize: Int64
        var logCapacity: Int64
        var isFailed: Bool
        var connections: Int
        /// Of bodies that are being received or stored.
        var bodyBytes: Int
        /// How many requests gave way to others.
        var revoked: Int
        /// The lines that the access log has lost.
        var droppedLines: Int64
    }

    private struct Answer: Hashable {
        /// Empty where the sender is not known.
        let source: String
        let status: Int
    }

    private struct Counts {
        var requests: [Answer: Int64] = [:]
        var received: [String: Int64] = [:]
        var rejected: [String: Int64] = [:]
        var bytes: Int64 = 0
        var buckets = [Int64](repeating: 0, count: bounds.count + 1)
        var seconds = 0.0
        var landed: Int64 = 0
        var missing: Int64 = 0
        var landingFailures: Int64 = 0
    }
    private let counts = Mutex(Counts())
    private let start: Timestamp

    /// Nothing done yet; `start` is when it began.
    init(start: Timestamp) { self.start = start }

    /// A request has been answered, of a source if it showed a key.
    func answered(_ status: Int, source: String?, bytes: Int, after duration: Duration) {
        let seconds = duration / .seconds(1)
        let bucket = Self.bounds.firstIndex { seconds <= $0 } ?? Self.bounds.count
        counts.withLock { counts in
            counts.requests[Answer(source: source ?? "", status: status), default: 0] += 1
            counts.bytes += Int64(bytes)
            counts.buckets[bucket] += 1
            counts.seconds += seconds
        }
    }

    /// Events of a key are on stable storage; `rejected` of them only to be looked at.
    func stored(_ count: Int, rejected: Int, of key: String) {
        counts.withLock { counts in
            counts.received[key, default: 0] += Int64(count)
            if rejected > 0 { counts.rejected[key, default: 0] += Int64(rejected) }
        }
    }

    /// Segments of the log have landed.
    func landed(_ events: Int64, missing: Int64) {
        counts.withLock { counts in
            counts.landed += events
            counts.missing += missing
        }
    }

    /// Landing did not succeed, and will be tried again.
    func landingFailed() { counts.withLock { $0.landingFailures += 1 } }

    /// In Prometheus' text format, version 0.0.4.
    func text(_ gauges: Gauges) -> String {
        let counts = counts.withLock { $0 }
        var text = MetricsText()
        let help = "Requests answered, by status and by the name of their key."
        text.family("millrace_requests_total", "counter", help)
        for (answer, count) in counts.requests.sorted(by: {
            ($0.key.source, $0.key.status) < ($1.key.source, $1.key.status)
        }) {
            let labels: KeyValuePairs = ["source": answer.source, "status": "\(answer.status)"]
            text.sample("millrace_requests_total", labels, "\(count)")
        }
        text.family("millrace_request_bytes_total", "counter", "Bytes of bodies, as they came.")
        text.sample("millrace_request_bytes_total", [:], "\(counts.bytes)")
        text.family("millrace_request_seconds", "histogram", "From a request's head to its answer.")
        var total: Int64 = 0
        for (bound, count) in zip(Self.bounds.map { "\($0)" } + ["+Inf"], counts.buckets) {
            total += count
            text.sample("millrace_request_seconds_bucket", ["le": bound], "\(total)")
        }
        text.sample("millrace_request_seconds_sum", [:], "\(counts.seconds)")
        text.sample("millrace_request_seconds_count", [:], "\(total)")
        text.family("millrace_events_received_total", "counter", "Events on stable storage, by the name of their key.")
        for (key, count) in counts.received.sorted(by: { $0.key < $1.key }) {
            text.sample("millrace_events_received_total", ["source": key], "\(count)")
        }
        text.family("millrace_events_rejected_total", "counter", "Those of them that are too long for an event.")
        for (key, count) in counts.rejected.sorted(by: { $0.key < $1.key }) {
            text.sample("millrace_events_rejected_total", ["source": key], "\(count)")
        }
        let plain: [(name: String, kind: String, help: String, value: String)] = [
            ("events_landed_total", "counter", "Events that are in the lake.", "\(counts.landed)"),
            ("events_damaged_total", "counter", "Events that the disk has damaged in the log.", "\(counts.missing)"),
            (
                "landing_failures_total", "counter", "Attempts to land that did not succeed.",
                "\(counts.landingFailures)"
            ),
            ("log_bytes", "gauge", "Bytes in the log that wait to land.", "\(gauges.logSize)"),
            ("log_capacity_bytes", "gauge", "Bytes that may wait.", "\(gauges.logCapacity)"),
            (
                "log_failed", "gauge", "1 if a sync has failed: nothing is acknowledged until a restart.",
                gauges.isFailed ? "1" : "0"
            ),
            ("connections", "gauge", "Connections that are open.", "\(gauges.connections)"),
            ("body_bytes", "gauge", "Bytes of requests that are being received or stored.", "\(gauges.bodyBytes)"),
            (
                "requests_revoked_total", "counter", "Requests that were hung up on to make room for others.",
                "\(gauges.revoked)"
            ),
            (
                "access_log_dropped_total", "counter", "Lines of the access log that nobody took in time.",
                "\(gauges.droppedLines)"
            ),
        ]
        for (name, kind, help, value) in plain {
            text.family("millrace_\(name)", kind, help)
            text.sample("millrace_\(name)", [:], value)
        }
        let seconds = Double(start.microseconds) / 1e6
        text.family("process_start_time_seconds", "gauge", "When the collector was started, in Unix time.")
        text.sample("process_start_time_seconds", [:], "\(seconds)")
        return text.lines
    }
}

/// Lines in Prometheus' text format.
private struct MetricsText {
    private(set) var lines = ""

    mutating func family(_ name: String, _ kind: String, _ help: String) {
        lines += "# HELP \(name) \(help)\n# TYPE \(name) \(kind)\n"
    }

    mutating func sample(_ name: String, _ labels: KeyValuePairs<String, String>, _ value: String) {
        let pairs = labels.map { label, text in
            let escaped = text.flatMap { "\\\"".contains($0) ? "\\\($0)" : $0 == "\n" ? "\\n" : "\($0)" }
            return "\(label)=\"\(String(escaped))\""
        }
        lines += name + (pairs.isEmpty ? "" : "{\(pairs.joined(separator: ","))}") + " \(value)\n"
    }
}
