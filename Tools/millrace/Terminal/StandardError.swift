#if canImport(Glibc)
import Glibc
#endif

/// Writes a line where messages belong, so that results can be piped.
func standardError(_ line: String) { writeAll(line + "\n", to: STDERR_FILENO) }

/// Writes a text to a descriptor; what cannot be written has nobody who could be told.
func writeAll(_ text: String, to descriptor: Int32) { _ = write(Array(text.utf8), to: descriptor) }

/// Writes bytes to a descriptor; returns the system's error number, 0 where there is none.
func write(_ bytes: [UInt8], to descriptor: Int32) -> Int32 {
    var rest = bytes[...]
    while !rest.isEmpty {
        let written = unsafe rest.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
        if written < 0, errno != EINTR { return errno }
        rest = rest.dropFirst(max(0, written))
    }
    return 0
}

/// Whether a person is looking.
func isTerminal(_ descriptor: Int32) -> Bool { isatty(descriptor) == 1 }
