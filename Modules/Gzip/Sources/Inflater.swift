internal import CZlib
internal import PipelineCore

/// Decompresses gzip members; the only file that talks to zlib.
@safe final class Inflater {
    private let stream: UnsafeMutablePointer<z_stream>
    private var input: [UInt8] = []
    private var position = 0
    private var isBetweenMembers = true
    private var hasSeenMember = false

    init() throws {
        unsafe stream = .allocate(capacity: 1)
        unsafe stream.initialize(to: z_stream())
        guard unsafe millrace_inflate_init(stream) == Z_OK else {
            throw PipelineError(.outOfResources, "zlib could not start", while: "decompressing gzip")
        }
    }

    deinit {
        unsafe inflateEnd(stream)
        unsafe stream.deinitialize(count: 1)
        unsafe stream.deallocate()
    }

    /// Takes the next compressed bytes; the ones before must be used up.
    func feed(_ bytes: [UInt8]) {
        input = bytes
        position = 0
    }

    /// Up to `limit` plain bytes from what was fed; empty when more input is needed.
    func inflate(limit: Int) throws -> [UInt8] {
        var status = Z_OK
        var plain: [UInt8] = []
        while plain.isEmpty, position < input.count {
            if isBetweenMembers {
                if isPadding() { return [] }
                isBetweenMembers = false
                hasSeenMember = true
            }
            plain = unsafe [UInt8](unsafeUninitializedCapacity: limit) { output, count in
                unsafe input.withUnsafeMutableBufferPointer { input in
                    guard let source = input.baseAddress, let target = output.baseAddress else { return }
                    unsafe stream.pointee.next_in = source + position
                    unsafe stream.pointee.avail_in = UInt32(clamping: input.count - position)
                    unsafe stream.pointee.next_out = target
                    unsafe stream.pointee.avail_out = UInt32(limit)
                    status = unsafe CZlib.inflate(stream, Z_NO_FLUSH)
                    count = unsafe limit - Int(stream.pointee.avail_out)
                    position = unsafe input.count - Int(stream.pointee.avail_in)
                }
            }
            if status == Z_STREAM_END {
                unsafe inflateReset(stream)
                isBetweenMembers = true
            } else if status != Z_OK && status != Z_BUF_ERROR {
                position = input.count
                throw damaged()
            }
        }
        return plain
    }

    /// Throws if the input ended inside a member, or was no gzip at all.
    func finish() throws {
        guard !isBetweenMembers else { return }
        throw PipelineError(
            .corruptData,
            "the gzip data end before their time",
            while: "decompressing gzip",
            hint: "copy the file again; everything before the break was read"
        )
    }

    /// Zero bytes behind a member are padding, as tar and tape blocks leave them.
    private func isPadding() -> Bool {
        guard hasSeenMember else { return false }
        while position < input.count, input[position] == 0 { position += 1 }
        return position == input.count
    }

    private func damaged() -> PipelineError {
        let detail = unsafe stream.pointee.msg.map { unsafe String(cString: $0) } ?? "unknown error"
        return PipelineError(
            .corruptData,
            "the gzip data are damaged (\(detail))",
            while: "decompressing gzip",
            hint: "copy the file again; everything before the damage was read"
        )
    }
}
