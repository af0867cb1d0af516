import PipelineCore

#if canImport(Glibc)
import Glibc
#endif

/// Writes results, which must arrive whole: throws where the disk is full, or ``ReaderIsGone``.
func standardOutput(_ bytes: [UInt8]) throws {
    switch write(bytes, to: STDOUT_FILENO) {
    case 0: return
    case EPIPE: throw ReaderIsGone()
    case let number:
        throw PipelineError(
            .outOfResources,
            "the output cannot be written: \(unsafe String(cString: strerror(number)))",
            while: "printing rows",
            hint: "what was printed is not whole; make room where it goes"
        )
    }
}

/// Whoever read the output has seen enough, as `head` does; the program ends, and nothing is wrong.
struct ReaderIsGone: Error {}
