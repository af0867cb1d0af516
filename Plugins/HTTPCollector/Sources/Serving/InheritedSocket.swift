internal import Glibc
internal import PipelineCore
internal import Synchronization

/// Sockets that a service manager has opened for this process, by systemd's protocol (`sd_listen_fds(3)`).
enum InheritedSocket {
    /// Descriptors are counted from here.
    private static let first: CInt = 3
    /// Those that sources of this process have.
    private static let given = Mutex<Set<CInt>>([])

    /// The socket for a source, which is then nobody else's.
    ///
    /// Throws where the only socket has no name, and another source has it already.
    static func take(for source: String, in environment: [String: String]) throws(PipelineError) -> CInt? {
        guard let descriptor = descriptor(for: source, in: environment) else { return nil }
        guard given.withLock({ $0.insert(descriptor).inserted }) else {
            throw PipelineError(
                .invalidConfiguration,
                "the socket of the service manager may be that of '\(source)' or of another source",
                while: "starting the collector",
                hint: "say whose it is: add `FileDescriptorName=\(source)` to its socket unit"
            )
        }
        return descriptor
    }

    /// Throws where a socket is no source's: whoever connects to it would wait for ever.
    static func check(_ sources: [String], in environment: [String: String]) throws(PipelineError) {
        let taken = Set(sources.compactMap { descriptor(for: $0, in: environment) })
        guard let index = (0..<count(in: environment)).first(where: { !taken.contains(first + $0) }) else { return }
        let name = names(in: environment).dropFirst(Int(index)).first ?? ""
        throw PipelineError(
            .invalidConfiguration,
            "no source takes the socket '\(name)' that the service manager has opened",
            while: "starting to serve",
            hint: "set `FileDescriptorName=` of its socket unit to a source that others send to: "
                + sources.joined(separator: ", ")
        )
    }

    /// The socket for a source: the one that `FileDescriptorName=` gives its name, or the only one if it was given none.
    ///
    /// Nil where there is none, or where the variables are for another process.
    static func descriptor(for source: String, in environment: [String: String]) -> CInt? {
        let (count, names) = (count(in: environment), names(in: environment))
        guard count > 0 else { return nil }
        if let index = names.prefix(Int(count)).firstIndex(where: { $0 == source }) { return first + CInt(index) }
        // Without a name of its own a socket has that of its unit.
        let isNamed = names.first.map { !($0.isEmpty || $0 == "unknown" || $0.hasSuffix(".socket")) } ?? false
        return count == 1 && !isNamed ? first : nil
    }

    /// How many there are; none where the variables are for another process.
    private static func count(in environment: [String: String]) -> CInt {
        guard environment["LISTEN_PID"].flatMap(pid_t.init) == getpid() else { return 0 }
        return max(0, environment["LISTEN_FDS"].flatMap(CInt.init) ?? 0)
    }

    private static func names(in environment: [String: String]) -> [Substring] {
        environment["LISTEN_FDNAMES"]?.split(separator: ":", omittingEmptySubsequences: false) ?? []
    }
}
