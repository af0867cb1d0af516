internal import GRDB
internal import GRDBSQLite
internal import PipelineCore

/// Inserts canonical rows into a table, bound straight from the chunk's bytes.
///
/// The only file that hands pointers to SQLite: they point into the chunk and live as long as the call that inserts it.
struct RowLoader {
    private let layout: TableLayout
    private let insertion: String
    private var reader: CanonicalCSVReader
    private var scratch: [UInt8] = []

    init(_ layout: TableLayout, table: String) {
        self.layout = layout
        insertion = layout.insertion(into: table)
        reader = CanonicalCSVReader(layout.definition)
    }

    /// How many rows have been inserted.
    var rowCount: Int { reader.rowCount }

    /// Inserts the chunk's rows; throws at the first that does not fit, naming its column but not its value.
    mutating func insert(_ chunk: RowChunk, into db: Database) throws {
        let statement = unsafe try db.cachedStatement(sql: insertion).sqliteStatement
        defer {
            unsafe sqlite3_reset(statement)
            unsafe sqlite3_clear_bindings(statement)
        }
        unsafe try chunk.bytes.withUnsafeBufferPointer { bytes in
            var offset = 0
            let span = unsafe bytes.span
            while try reader.readRow(of: span, at: &offset) {
                for index in layout.storages.indices {
                    unsafe try bind(reader.fields[index], at: index, of: bytes, to: statement)
                }
                guard unsafe sqlite3_step(statement) == SQLITE_DONE else { throw unsafe failure(of: statement) }
                unsafe sqlite3_reset(statement)
            }
        }
    }

    private mutating func bind(
        _ field: CanonicalField,
        at index: Int,
        of bytes: UnsafeBufferPointer<UInt8>,
        to statement: OpaquePointer
    ) throws {
        let parameter = CInt(index + 1)
        if field.isNull {
            unsafe sqlite3_bind_null(statement, parameter)
            return
        }
        let span = unsafe bytes.span
        switch layout.storages[index] {
        case .text:
            if field.isEscaped {
                scratch.removeAll(keepingCapacity: true)
                field.appendText(of: span, to: &scratch)
                unsafe bindScratch(to: statement, parameter)
            } else {
                unsafe bind(field.range, of: bytes, to: statement, parameter)
            }
        case .integer:
            guard let value = parseInteger(span, field.range) else { throw reader.mismatch(inColumn: index) }
            unsafe sqlite3_bind_int64(statement, parameter, value)
        case .real, .decimal:
            guard let value = parseDouble(span, field.range) else { throw reader.mismatch(inColumn: index) }
            unsafe sqlite3_bind_double(statement, parameter, value)
        case .boolean:
            guard let value = parseBoolean(span, field.range) else { throw reader.mismatch(inColumn: index) }
            unsafe sqlite3_bind_int(statement, parameter, value ? 1 : 0)
        case .date:
            guard isCanonicalDate(span, field.range) else { throw outOfCalendar(index) }
            unsafe bind(field.range, of: bytes, to: statement, parameter)
        case .timestamp:
            guard let moment = CanonicalTimestamp(span, field.range) else { throw outOfCalendar(index) }
            spell(moment, of: span)
            unsafe bindScratch(to: statement, parameter)
        }
    }

    /// Binds bytes of the chunk where they stand; they outlive the statement's next step.
    private func bind(
        _ range: Range<Int>,
        of bytes: UnsafeBufferPointer<UInt8>,
        to statement: OpaquePointer,
        _ parameter: CInt
    ) {
        guard let base = bytes.baseAddress else { return }
        // SAFETY: no destructor means SQLITE_STATIC: the chunk's bytes stay in place until `insert` has returned.
        unsafe sqlite3_bind_text64(
            statement,
            parameter,
            UnsafeRawPointer(base + range.lowerBound).assumingMemoryBound(to: CChar.self),
            UInt64(range.count),
            nil,
            UInt8(SQLITE_UTF8)
        )
    }

    /// Binds a copy of the scratch bytes.
    private func bindScratch(to statement: OpaquePointer, _ parameter: CInt) {
        // SAFETY: -1 is SQLITE_TRANSIENT, which the C header defines as this cast: SQLite copies before it returns.
        let copied = unsafe unsafeBitCast(-1, to: sqlite3_destructor_type.self)
        _ = unsafe scratch.withUnsafeBytes { bytes in
            unsafe sqlite3_bind_text64(
                statement,
                parameter,
                bytes.baseAddress?.assumingMemoryBound(to: CChar.self),
                UInt64(bytes.count),
                copied,
                UInt8(SQLITE_UTF8)
            )
        }
    }

    /// Writes `2026-11-21 07:31:17.123` into the scratch bytes, with six decimals only where three would lose something.
    private mutating func spell(_ moment: CanonicalTimestamp, of bytes: Span<UInt8>) {
        scratch.removeAll(keepingCapacity: true)
        scratch.append(bytes: bytes.extracting(moment.start..<moment.start + 19))
        scratch.append(UInt8(ascii: "."))
        scratch.append(bytes: bytes.extracting(moment.fraction))
        let decimals = moment.fraction.count <= 3 ? 3 : 6
        for _ in moment.fraction.count..<decimals { scratch.append(UInt8(ascii: "0")) }
    }

    private func parseBoolean(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool? {
        let (first, last) = (range.lowerBound, range.upperBound - 1)
        guard last - first >= 3, bytes[last] == UInt8(ascii: "e") else { return nil }
        switch (bytes[first], range.count) {
        case (UInt8(ascii: "t"), 4): return true
        case (UInt8(ascii: "f"), 5): return false
        default: return nil
        }
    }

    private func outOfCalendar(_ index: Int) -> PipelineError {
        reader.mismatch(inColumn: index, hint: "SQLite's date functions know the years 0000 to 9999")
    }

    private func failure(of statement: OpaquePointer) -> DatabaseError {
        let connection = unsafe sqlite3_db_handle(statement)
        return DatabaseError(
            resultCode: ResultCode(rawValue: unsafe sqlite3_extended_errcode(connection)),
            message: unsafe String(cString: sqlite3_errmsg(connection))
        )
    }
}
