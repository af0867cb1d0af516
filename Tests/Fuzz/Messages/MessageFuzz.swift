/// What libFuzzer calls with each body: the parser and the reference of the tests must make the same of it.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let body = unsafe Array(UnsafeBufferPointer(start: start, count: count))
    guard let comparison = Comparison() else { fatalError("no memory") }
    for kind in [MessageKind.batch, .single(type: "page")] {
        if case .different(let report) = comparison.compare(body, kind) { fatalError(report) }
    }
    return 0
}
