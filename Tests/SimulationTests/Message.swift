import Foundation
import PipelineCore

@testable import Simulation

/// A line as a reader of the files sees it.
struct Message: Decodable {
    struct Context: Decodable {
        struct Page: Decodable {
            let url: String
            let path: String
            let title: String
            let referrer: String
        }
        struct Screen: Decodable {
            let width: Int
            let height: Int
        }
        struct Campaign: Decodable {
            let source: String
            let medium: String
            let name: String
        }
        let ip: String
        let userAgent: String
        let locale: String
        let timezone: String
        let page: Page
        let screen: Screen
        let campaign: Campaign?
        let library: [String: String]
    }
    struct Properties: Decodable {
        let revenue: Decimal?
        let currency: String?
    }
    let messageId: String
    let type: String
    let event: String?
    let name: String?
    let anonymousId: String
    let userId: String?
    let timestamp: String
    let sentAt: String
    let receivedAt: String
    let context: Context
    let properties: Properties?
    let traits: Traits?

    struct Traits: Decodable {
        let email: String
        let name: String
        let plan: String
        let newsletter: Bool
    }

    var isBot: Bool { Device.bots.contains { $0.userAgent == context.userAgent } }

    /// Milliseconds since 1970 of a moment as the lines have it.
    static func milliseconds(_ text: String) throws -> Int64 {
        let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
        return Int64((try style.parse(text).timeIntervalSince1970 * 1000).rounded())
    }
}

extension ShopSimulation {
    /// 1 March 2026, a Sunday.
    static let start = Timestamp(microseconds: 1_772_323_200_000_000)

    /// All files, name and bytes.
    func files() async throws -> [(name: String, bytes: [UInt8])] {
        let run = ShopRun(self)
        var files: [(name: String, bytes: [UInt8])] = []
        while let file = run.nextFile() {
            var bytes: [UInt8] = []
            for try await chunk in file.bytes { bytes += chunk }
            files.append((file.name, bytes))
        }
        return files
    }

    /// The lines of all files, each read as JSON.
    func messages() async throws -> [(file: String, line: [UInt8], message: Message)] {
        let decoder = JSONDecoder()
        return try await files().flatMap { name, bytes in
            try bytes.split(separator: UInt8(ascii: "\n")).map { line in
                (name, Array(line), try decoder.decode(Message.self, from: Data(line)))
            }
        }
    }
}
