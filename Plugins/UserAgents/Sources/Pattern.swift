internal import CPCRE2
internal import PipelineCore

/// One compiled regular expression; the only file that talks to PCRE2.
///
/// Patterns and subjects are UTF-8, classes such as `\d` and `\w` are ASCII, as the rules were written for.
// SAFETY: compiled code is only read once `init` returns (pcre2api, MULTITHREADING); a match writes to its `MatchRoom`.
@safe final class Pattern: @unchecked Sendable {
    private let code: OpaquePointer
    private let isCompiledToMachineCode: Bool

    /// Compiles the expression; throws `corruptData` naming it where it is not valid.
    init(_ expression: String, ignoringCase: Bool) throws {
        var status: Int32 = 0
        var offset = 0
        let options = UInt32(PCRE2_UTF) | UInt32(PCRE2_DOLLAR_ENDONLY) | (ignoringCase ? UInt32(PCRE2_CASELESS) : 0)
        let bytes = Array(expression.utf8)
        let compiled = unsafe bytes.withUnsafeBufferPointer {
            unsafe pcre2_compile_8($0.baseAddress, $0.count, options, &status, &offset, nil)
        }
        guard let compiled = unsafe compiled else {
            throw PipelineError(
                .corruptData,
                "the expression \(expression) is wrong at byte \(offset): \(Self.message(status))",
                while: "compiling a user-agent rule"
            )
        }
        unsafe code = compiled
        // Without JIT (an architecture that has none, memory that may not be executed) the interpreter does the same.
        isCompiledToMachineCode = unsafe pcre2_jit_compile_8(compiled, UInt32(PCRE2_JIT_COMPLETE)) == 0
    }

    deinit { unsafe pcre2_code_free_8(code) }

    /// Searches for the first match and leaves its groups in `room`.
    ///
    /// `text` must be valid UTF-8. A search that runs into a limit of the engine counts as no match: a header made to
    /// cost time must not stop a run.
    func matches(_ text: [UInt8], in room: MatchRoom) -> Bool {
        let options = UInt32(PCRE2_NO_UTF_CHECK)
        let status = search(text, options, room)
        guard status == PCRE2_ERROR_JIT_STACKLIMIT, isCompiledToMachineCode else { return room.note(status) }
        // Machine code uses 32 KiB of stack; the interpreter takes its memory from the heap.
        return room.note(search(text, options | UInt32(PCRE2_NO_JIT), room))
    }

    private func search(_ text: [UInt8], _ options: UInt32, _ room: MatchRoom) -> Int32 {
        unsafe text.withUnsafeBufferPointer {
            unsafe pcre2_match_8(code, $0.baseAddress, $0.count, 0, options, room.data, room.limits)
        }
    }

    private static func message(_ status: Int32) -> String {
        var text = [UInt8](repeating: 0, count: 256)
        let length = unsafe text.withUnsafeMutableBufferPointer {
            unsafe pcre2_get_error_message_8(status, $0.baseAddress, $0.count)
        }
        return String(decoding: text.prefix(Int(max(length, 0))), as: UTF8.self)
    }
}

/// Where one caller's matches leave their groups; not to be shared between threads.
@safe final class MatchRoom {
    /// `$0` to `$9`: the rules can name no more.
    static let groupCount = 10

    fileprivate let data: OpaquePointer
    fileprivate let limits: OpaquePointer
    /// Groups from here on hold what an earlier match left.
    private var usedGroups = 0

    init() throws {
        guard let data = unsafe pcre2_match_data_create_8(UInt32(Self.groupCount), nil) else { throw Self.outOfMemory }
        guard let limits = unsafe pcre2_match_context_create_8(nil) else {
            unsafe pcre2_match_data_free_8(data)
            throw Self.outOfMemory
        }
        unsafe pcre2_set_match_limit_8(limits, 200_000)
        unsafe self.data = data
        unsafe self.limits = limits
    }

    deinit {
        unsafe pcre2_match_data_free_8(data)
        unsafe pcre2_match_context_free_8(limits)
    }

    /// Takes over what `pcre2_match` returned: one more than the last group in use, 0 where there are too many for the room.
    fileprivate func note(_ status: Int32) -> Bool {
        usedGroups = status == 0 ? Self.groupCount : Int(max(status, 0))
        return status >= 0
    }

    /// The bytes of the last match's group; nil where it took no part or the expression has no such group.
    func group(_ number: Int) -> Range<Int>? {
        guard number < usedGroups, let offsets = unsafe pcre2_get_ovector_pointer_8(data) else { return nil }
        let (start, end) = unsafe (offsets[2 * number], offsets[2 * number + 1])
        // PCRE2_UNSET is the greatest size, which is negative here.
        return start >= 0 && end >= start ? start..<end : nil
    }

    private static var outOfMemory: PipelineError {
        PipelineError(.outOfResources, "PCRE2 got no memory", while: "preparing to parse user agents")
    }
}
