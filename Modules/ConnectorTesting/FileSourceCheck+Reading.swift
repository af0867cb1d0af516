internal import PipelineCore

/// What is read, and what happens meanwhile.
extension FileSourceCheck {
    /// Bytes that show where they stand: no power of two is a multiple of the block's length.
    private static func pattern(_ count: Int) -> [UInt8] {
        let block = (0..<9_973).map { UInt8(truncatingIfNeeded: $0 &* 31 / 7) }
        var bytes: [UInt8] = []
        while bytes.count < count { bytes += block }
        bytes.removeLast(bytes.count - count)
        return bytes
    }

    /// Larger than what any buffer on the way should hold.
    private static let largeSize = 12 << 20

    func offsets() async throws {
        let bytes = Self.pattern(1_500_000)
        try await place.write("a", bytes)
        let file = try await file("a")
        for offset in [0, 1, 65_535, 65_536, 1 << 20, bytes.count - 1, bytes.count, bytes.count + 1, bytes.count * 2] {
            let found = try await read(file, from: Int64(offset))
            try expect(found == Array(bytes.dropFirst(offset)), "from \(offset) on: \(found.count) other bytes")
        }
    }

    func emptyFile() async throws {
        try await place.write("empty", [])
        let file = try await file("empty")
        try expect(file.size == 0, "it has \(file.size) bytes")
        try expect(try await read(file).isEmpty, "bytes are read from it")
    }

    func largeFile() async throws {
        let bytes = Self.pattern(Self.largeSize)
        try await place.write("large", bytes)
        var offset = 0
        for try await chunk in try await place.source.read(try await file("large"), from: 0) {
            try expect(!chunk.isEmpty && chunk.count <= 1 << 20, "a chunk has \(chunk.count) bytes")
            try expect(chunk == Array(bytes[offset..<offset + chunk.count]), "other bytes from \(offset) on")
            offset += chunk.count
        }
        try expect(offset == bytes.count, "\(offset) of \(bytes.count) bytes")
    }

    func severalReaders() async throws {
        let bytes = Self.pattern(3_000_000)
        try await place.write("a", bytes)
        let file = try await file("a")
        try await withThrowingTaskGroup { group in
            for reader in 0..<6 {
                let offset = reader * 1000
                group.addTask {
                    let found = try await read(file, from: Int64(offset))
                    try expect(found == Array(bytes[offset...]), "a reader from \(offset) on read something else")
                }
            }
            try await group.waitForAll()
        }
    }

    func vanishedFile() async throws {
        try await write("a", "here")
        try await write("b", "gone")
        let (here, gone) = (try await file("a"), try await file("b"))
        try await place.remove("b")
        // Whoever takes files tells one that has gone from one that cannot be read by this.
        let error = try await expectError(about: gone) { _ = try await place.source.read(gone, from: 0) }
        try expect(error.code == .notFound, "the error is \(error.code)")
        try expect(try await read(here) == Array("here".utf8), "its neighbour has another content")
    }

    func replacedFile() async throws {
        let (old, new) = ([UInt8](repeating: 1, count: 6 << 20), [UInt8](repeating: 2, count: 5 << 20))
        try await place.write("a", old)
        var bytes: [UInt8] = []
        do {
            for try await chunk in try await place.source.read(try await file("a"), from: 0) {
                if bytes.isEmpty { try await place.write("a", new) }
                bytes += chunk
            }
        } catch is PipelineError {
            // To refuse is as good: the next run lists what is there then.
            return
        }
        try expect(bytes == old || bytes == new, "\(bytes.count) bytes that no file ever held")
    }

    func growingFile() async throws {
        guard let append = place.append else { return }
        let (head, tail) = (Self.pattern(3 << 20), Self.pattern(1 << 20))
        try await place.write("a", head)
        let file = try await file("a")
        var bytes: [UInt8] = []
        for try await chunk in try await place.source.read(file, from: 0) {
            if bytes.isEmpty { try await append("a", tail) }
            bytes += chunk
        }
        try expect(bytes.count >= head.count, "\(bytes.count) of \(head.count) bytes that were listed")
        try expect(bytes == Array((head + tail).prefix(bytes.count)), "other bytes than were written")
        let listed = try await self.file("a").size
        try expect(listed == Int64(head.count + tail.count), "it is listed with \(listed) bytes")
        let rest = try await read(file, from: Int64(head.count))
        try expect(rest == tail, "what was added cannot be read from where the listing ended")
    }

    func unreadableFile() async throws {
        guard let spoil = place.spoil else { return }
        try await write("a", "here")
        try await spoil("b")
        let (here, spoiled) = (try await file("a"), try await file("b"))
        let error = try await expectError(about: spoiled) { _ = try await read(spoiled) }
        try expect(error.code != .notFound, "it is said to be gone")
        try expect(try await read(here) == Array("here".utf8), "its neighbour has another content")
    }

    func cancellation() async throws {
        try await place.write("a", Self.pattern(Self.largeSize))
        let file = try await file("a")
        let (begun, beginning) = AsyncStream<Void>.makeStream()
        let outcome = await withTaskGroup(of: String?.self) { group in
            group.addTask {
                do {
                    for try await _ in try await place.source.read(file, from: 0) {
                        beginning.yield()
                        // The reader is held here until it is cancelled.
                        try? await Task.sleep(for: .seconds(3600))
                    }
                    return "the stream just ends"
                } catch is CancellationError {
                    return nil
                } catch {
                    return "the error is \(error)"
                }
            }
            for await _ in begun { break }
            group.cancelAll()
            return await group.next() ?? nil
        }
        if let outcome { throw BrokenPromise(outcome) }
        try expect(try await read(file).count == Self.largeSize, "the next reader does not get the whole")
    }
}
