import PipelineCore
import Testing

@Suite("Canonical CSV")
struct CanonicalCSVTests {
    /// Reads all rows; nil stands for NULL.
    private func rows(_ text: String, columns: Int) throws -> [[String?]] {
        let bytes = Array(text.utf8)
        var reader = CanonicalCSVReader(definition(columns))
        var offset = 0
        var rows: [[String?]] = []
        while try reader.readRow(of: bytes.span, at: &offset) {
            rows.append(
                reader.fields.map { field in
                    if field.isNull { return nil }
                    var text: [UInt8] = []
                    field.appendText(of: bytes.span, to: &text)
                    return String(decoding: text, as: UTF8.self)
                }
            )
        }
        #expect(reader.rowCount == rows.count)
        #expect(offset == bytes.count)
        return rows
    }

    private func definition(_ columns: Int) -> DatasetDefinition {
        DatasetDefinition(
            name: "things",
            summary: "",
            schema: Schema((0..<columns).map { Field("c\($0)", .varchar) })
        )
    }

    @Test("NULL, the empty text and text are told apart")
    func nullAndEmpty() throws {
        #expect(try rows("a,,\"\"\n", columns: 3) == [["a", nil, ""]])
        #expect(try rows(",,\n", columns: 3) == [[nil, nil, nil]])
        #expect(try rows("\n\"\"\n", columns: 1) == [[nil], [""]])
        #expect(try rows("", columns: 3) == [])
    }

    @Test(
        "Every text comes back as it was written",
        arguments: [
            "", "a", ",", "\"", "\"\"", "a\"b", "\"a\"", "\n", "\r", "\r\n", "a\nb", ",\"\n", "NULL", "NA", "  ", "\t",
            "\u{0}x", "żółć", "日本語,\"ほん\"\n", "👩‍👩‍👧", "=1+1", "'", "a,b,c\n\"d\"\n\n", String(repeating: "\"", count: 99),
        ]
    )
    func roundTrip(text: String) throws {
        var writer = CanonicalCSVWriter()
        writer.append(row: [text, nil, text])
        writer.append(row: [nil, text, "z"])
        let chunk = writer.takeChunk()
        #expect(chunk.rowCount == 2)
        #expect(writer.byteCount == 0)
        let read = try rows(String(decoding: chunk.bytes, as: UTF8.self), columns: 3)
        #expect(read == [[text, nil, text], [nil, text, "z"]])
    }

    @Test("A field knows its place, with and without its quotes")
    func ranges() throws {
        let bytes = Array("ab,\"c\"\"d\",\n".utf8)
        var reader = CanonicalCSVReader(definition(3))
        var offset = 0
        let isRead = try reader.readRow(of: bytes.span, at: &offset)
        #expect(isRead)
        let fields = reader.fields
        #expect(fields.map(\.range) == [0..<2, 4..<8, 10..<10])
        #expect(fields.map(\.outerRange) == [0..<2, 3..<9, 10..<10])
        #expect(fields.map(\.isQuoted) == [false, true, false])
        #expect(fields.map(\.isEscaped) == [false, true, false])
        #expect(fields.map(\.isNull) == [false, false, true])
    }

    @Test(
        "What is no whole row is refused, and the error does not tell the content",
        arguments: [
            "a,b\n", "a,b,c,d\n", "a,b,c", "a,b,", "a,b", "a,\"b,c\n", "a,\"b\"x,c\n", "a,b\"x,c\n", "\n", "a,b,\"c\"",
            "a,b,c\nsecret", "a,b,\"c\"\"\n", "a,b,\"", "\"\"\"\n",
        ]
    )
    func malformed(text: String) throws {
        let error = try #require(throws: PipelineError.self) {
            _ = try rows(text.replacing("b", with: "canary"), columns: 3)
        }
        #expect(error.code == .corruptData)
        #expect(error.description.contains("'things'"))
        #expect(!error.description.contains("canary"))
    }

    @Test("Rows are counted over chunks, and a mismatch names row and column")
    func mismatch() throws {
        var reader = CanonicalCSVReader(
            DatasetDefinition(
                name: "things",
                summary: "",
                schema: Schema([Field("price", .decimal(precision: 9, scale: 2))])
            )
        )
        for text in ["1\n2\n", "3\n"] {
            let bytes = Array(text.utf8)
            var offset = 0
            while try reader.readRow(of: bytes.span, at: &offset) {}
        }
        let error = reader.mismatch(inColumn: 0)
        #expect(error.message == "row 3, column 'price' holds no DECIMAL(9,2)")
    }

    @Test(
        "A timestamp is taken apart where it stands",
        arguments: [
            ("2026-11-21 07:31:17+00", ""), ("2026-11-21 07:31:17.1+00", "1"),
            ("2026-11-21 07:31:17.123456+00", "123456"), ("0001-01-01 00:00:00+00", ""),
            ("9999-12-31 23:59:59.999999+00", "999999"),
        ]
    )
    func timestamps(text: String, fraction: String) throws {
        let bytes = Array("x\(text)y".utf8)
        let read = CanonicalTimestamp(bytes.span, 1..<bytes.count - 1)
        let stamp = try #require(read)
        #expect(stamp.start == 1)
        #expect(String(decoding: bytes[stamp.fraction], as: UTF8.self) == fraction)
    }

    @Test(
        "What is no timestamp in UTC is not taken for one",
        arguments: [
            "", "2026-11-21", "2026-11-21 07:31:17", "2026-11-21 07:31:17+01", "2026-11-21 07:31:17-00",
            "2026-11-21T07:31:17+00", "2026-11-21 07:31:17.+00", "2026-11-21 07:31:17.1234567+00", "infinity",
            "12026-11-21 07:31:17+00", "2026-11-21 07:31:17.12x+00", "2026-11-21 07:31:1700+00",
            "0044-03-15 (BC) 00:00:00+00", "2026-11-21 07:31:17.123456+00:30",
        ]
    )
    func notTimestamps(text: String) {
        let bytes = Array(text.utf8)
        let read = CanonicalTimestamp(bytes.span, 0..<bytes.count)
        #expect(read == nil)
    }

    @Test("A date is ten bytes of the years 0000 to 9999")
    func dates() {
        func check(_ text: String) -> Bool {
            let bytes = Array(text.utf8)
            return isCanonicalDate(bytes.span, 0..<bytes.count)
        }
        #expect(check("2026-11-21") && check("0001-01-01") && check("9999-12-31"))
        #expect(
            !check("12026-01-01") && !check("infinity") && !check("0044-03-15 (BC)") && !check("2026-1-21")
                && !check("")
        )
    }
}
