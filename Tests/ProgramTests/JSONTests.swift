import ConnectorTesting
import Foundation
import Testing

/// What `--json` prints.
@Suite struct JSONTests {
    private struct Probe: Decodable { let part: String, problem: String?, remark: String? }

    private func decoded<Value: Decodable>(_ answer: Program.Answer, as type: Value.Type) throws -> Value {
        #expect(answer.lines.count == 1, "\(answer)")
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(type, from: Data(answer.output.utf8))
    }

    /// All keys but the names of tables and columns.
    private func keys(_ value: Any) -> Set<String> {
        if let list = value as? [Any] { return list.reduce(into: []) { $0.formUnion(keys($1)) } }
        guard let object = value as? [String: Any] else { return [] }
        return object.reduce(into: Set(object.keys)) { all, entry in
            if !["rows", "first_rows"].contains(entry.key) { all.formUnion(keys(entry.value)) }
        }
    }

    @Test("All keys are in snake_case, those of runs that were kept too, and columns keep their names")
    func spellsKeys() async throws {
        let shop = try Shop()
        try shop.folder.write("order_id,day,amount,paidBy\n1,2026-01-01,10.00,ann\n", to: "drop/orders-1.csv")
        var all: Set<String> = []
        for command in [
            ["preview"], ["run"], ["runs"], ["status"], ["tables"], ["tables", "sessions"], ["check", "--connect"],
            ["doctor"], ["vacuum"],
        ] {
            let answer = try await shop.millrace.start(command + ["--json"])
            #expect(answer.code == 0 && answer.errors.isEmpty, "\(command): \(answer)")
            for line in answer.lines {
                all.formUnion(keys(try JSONSerialization.jsonObject(with: Data(line.utf8))))
            }
        }
        #expect(all.isSuperset(of: ["started_at", "committed_at", "files_read", "first_rows"]))
        #expect(all.allSatisfy { $0.allSatisfy { $0 == "_" || $0.isLowercase } }, "\(all)")
        let orders = try await shop.millrace("preview", "orders", "--json").output
        #expect(orders.contains(#""paidBy":"ann""#), "\(orders)")
        #expect(try await shop.millrace("runs", "--json").output.contains(#""rows":{"daily_sales":1}"#))
    }

    @Test("A wrong config is one object with all mistakes and their places, and still ends with 2")
    func checks() async throws {
        struct Check: Decodable {
            struct Issue: Decodable { let path: String, problem: String, hint: String?, line: Int?, column: Int? }
            let config: String, issues: [Issue], sources: Int?, probes: [Probe]?
        }
        let shop = try Shop()
        let right = try decoded(try await shop.millrace("check", "--json"), as: Check.self)
        #expect(right.config == "millrace.yaml" && right.issues.isEmpty && right.sources == 2 && right.probes == nil)
        let misspelt = Shop.config.replacing("conversions:", with: "conversion:").replacing("power-bi", with: "powerbi")
        try shop.folder.write(misspelt, to: "wrong.yaml")
        let answer = try await shop.millrace("check", "--json", "-c", "wrong.yaml")
        #expect(answer.code == 2 && answer.errors.isEmpty)
        let wrong = try decoded(answer, as: Check.self)
        #expect(wrong.config == "wrong.yaml" && wrong.sources == nil)
        #expect(wrong.issues.map(\.path) == ["jobs.clickstream.conversion", "exports.powerbi.flavor"])
        #expect(wrong.issues.first?.problem == "unknown key")
        #expect(wrong.issues.first?.hint == "did you mean 'conversions'?")
        #expect(wrong.issues.first?.line == 9 && wrong.issues.first?.column == 36)
        let missing = try await shop.millrace("check", "--json", "-c", "nowhere.yaml")
        #expect(missing.code == 2)
        #expect(try decoded(missing, as: Check.self).issues.map(\.problem) == ["the config file does not exist"])
    }

    @Test("What does not work is in the object, with the same exit code as without")
    func probes() async throws {
        struct Probes: Decodable { let probes: [Probe] }
        struct Preview: Decodable {
            struct Source: Decodable {
                let name: String, problem: String?, rows: Int?, rejected: Int?, firstRows: [[String: String?]]?
            }
            let sources: [Source]
        }
        let shop = try Shop()
        let lost = Shop.config.replacing("drop/orders-*.csv", with: "nowhere/*.csv")
        try shop.folder.write(lost, to: "millrace.yaml")
        for command in [["check", "--connect"], ["doctor"]] {
            let answer = try await shop.millrace.start(command + ["--json"])
            #expect(answer.code == 1 && answer.errors.isEmpty)
            let probes = try decoded(answer, as: Probes.self).probes
            #expect(probes.filter { $0.problem != nil }.map(\.part) == ["sources.orders"])
            #expect(probes.contains { $0.part == "exports.local" })
        }
        let answer = try await shop.millrace("preview", "--json", "--rows", "1")
        #expect(answer.code == 1 && answer.errors.isEmpty)
        let sources = try decoded(answer, as: Preview.self).sources
        #expect(sources.map(\.name) == ["clicks", "orders"])
        #expect(sources.first?.rows == 4 && sources.first?.rejected == 1, "\(sources)")
        #expect(sources.first?.firstRows?.count == 1 && sources.first?.firstRows?.first?["name"] == "view")
        #expect(sources.last?.rows == nil && sources.last?.problem?.contains("nowhere does not exist") == true)
        let one = try await shop.millrace("preview", "orders", "--json")
        let text = try await shop.millrace("preview", "orders")
        #expect(one.code == text.code && one.errors == text.errors && one.output.isEmpty)
    }

    @Test("A vacuum counts what it removed")
    func vacuums() async throws {
        struct Vacuum: Decodable { let files: Int, bytes: Int }
        let shop = try Shop()
        _ = try await shop.millrace("run")
        let removed = try decoded(try await shop.millrace("vacuum", "--json"), as: Vacuum.self)
        #expect(removed.files == 0 && removed.bytes == 0)
    }
}
