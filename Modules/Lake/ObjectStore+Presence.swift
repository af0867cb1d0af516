internal import PipelineCore

extension ObjectStore {
    /// The whole object in memory, or nil where there is none.
    func contentsIfPresent(of key: ObjectKey) async throws -> [UInt8]? {
        do { return try await contents(of: key) } catch let error as PipelineError where error.code == .notFound {
            return nil
        }
    }

    func contains(_ key: ObjectKey) async throws -> Bool {
        do {
            _ = try await read(key)
            return true
        } catch let error as PipelineError where error.code == .notFound { return false }
    }

    /// Stores a small object unless the key is taken; true also where a lost answer hid that these very bytes were stored.
    func createOrConfirm(_ bytes: [UInt8], at key: ObjectKey) async throws -> Bool {
        if try await create(bytes, at: key) { return true }
        return try await contents(of: key) == bytes
    }
}

/// The number of a log entry as its file name: twenty digits and `.json`.
func logFileName(_ number: Int64) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, 20 - digits.utf8.count)) + digits + ".json"
}
