internal import PipelineCore

/// One check of ``FileSourceConformance`` at work.
struct FileSourceCheck {
    let place: FileSourceConformance.Place
    let names: [String]

    func write(_ name: String, _ text: String) async throws { try await place.write(name, Array(text.utf8)) }

    /// The listed file of a name.
    func file(_ name: String) async throws -> SourceFile {
        let path = Array(place.path(name).utf8)
        guard let file = try await place.source.list().first(where: { $0.path.utf8.elementsEqual(path) }) else {
            throw BrokenPromise("'\(name)' is not listed")
        }
        return file
    }

    func read(_ file: SourceFile, from offset: Int64 = 0) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        for try await chunk in try await place.source.read(file, from: offset) { bytes += chunk }
        return bytes
    }

    /// Expects that exactly the files of these names are listed, sorted.
    func expectListed(_ names: [String], _ moment: String) async throws {
        let listed = try await place.source.list().map(\.path)
        try expect(listed == listed.sorted(), "\(moment): not sorted by path")
        // A name is to be spelled as it was written, even where Swift calls another spelling equal.
        let found = Set(listed.map { Array($0.utf8) })
        let expected = Set(names.map { Array(place.path($0).utf8) })
        try expect(found.count == listed.count, "\(moment): a file is listed twice")
        for path in expected.subtracting(found) {
            throw BrokenPromise("\(moment): '\(String(decoding: path, as: UTF8.self))' is not listed")
        }
        for path in found.subtracting(expected) {
            throw BrokenPromise("\(moment): '\(String(decoding: path, as: UTF8.self))' is listed, which is not there")
        }
    }

    /// Runs `body`, which must throw a PipelineError that names the file, and returns it.
    @discardableResult
    func expectError(about file: SourceFile, _ body: () async throws -> Void) async throws -> PipelineError {
        do { try await body() } catch let error as PipelineError {
            try expect(error.description.contains(file.path), "the error does not name the file: \(error)")
            return error
        } catch {
            throw BrokenPromise("the error is no PipelineError but \(type(of: error))")
        }
        throw BrokenPromise("nothing is thrown")
    }

    func expect(_ isTrue: Bool, _ otherwise: @autoclosure () -> String) throws {
        if !isTrue { throw BrokenPromise(otherwise()) }
    }
}

/// What is there.
extension FileSourceCheck {
    func emptyPlace() async throws { try await expectListed([], "nothing was written") }

    func completeListing() async throws {
        let names = ["b.csv", "a.csv", "c/d.csv", "c/a/b.csv", "c-d.csv", "C.csv", "10.csv", "9.csv"]
        for (length, name) in names.enumerated() {
            try await write(name, String(repeating: "x", count: length))
        }
        try await expectListed(names, "after writing")
        let first = try await place.source.list()
        try expect(try await place.source.list() == first, "the second listing is another")
        for (length, name) in names.enumerated() {
            let size = try await file(name).size
            try expect(size == Int64(length), "'\(name)' has \(length) bytes and is listed with \(size)")
        }
    }

    /// More files than a bucket lists in one answer.
    func longListing() async throws {
        let names = (0..<1100).map { "many/\($0).csv" }
        for name in names { try await write(name, "x") }
        try await expectListed(names, "\(names.count) files")
    }

    func changingListing() async throws {
        try await write("a.csv", "old")
        try await write("b.csv", "b")
        let old = try await file("a.csv")
        try await write("a.csv", "newer")
        let new = try await file("a.csv")
        try expect(new.size == 5, "a replaced file has its old size")
        try expect(new.modified >= old.modified, "a replaced file was modified before it was written")
        try await place.remove("b.csv")
        try await write("c.csv", "c")
        try await expectListed(["a.csv", "c.csv"], "after a removal and an addition")
    }

    func everyName() async throws {
        for name in names { try await write(name, name) }
        try await expectListed(names, "after writing")
        for name in names {
            let bytes = try await read(try await file(name))
            try expect(bytes == Array(name.utf8), "'\(name)' has another content")
        }
    }
}
