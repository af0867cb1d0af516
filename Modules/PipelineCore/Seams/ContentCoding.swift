/// A compression of files, recognised by the file's extension.
public protocol ContentCoding: Sendable {
    /// The extension without its dot: `gz`.
    var fileExtension: String { get }

    /// The plain bytes. Damaged or truncated input yields all that can be read, then throws `corruptData`.
    func decode(_ bytes: ByteStream) -> ByteStream

    /// The compressed bytes.
    func encode(_ bytes: ByteStream) -> ByteStream
}
