internal import PipelineCore

/// What comes through.
extension SinkCheck {
    func everyType() async throws {
        let fields = [
            Field("number", .integer, isNullable: false), Field("yes", .boolean), Field("small", .integer),
            Field("large", .bigint), Field("real", .double), Field("price", .decimal(precision: 9, scale: 2)),
            Field("exact", .decimal(precision: 38, scale: 10)), Field("text", .varchar), Field("day", .date),
            Field("moment", .timestamptz),
        ]
        let values: [[String?]] = [
            [
                "true", "2147483647", "9223372036854775807", "1.7976931348623157e+308", "9999999.99",
                "9999999999999999999999999999.9999999999", "text", "9999-12-31", "9999-12-31 23:59:59.999999+00",
            ],
            [
                "false", "-2147483648", "-9223372036854775808", "5e-324", "-9999999.99", "-0.0000000001", "",
                "0001-01-01", "0001-01-01 00:00:00+00",
            ],
            ["true", "0", "0", "0.0", "0.00", "0.0000000000", "NULL", "1970-01-01", "1970-01-01 00:00:00+00"],
            [
                "false", "-1", "9007199254740993", "-0.1", "0.10", "1.5000000000", "NA", "2024-02-29",
                "2026-11-21 07:31:17.5+00",
            ],
            [
                "true", "7", "-7", "0.30000000000000004", "12.34", "1.0000000001", "é", "1899-12-30",
                "2026-11-21 07:31:17.123+00",
            ],
            ["true", "7", "1", "1e+16", "100.00", "2.0000000000", "x", "2038-01-20", "2026-11-21 07:31:17.123456+00"],
            [nil, nil, nil, nil, nil, nil, nil, nil, nil],
        ]
        let dataset = SampleDataset(
            DatasetDefinition(name: "types", summary: "", schema: Schema(fields)),
            rows: values.enumerated().map { ["\($0)"] + $1 }
        )
        try await deliver(dataset)
        try await expectPublished(dataset, "every value is the same")
    }

    func everyText() async throws {
        let texts: [String] = [
            "", " ", "  leading and trailing  ", "NULL", "null", "NA", "\\N", "\\", "\\.", "'", "''", "\"", "\"\"",
            "a\"b",
            ",", ",,", "a,b", "\n", "\r\n", "a\nb\n", "\t", "\ta", "#", "=1+1", "+1", "-1", "@x", "0", "007", "1e5",
            "true", "2026-11-21", "żółć", "日本語", "🙂👩‍👩‍👧", "e\u{301}", "\u{FEFF}bom", "\u{202E}rtl", "a;b|c",
            "{\"a\": [1, \"x,\\\"y\"]}", "%s $1 ${x} {{y}}", "'; DROP TABLE things; --",
            String(repeating: "long, \"quoted\" żółć\n", count: 15_000),
        ]
        let dataset = SampleDataset(
            DatasetDefinition(
                name: "texts",
                summary: "",
                schema: Schema([Field("number", .integer), Field("text", .varchar), Field("again", .varchar)])
            ),
            rows: texts.enumerated().map { ["\($0)", $1, $1] }
        )
        try await deliver(dataset)
        try await expectPublished(dataset, "every text is the same")
    }

    func malformedRows() async throws {
        let old = Self.things(4)
        try await deliver(old)
        let malformed = [
            "1,canary\n2,canary,canary\n", "1,canary\n\"2canary", "1,canary\n2\n", "1,canary\n2,\"canary\"canary\n",
            "1,canary\ncanary,canary\n", "1,canary\n2,can\"ary\n",
        ]
        for text in malformed {
            let delivery = try await place.sink.begin(Self.header)
            let chunk = RowChunk(bytes: Array(text.utf8), rowCount: 2)
            do {
                // A sink that hands bytes on unread may take them; it must not tell them.
                _ = try await delivery.stage(old.definition, rows: ArrayStream([chunk]))
            } catch {
                try expectDiscreet(error)
            }
            await delivery.abort()
        }
        try await expectPublished(old, "the old is seen")
        try await expectNextWorks()
    }

    private func expectDiscreet(_ error: any Error) throws {
        guard let failure = error as? PipelineError else {
            throw BrokenPromise("the error is no PipelineError but \(type(of: error))")
        }
        let cause = failure.cause.map { String(reflecting: $0) } ?? ""
        try expect(!failure.description.contains("canary"), "the error tells a row's value")
        try expect(!cause.contains("canary"), "the error's cause tells a row's value")
    }
}
