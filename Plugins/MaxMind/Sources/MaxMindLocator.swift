public import PipelineCore

/// Finds the place of an address in a file of MaxMind's format that the user brings: GeoLite2, GeoIP2, DB-IP.
///
/// The file is mapped into memory; its pages are read as they are needed. Any number of threads may look up at once.
/// Replace the file by renaming a new one over it: writing into a mapped file ends the process.
public final class MaxMindLocator: AddressLocator {
    /// The database's type and when it was built, in seconds since 1970: `GeoLite2-City-1764892800`.
    public let version: String

    private let database: MaxMindDatabase

    /// Opens a database.
    ///
    /// Throws `notFound` where the file cannot be read, `corruptData` where it is no database, `invalidConfiguration`
    /// where it is one that holds no places; the message names the file.
    public init(path: String) throws {
        database = try MaxMindDatabase(path: path)
        let type = database.type
        guard !Self.placeless.contains(where: { type.contains($0) }) else {
            throw PipelineError(
                .invalidConfiguration,
                "\(path) is of type \(type), which holds no places",
                while: "opening a MaxMind database",
                hint: "give a City or Country database"
            )
        }
        version = "\(type)-\(database.buildEpoch)"
    }

    /// The place of an address; nil where the database knows none or the text is no address, as with a port or a zone.
    ///
    /// Throws `corruptData` where the file is damaged.
    ///
    /// The region is the first-level subdivision: the database lists them from the largest down, and only the first
    /// level divides a whole country into areas of one kind, as maps and reports need (GB-ENG, not GB-WBK).
    public func locate(_ address: String) throws -> Place? {
        guard let bytes = NetworkAddress.bytes(of: address), let record = try database.record(of: bytes) else {
            return nil
        }
        let country = try record.text(at: "country", "iso_code")
        let subdivision = try record.text(at: "subdivisions", "0", "iso_code")
        let place = Place(
            country: country,
            region: country.flatMap { country in subdivision.map { "\(country)-\($0)" } },
            city: try record.text(at: "city", "names", "en")
        )
        return place == Place() ? nil : place
    }

    /// Parts of the type names of databases in the same format that are about something else.
    private static let placeless = ["ASN", "Anonymous", "Connection-Type", "Domain", "GeoIP2-ISP", "IP-Risk"]
}
