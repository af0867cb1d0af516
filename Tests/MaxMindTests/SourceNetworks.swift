import Foundation
import PipelineCore
import Testing

@testable import MaxMindPlugin

/// The text from which MaxMind's test database is made: the place of every network.
struct SourceNetwork: CustomTestStringConvertible {
    let name: String
    /// The first and the last address, 4 or 16 bytes.
    let bounds: [[UInt8]]
    let place: Place?

    var testDescription: String { name }

    static func all() throws -> [SourceNetwork] {
        let data = try Data(contentsOf: URL(filePath: SharedData.path("GeoIP2-City-Test.json")))
        return try JSONDecoder().decode([[String: Entry]].self, from: data).flatMap { entries in
            entries.compactMap { name, entry in SourceNetwork(name, entry.place) }
        }
    }

    private init?(_ name: String, _ place: Place?) {
        let parts = name.split(separator: "/").map(String.init)
        guard parts.count == 2, let length = Int(parts[1]) else { return nil }
        // IPv4 networks are written as ::a.b.c.d/96+n in most places and as a.b.c.d/n in some.
        let isLow = parts[0].hasPrefix("::") && parts[0].contains(".")
        guard let first = NetworkAddress.bytes(of: isLow ? String(parts[0].dropFirst(2)) : parts[0]) else { return nil }
        let prefix = isLow ? length - 96 : length
        let last = first.indices.map { index in
            let free = max(0, min(8, (index + 1) * 8 - prefix))
            return first[index] | UInt8((1 << free) - 1)
        }
        self.name = name
        self.bounds = [first, last]
        self.place = place
    }

    private struct Entry: Decodable {
        struct Named: Decodable {
            let iso_code: String?
            let names: [String: String]?
        }
        let country: Named?
        let subdivisions: [Named]?
        let city: Named?

        var place: Place? {
            let region = (country?.iso_code).flatMap { code in subdivisions?.first?.iso_code.map { "\(code)-\($0)" } }
            let place = Place(country: country?.iso_code, region: region, city: city?.names?["en"])
            return place == Place() ? nil : place
        }
    }
}
