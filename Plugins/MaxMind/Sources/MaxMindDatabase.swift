internal import CMaxMind
internal import PipelineCore

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#else
internal import Darwin
#endif

/// One memory-mapped database file; the only file that talks to libmaxminddb.
// SAFETY: `MMDB_open` alone writes the structure, before `init` returns; look-ups keep their state on the caller's stack.
@safe final class MaxMindDatabase: @unchecked Sendable {
    private let database: UnsafeMutablePointer<MMDB_s>
    let path: String

    init(path: String) throws {
        let opened = UnsafeMutablePointer<MMDB_s>.allocate(capacity: 1)
        let status = unsafe MMDB_open(path, UInt32(MMDB_MODE_MMAP), opened)
        guard status == MMDB_SUCCESS else {
            unsafe opened.deallocate()
            throw Self.failure(status, path, while: "opening a MaxMind database")
        }
        self.path = path
        unsafe database = opened
    }

    deinit {
        unsafe MMDB_close(database)
        unsafe database.deallocate()
    }

    /// What the file says it is: `GeoLite2-City`.
    var type: String { unsafe database.pointee.metadata.database_type.map { unsafe String(cString: $0) } ?? "" }

    /// When the file was made, in seconds since 1970.
    var buildEpoch: UInt64 { unsafe database.pointee.metadata.build_epoch }

    /// The record of an address in network order (4 or 16 bytes); nil where there is none.
    func record(of address: [UInt8]) throws -> Record? {
        var status: Int32 = 0
        let result = address.count == 4 ? unsafe lookUpIPv4(address, &status) : unsafe lookUpIPv6(address, &status)
        switch status {
        case MMDB_SUCCESS: break
        case MMDB_IPV6_LOOKUP_IN_IPV4_DATABASE_ERROR: return nil
        default: throw Self.failure(status, path, while: "looking up an address")
        }
        return unsafe result.found_entry ? Record(entry: result.entry, database: self) : nil
    }

    private func lookUpIPv4(_ address: [UInt8], _ status: inout Int32) -> MMDB_lookup_result_s {
        var socket = sockaddr_in()
        socket.sin_family = sa_family_t(AF_INET)
        unsafe withUnsafeMutableBytes(of: &socket.sin_addr) { unsafe $0.copyBytes(from: address) }
        return unsafe withUnsafePointer(to: &socket) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe MMDB_lookup_sockaddr(database, $0, &status)
            }
        }
    }

    private func lookUpIPv6(_ address: [UInt8], _ status: inout Int32) -> MMDB_lookup_result_s {
        var socket = sockaddr_in6()
        socket.sin6_family = sa_family_t(AF_INET6)
        unsafe withUnsafeMutableBytes(of: &socket.sin6_addr) { unsafe $0.copyBytes(from: address) }
        return unsafe withUnsafePointer(to: &socket) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe MMDB_lookup_sockaddr(database, $0, &status)
            }
        }
    }

    fileprivate static func failure(_ status: Int32, _ path: String, while operation: String) -> PipelineError {
        let reason = unsafe String(cString: MMDB_strerror(status))
        return switch status {
        case MMDB_FILE_OPEN_ERROR:
            PipelineError(
                .notFound,
                "cannot read \(path): \(reason)",
                while: operation,
                hint: "give the path of a GeoLite2, GeoIP2 or DB-IP file (.mmdb)"
            )
        case MMDB_OUT_OF_MEMORY_ERROR:
            PipelineError(.outOfResources, "\(path): \(reason)", while: operation)
        default:
            PipelineError(
                .corruptData,
                "\(path) is damaged or no MaxMind database: \(reason)",
                while: operation,
                hint: "download the file again"
            )
        }
    }
}

extension MaxMindDatabase {
    /// What the database holds about a network.
    @safe struct Record {
        fileprivate let entry: MMDB_entry_s
        /// Keeps the mapping alive that the entry points into.
        fileprivate let database: MaxMindDatabase

        /// The text at a path of keys, array positions written as numbers; nil where there is none.
        func text(at path: StaticString...) throws -> String? {
            // A literal's bytes end in NUL, and so does the path.
            var keys: [UnsafePointer<CChar>?] = unsafe path.map {
                unsafe UnsafeRawPointer($0.utf8Start).assumingMemoryBound(to: CChar.self)
            }
            unsafe keys.append(nil)
            var start = unsafe entry
            var data = unsafe MMDB_entry_data_s()
            let status = unsafe MMDB_aget_value(&start, &data, keys)
            switch status {
            case MMDB_SUCCESS: break
            case MMDB_LOOKUP_PATH_DOES_NOT_MATCH_DATA_ERROR: return nil
            default: throw MaxMindDatabase.failure(status, database.path, while: "reading the place of an address")
            }
            guard unsafe data.has_data, unsafe data.type == UInt32(MMDB_DATA_TYPE_UTF8_STRING),
                let bytes = unsafe data.utf8_string
            else { return nil }
            let text = unsafe UnsafeRawBufferPointer(start: bytes, count: Int(data.data_size))
            return unsafe String(decoding: text, as: UTF8.self)
        }
    }
}

/// The bytes of a network address, in network order.
enum NetworkAddress {
    /// Reads an IPv4 (4 bytes) or IPv6 address (16 bytes) as `inet_pton` defines them.
    ///
    /// An IPv4 address mapped into IPv6 is that IPv4 address. Nil for anything else, a port or a zone included.
    static func bytes(of text: String) -> [UInt8]? {
        guard !text.utf8.contains(0) else { return nil }
        var bytes = [UInt8](repeating: 0, count: 16)
        if unsafe inet_pton(AF_INET, text, &bytes) == 1 { return Array(bytes[..<4]) }
        guard unsafe inet_pton(AF_INET6, text, &bytes) == 1 else { return nil }
        let isMapped = bytes[..<10].allSatisfy { $0 == 0 } && bytes[10] == 0xFF && bytes[11] == 0xFF
        return isMapped ? Array(bytes[12...]) : bytes
    }
}
