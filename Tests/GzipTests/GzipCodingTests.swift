import Foundation
import Gzip
import PipelineCore
import Testing

@Suite struct GzipCodingTests {
    /// Bytes that compress to several chunks: pseudo-random letters.
    private func sample(_ count: Int) -> [UInt8] {
        var state: UInt64 = 42
        return (0..<count).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return UInt8(97 + (state >> 60))
        }
    }

    private func chunks(_ bytes: [UInt8], of size: Int) -> ByteStream {
        ArrayStream(stride(from: 0, to: bytes.count, by: size).map { Array(bytes[$0..<min($0 + size, bytes.count)]) })
    }

    private func collect(_ stream: ByteStream) async throws -> [UInt8] {
        var all: [UInt8] = []
        for try await chunk in stream { all += chunk }
        return all
    }

    @Test("What was packed comes back, whatever the chunks", arguments: [0, 1, 100_000, 3_000_000])
    func roundTrip(count: Int) async throws {
        let plain = sample(count)
        let packed = try await collect(GzipCoding().encode(chunks(plain, of: 70_001)))
        for size in [1, 4096, 1 << 20] where count < 200_000 || size > 1 {
            #expect(try await collect(GzipCoding().decode(chunks(packed, of: size))) == plain)
        }
    }

    @Test("The gzip program reads what we write")
    func foreignReader() async throws {
        let plain = sample(300_000)
        let file = FileManager.default.temporaryDirectory.appending(path: "millrace-\(UUID().uuidString).gz")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data(try await collect(GzipCoding().encode(chunks(plain, of: 9999)))).write(to: file)
        let program = Process()
        program.executableURL = URL(fileURLWithPath: "/usr/bin/gzip")
        program.arguments = ["-dc", file.path]
        let output = Pipe()
        program.standardOutput = output
        try program.run()
        let read = try output.fileHandleForReading.readToEnd() ?? Data()
        program.waitUntilExit()
        #expect([UInt8](read) == plain)
    }

    @Test("Members behind each other read as one, padding is passed over")
    func members() async throws {
        let one = try await collect(GzipCoding().encode(chunks(sample(1000), of: 100)))
        let two = try await collect(GzipCoding().encode(chunks([1, 2, 3], of: 100)))
        for size in [1, 7, 100_000] {
            let plain = try await collect(GzipCoding().decode(chunks(one + two + [0, 0, 0], of: size)))
            #expect(plain == sample(1000) + [1, 2, 3])
        }
    }

    @Test("A truncated file yields all that can be read, then says so")
    func truncated() async throws {
        let plain = sample(500_000)
        let packed = try await collect(GzipCoding().encode(chunks(plain, of: 4096)))
        var read: [UInt8] = []
        await #expect(throws: PipelineError.self) {
            for try await chunk in GzipCoding().decode(chunks(Array(packed.prefix(packed.count / 2)), of: 5000)) {
                read += chunk
            }
        }
        #expect(read.count > 200_000 && plain.starts(with: read))
    }

    @Test("Damage in the middle and plain text are refused as corrupt")
    func damaged() async throws {
        var packed = try await collect(GzipCoding().encode(chunks(sample(100_000), of: 4096)))
        packed[packed.count / 2] ^= 0xFF
        for bytes in [packed, Array("no gzip at all".utf8)] {
            let error = await #expect(throws: PipelineError.self) {
                _ = try await self.collect(GzipCoding().decode(self.chunks(bytes, of: 1000)))
            }
            #expect(error?.code == .corruptData)
        }
    }
}
