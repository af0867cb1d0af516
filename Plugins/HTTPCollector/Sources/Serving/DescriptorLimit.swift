internal import Glibc

/// How many files and sockets this process may have open.
enum DescriptorLimit {
    /// Raises the limit as far as the system lets us, and returns it.
    ///
    /// What a process begins with is kept low for programs that use `select(2)`.
    static func raise() -> Int {
        let files = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        var limit = rlimit()
        guard unsafe getrlimit(files, &limit) == 0 else { return 1024 }
        let before = limit.rlim_cur
        limit.rlim_cur = limit.rlim_max
        if unsafe setrlimit(files, &limit) != 0 { limit.rlim_cur = before }
        return Int(clamping: limit.rlim_cur)
    }

    /// Tells whoever started the program that there can be less connections than the config says.
    static func warn(of connections: Int, insteadOf wanted: Int) {
        StandardError.tell(
            "only \(connections) connections can be open at a time, and not \(wanted): raise the limit of open files "
                + "(LimitNOFILE= of the service, or ulimit -Hn)"
        )
    }
}
