#if canImport(Glibc)
import Glibc
#endif

/// Writes a line where messages belong, so that results can be piped.
func standardError(_ line: String) { writeAll(Array((line + "\n").utf8), to: STDERR_FILENO) }

/// Writes bytes to a descriptor; a reader that is gone is no reason to complain.
func writeAll(_ bytes: [UInt8], to descriptor: Int32) {
    var rest = bytes[...]
    while !rest.isEmpty {
        let written = unsafe rest.withUnsafeBytes { unsafe write(descriptor, $0.baseAddress, $0.count) }
        guard written > 0 || errno == EINTR else { return }
        rest = rest.dropFirst(max(0, written))
    }
}

/// Whether a person is looking.
func isTerminal(_ descriptor: Int32) -> Bool { isatty(descriptor) == 1 }
