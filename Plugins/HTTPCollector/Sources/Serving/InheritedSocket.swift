internal import Glibc

/// Sockets that a service manager has opened for this process, by systemd's protocol (`sd_listen_fds(3)`).
enum InheritedSocket {
    /// Descriptors are counted from here.
    private static let first: CInt = 3

    /// The socket for a source: the one that `FileDescriptorName=` gives its name, or the only one.
    ///
    /// Nil where there is none, or where the variables are for another process.
    static func descriptor(for source: String, in environment: [String: String]) -> CInt? {
        guard environment["LISTEN_PID"].flatMap(pid_t.init) == getpid(),
            let count = environment["LISTEN_FDS"].flatMap(CInt.init), count > 0
        else { return nil }
        let names = environment["LISTEN_FDNAMES"]?.split(separator: ":", omittingEmptySubsequences: false) ?? []
        if let index = names.prefix(Int(count)).firstIndex(where: { $0 == source }) { return first + CInt(index) }
        return count == 1 ? first : nil
    }
}
