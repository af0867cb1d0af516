internal import BlockingIO
internal import Glibc

extension ObjectDirectory {
    /// Throws where the root, or a directory in it, cannot be made or written by whoever runs the program; makes nothing.
    func probe() throws {
        var path = root
        while try statusIfPresent(path) == nil, let parent = Self.parent(of: path) { path = parent }
        try requireWritable(path)
        guard path == root else { return }
        for name in try files.entries(of: root) where try statusIfPresent(root + "/" + name)?.kind == .directory {
            try requireWritable(root + "/" + name)
        }
    }

    private func requireWritable(_ path: String) throws {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { throw FileError(number: errno, call: "stat", path: path) }
        guard status.st_mode & S_IFMT == S_IFDIR else { throw FileError(number: ENOTDIR, call: "open", path: path) }
        guard unsafe faccessat(AT_FDCWD, path, W_OK | X_OK | R_OK, AT_EACCESS) == 0 else {
            throw FileError(number: errno, call: "access", path: path)
        }
    }
}
