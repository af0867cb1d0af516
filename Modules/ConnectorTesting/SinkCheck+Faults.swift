internal import PipelineCore

/// What happens when something goes wrong.
extension SinkCheck {
    func failingStream() async throws {
        let old = Self.things(4)
        try await deliver(old)
        let new = Self.things(12, word: "never seen")
        let fault = PipelineError(.unreachable, "the stream failed as it was told to", while: "testing")
        for good in 0...new.chunks.count {
            let delivery = try await place.sink.begin(Self.header)
            let rows = FaultyRows(chunks: Array(new.chunks.prefix(good)), fault: .failure(fault))
            let error = try await expectError("staging a stream that fails after \(good) chunks") {
                _ = try await delivery.stage(new.definition, rows: rows)
            }
            try expect(
                (error as? PipelineError)?.message == fault.message,
                "another error comes through after \(good) chunks: \(error)"
            )
            await delivery.abort()
            try await expectPublished(old, "the old is seen after \(good) chunks")
        }
        try await expectNextWorks()
    }

    func failingSecond() async throws {
        let delivery = try await place.sink.begin(Self.header)
        try await stage(Self.things(4), into: delivery)
        let fault = PipelineError(.unreachable, "the stream failed as it was told to", while: "testing")
        _ = try await expectError("staging a stream that fails") {
            let rows = FaultyRows(chunks: Self.others.chunks, fault: .failure(fault))
            _ = try await delivery.stage(Self.others.definition, rows: rows)
        }
        await delivery.abort()
        try await expectNothing("things", "the dataset that was staged whole is not seen")
        try await expectNothing("others", "the dataset that failed is not seen")
        try await expectNextWorks()
    }

    func cancellation() async throws {
        let old = Self.things(4)
        try await deliver(old)
        let (waiting, started) = AsyncStream.makeStream(of: Void.self)
        let new = Self.things(12, word: "never seen")
        let error = await withTaskGroup(of: (any Error)?.self) { group in
            group.addTask { [self] in
                let rows = FaultyRows(chunks: new.chunks, fault: .silence { started.finish() })
                do {
                    let delivery = try await place.sink.begin(Self.header)
                    do {
                        _ = try await delivery.stage(new.definition, rows: rows)
                        return nil
                    } catch {
                        // As an export does: in the task that was cancelled.
                        await delivery.abort()
                        return error
                    }
                } catch {
                    return error
                }
            }
            for await _ in waiting {}
            group.cancelAll()
            return await group.next() ?? nil
        }
        try expect(error is CancellationError, "staging throws no CancellationError but \(String(describing: error))")
        try await expectPublished(old, "the old is seen")
        try await expectNextWorks()
    }
}
