/// What really happened in a simulated shop, to compare with what a pipeline finds out.
///
/// It grows with the lines that have been read; after the last one it is the truth of the whole.
public struct ShopTruth: Sendable, Hashable {
    /// Lines in all files, repeated messages included.
    public internal(set) var lines = 0
    /// Different messages, programs' included.
    public internal(set) var events = 0
    /// Lines that repeat a message: `lines` less `events`.
    public internal(set) var duplicates = 0
    /// Different messages that arrived more than an hour after they happened.
    public internal(set) var lateEvents = 0
    /// Different messages of crawlers and monitors; what follows counts people only.
    public internal(set) var botEvents = 0
    /// Messages of type page.
    public internal(set) var pageViews = 0
    /// Different anonymous ids.
    public internal(set) var visitors = 0
    /// Visitors, where those with the same user id are one.
    public internal(set) var persons = 0
    /// Visitors' runs of messages without a gap longer than 30 minutes.
    public internal(set) var sessions = 0
    /// Messages `purchase`.
    public internal(set) var purchases = 0
    /// Sums of the purchases' `revenue` in cents, by currency.
    public internal(set) var revenueInCents: [String: Int] = [:]
}
