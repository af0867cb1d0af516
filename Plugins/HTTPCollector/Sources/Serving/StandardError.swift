internal import Glibc

/// Where whoever started the program looks for what concerns the process and no source of its own.
enum StandardError {
    /// Writes one line; what cannot be written has nobody who could be told.
    @Sendable static func tell(_ remark: String) {
        _ = unsafe Array("millrace: \(remark)\n".utf8).withUnsafeBytes {
            unsafe write(STDERR_FILENO, $0.baseAddress, $0.count)
        }
    }
}
