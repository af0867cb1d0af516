public import PipelineCore

/// What an output was computed from, as its own log records it: nothing else remembers, so nothing can disagree.
public struct Freshness: Sendable, Hashable {
    /// One version of a table that was read.
    public struct Input: Sendable, Hashable {
        /// Counted from 0.
        public let version: Int64
        /// When that version was made: a table that was dropped and made again counts its versions anew.
        public let committedAt: Timestamp
    }
    /// The tables read; a table that did not exist is left out.
    public let inputs: [DatasetName: Input]
    /// A digest of the job's definition.
    public let definition: String

    /// What the job would compute from now; throws `corruptData` where a file of that is gone.
    public static func current(of job: any ProcessingJob, in tables: any TableStore) async throws -> Freshness {
        var inputs: [DatasetName: Input] = [:]
        for table in job.inputs(among: try await tables.tables()) {
            guard let snapshot = try await tables.readableSnapshot(of: table) else { continue }
            inputs[table] = Input(version: snapshot.version, committedAt: snapshot.committedAt)
        }
        return Freshness(inputs: inputs, definition: fingerprint(job.definition))
    }

    init(inputs: [DatasetName: Input], definition: String) {
        self.inputs = inputs
        self.definition = definition
    }

    /// Why a job must run, in words for people; nil if all its outputs are up to date.
    public func staleness(of job: any ProcessingJob, in tables: any TableStore) async throws -> String? {
        for output in job.outputs {
            guard let snapshot = try await tables.snapshot(of: output, at: nil) else {
                return "\(output) does not exist yet"
            }
            if try await tables.missingFile(of: snapshot) != nil { return "\(output) lacks a file" }
            let recorded = Self.recorded(in: snapshot)
            if recorded.definition != definition { return "its definition has changed" }
            for (input, now) in inputs.sorted(by: { $0.key < $1.key }) where recorded.inputs[input] != now {
                guard let then = recorded.inputs[input] else { return "\(input) is at version \(now.version)" }
                return then.version < now.version
                    ? "\(input) is at version \(now.version), computed from \(then.version)"
                    : "\(input) was made anew"
            }
        }
        return nil
    }

    /// The cursors to record in the commit that makes `version` of an output.
    func cursors(forVersion version: Int64) -> [String: Int64] {
        // A position only grows, so a definition is recorded under its own name: the one with the highest version is it.
        var cursors = ["definition/\(definition)": version]
        for (name, input) in inputs {
            cursors["input/\(name)"] = input.version
            cursors["input/\(name)/committed_at"] = input.committedAt.microseconds
        }
        return cursors
    }

    private static func recorded(in snapshot: TableSnapshot) -> Freshness {
        var inputs: [DatasetName: Input] = [:]
        var definition = (name: "", version: Int64(-1))
        for (name, position) in snapshot.cursors {
            if name.hasPrefix("input/") {
                guard let committedAt = snapshot.cursors[name + "/committed_at"] else { continue }
                inputs[DatasetName(rawValue: String(name.dropFirst(6)))] = Input(
                    version: position,
                    committedAt: Timestamp(microseconds: committedAt)
                )
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
