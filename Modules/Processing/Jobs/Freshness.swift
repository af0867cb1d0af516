public import PipelineCore

/// What an output was computed from, as its own log records it: nothing else remembers, so nothing can disagree.
public struct Freshness: Sendable, Hashable {
    /// The versions of the tables read; a table that did not exist is left out.
    public let inputs: [DatasetName: Int64]
    /// A digest of the job's definition.
    public let definition: String

    /// What the job would compute from now.
    public static func current(of job: any ProcessingJob, in tables: any TableStore) async throws -> Freshness {
        var inputs: [DatasetName: Int64] = [:]
        for table in job.inputs(among: try await tables.tables()) {
            if let version = try await tables.snapshot(of: table, at: nil)?.version { inputs[table] = version }
        }
        return Freshness(inputs: inputs, definition: fingerprint(job.definition))
    }

    init(inputs: [DatasetName: Int64], definition: String) {
        self.inputs = inputs
        self.definition = definition
    }

    /// Why a job must run, in words for people; nil if all its outputs are up to date.
    public func staleness(of job: any ProcessingJob, in tables: any TableStore) async throws -> String? {
        for output in job.outputs {
            guard let snapshot = try await tables.snapshot(of: output, at: nil) else {
                return "\(output) does not exist yet"
            }
            let recorded = Self.recorded(in: snapshot)
            if recorded.definition != definition { return "its definition has changed" }
            for (input, version) in inputs.sorted(by: { $0.key < $1.key }) where recorded.inputs[input] != version {
                return "\(input) is at version \(version)"
                    + (recorded.inputs[input].map { ", computed from \($0)" } ?? "")
            }
        }
        return nil
    }

    /// The cursors to record in the commit that makes `version` of an output.
    func cursors(forVersion version: Int64) -> [String: Int64] {
        // A position only grows, so a definition is recorded under its own name: the one with the highest version is it.
        var cursors = ["definition/\(definition)": version]
        for (input, inputVersion) in inputs { cursors["input/\(input)"] = inputVersion }
        return cursors
    }

    private static func recorded(in snapshot: TableSnapshot) -> Freshness {
        var inputs: [DatasetName: Int64] = [:]
        var definition = (name: "", version: Int64(-1))
        for (name, position) in snapshot.cursors {
            if name.hasPrefix("input/") {
                inputs[DatasetName(rawValue: String(name.dropFirst(6)))] = position
            } else if name.hasPrefix("definition/"), position > definition.version {
                definition = (String(name.dropFirst(11)), position)
            }
        }
        return Freshness(inputs: inputs, definition: definition.name)
    }

    /// FNV-1a, 64 bits: tells texts apart, and needs no library.
    static func fingerprint(_ text: String) -> String {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        return String(hash, radix: 16)
    }
}
