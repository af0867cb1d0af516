import Glibc
import Testing

/// A file system of its own at a path, small enough to be filled; it goes away with the value.
final class SmallDisk {
    let path: String

    /// Mounts an empty one.
    init(at path: String, kilobytes: Int) throws {
        self.path = path
        try #require(unsafe mkdir(path, 0o777) == 0)
        try Self.call(unsafe mount("none", path, "tmpfs", 0, "size=\(kilobytes)k"))
    }

    deinit { unsafe umount2(path, Int32(MNT_DETACH)) }

    /// Whether this user may mount one here.
    static let isPossible: Bool = {
        var template = Array("/tmp/millrace-disk-XXXXXX".utf8CString)
        guard unsafe mkdtemp(&template) != nil else { return false }
        let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        defer { unsafe rmdir(path) }
        guard unsafe mount("none", path, "tmpfs", 0, "size=4k") == 0 else { return false }
        return unsafe umount2(path, Int32(MNT_DETACH)) == 0
    }()

    /// Changes its size; nothing in it is lost.
    func resize(kilobytes: Int) throws {
        try Self.call(unsafe mount("none", path, "tmpfs", UInt(MS_REMOUNT), "size=\(kilobytes)k"))
    }

    /// Takes all of its room but about so much.
    func fill(leaving kilobytes: Int = 0) throws {
        var status = statvfs()
        try Self.call(unsafe statvfs(path, &status))
        let used = (status.f_blocks - status.f_bfree) * status.f_bsize / 1024
        try resize(kilobytes: max(4, Int(used)) + kilobytes)
    }

    /// Allows no more writing to it.
    func close() throws {
        try Self.call(unsafe mount("none", path, "tmpfs", UInt(MS_REMOUNT | MS_RDONLY), nil))
    }

    private static func call(_ answer: Int32) throws { try #require(answer == 0, "errno \(errno)") }
}
