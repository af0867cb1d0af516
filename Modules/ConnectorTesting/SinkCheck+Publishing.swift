internal import PipelineCore

/// When readers see what.
extension SinkCheck {
    func probeChangesNothing() async throws {
        try await place.sink.probe()
        try await expectNothing("things", "nothing is there after a probe of an empty place")
        let old = Self.things(4)
        try await deliver(old)
        try await place.sink.probe()
        try await expectPublished(old, "a probe leaves what is there")
    }

    func appearsAtCommit() async throws {
        let first = Self.things(7)
        let delivery = try await place.sink.begin(Self.header)
        try await expectNothing("things", "nothing is seen after begin")
        try await stage(first, into: delivery)
        try await expectNothing("things", "nothing is seen after stage")
        try await delivery.commit()
        try await expectPublished(first, "all is seen after commit")

        let second = Self.things(9, word: "other")
        let replacement = try await place.sink.begin(Self.header)
        try await stage(second, into: replacement)
        try await expectPublished(first, "the old is seen until the next commit")
        try await replacement.commit()
        try await expectPublished(second, "the new is seen after it")
    }

    func tellsDelivery() async throws {
        try await expectCurrent(nil, "before the first delivery")
        let first = try await place.sink.begin(Self.header(run: "first", minute: 0))
        try await stage(Self.things(3), into: first)
        try await stage(Self.others, into: first)
        try await expectCurrent(nil, "while the first is staged")
        try await first.commit()
        try await expectCurrent("first", "after the first commit")
        let aborted = try await place.sink.begin(Self.header(run: "aborted", minute: 1))
        try await stage(Self.things(4), into: aborted)
        try await expectCurrent("first", "while the second is staged")
        await aborted.abort()
        try await expectCurrent("first", "after an abort")
        let third = try await place.sink.begin(Self.header(run: "third", minute: 2))
        try await stage(Self.things(4), into: third)
        try await third.commit()
        try await expectCurrent("third", "after a delivery of only some datasets")
    }

    private func expectCurrent(_ run: String?, _ moment: String) async throws {
        let found = try await place.sink.currentDelivery()?.rawValue
        try expect(found == run, "\(moment) it tells \(found ?? "none") instead of \(run ?? "none")")
    }

    func severalTogether() async throws {
        let things = Self.things(4)
        let delivery = try await place.sink.begin(Self.header)
        try await stage(things, into: delivery)
        try await stage(Self.others, into: delivery)
        try await expectNothing("things", "nothing is seen before the commit")
        try await expectNothing("others", "nothing is seen before the commit")
        try await delivery.commit()
        try await expectPublished(things, "the first is seen")
        try await expectPublished(Self.others, "the second is seen")

        let fewer = Self.things(2)
        try await deliver(fewer)
        try await expectPublished(fewer, "a dataset is replaced alone")
        try await expectPublished(Self.others, "a dataset that is not in a delivery stays")
    }

    func removes() async throws {
        try await deliver(Self.things(4), Self.others)
        let aborted = try await place.sink.begin(Self.header)
        try await aborted.remove(Self.others.definition.name)
        await aborted.abort()
        try await expectPublished(Self.others, "an aborted delivery removes nothing")

        let things = Self.things(2)
        let delivery = try await place.sink.begin(Self.header(run: "second", minute: 1))
        try await stage(things, into: delivery)
        try await delivery.remove(Self.others.definition.name)
        try await delivery.remove("never_there")
        try await expectPublished(Self.others, "the removed dataset is seen until the commit")
        try await delivery.commit()
        try await expectNothing(Self.others.definition.name, "the removed dataset is not seen after the commit")
        try await expectPublished(things, "the other one is seen")
        try await expectCurrent("second", "after a delivery that removed something")
        try await deliver(Self.others)
        try await expectPublished(Self.others, "what was removed can be delivered again")
    }

    func abortLeavesOld() async throws {
        let early = try await place.sink.begin(Self.header)
        await early.abort()
        let old = Self.things(4)
        try await deliver(old)
        let delivery = try await place.sink.begin(Self.header)
        try await stage(Self.things(9, word: "never seen"), into: delivery)
        await delivery.abort()
        await delivery.abort()
        try await expectPublished(old, "the old is seen after an abort, and after two")

        let committed = try await place.sink.begin(Self.header)
        let new = Self.things(3, word: "new")
        try await stage(new, into: committed)
        try await committed.commit()
        await committed.abort()
        try await expectPublished(new, "an abort after the commit takes nothing back")
        try await expectNextWorks()
    }

    func dropLeavesOld() async throws {
        try await beginAndDrop(Self.things(9, word: "never seen"))
        try await expectNothing("things", "nothing is seen of a delivery dropped in an empty place")
        let old = Self.things(4)
        try await deliver(old)
        try await beginAndDrop(Self.things(9, word: "never seen"))
        try await expectPublished(old, "the old is seen")
        try await expectNextWorks()
    }

    /// What a killed process does: the delivery goes away without commit or abort.
    private func beginAndDrop(_ dataset: SampleDataset) async throws {
        let delivery = try await place.sink.begin(Self.header)
        try await stage(dataset, into: delivery)
    }

    func repeatReplaces() async throws {
        for dataset in [Self.things(40, perChunk: 7), Self.things(40, perChunk: 7), Self.things(2), Self.things(11)] {
            try await deliver(dataset)
            try await expectPublished(dataset, "exactly the last delivery is seen")
        }
    }

    func emptyDataset() async throws {
        let empty = Self.things(0)
        try await deliver(empty)
        try await expectPublished(empty, "columns without rows are seen")
        try await deliver(Self.things(3))
        try await deliver(empty)
        try await expectPublished(empty, "no rows replace rows")
    }

    func columnsChange() async throws {
        let name = DatasetName(rawValue: "things")
        let id = Field("id", .bigint, isNullable: false)
        let versions: [SampleDataset] = [
            Self.things(3),
            SampleDataset(
                DatasetDefinition(
                    name: name,
                    summary: "",
                    schema: Schema([id, Field("name", .varchar), Field("price", .double)])
                ),
                rows: [["1", "a", "1.5"], ["2", nil, nil]]
            ),
            SampleDataset(
                DatasetDefinition(
                    name: name,
                    summary: "",
                    schema: Schema([Field("price", .varchar), id]),
                    key: ["id"]
                ),
                rows: [["cheap", "1"], ["dear", "2"]]
            ),
            Self.things(2),
        ]
        for version in versions {
            try await deliver(version)
            try await expectPublished(version, "the dataset has the last delivery's columns")
        }
    }
}
