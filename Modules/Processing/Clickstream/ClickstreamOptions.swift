/// What the user decides about the clickstream datasets.
public struct ClickstreamOptions: Sendable, Hashable {
    /// A sequence of events that people should go through.
    public struct Funnel: Sendable, Hashable {
        /// Names the funnel in the dataset.
        public var name: String
        /// Event names in order; a name may come again, and without any the funnel has no rows.
        public var steps: [String]
        /// The longest time from an attempt's first step to each later one.
        public var within: Duration

        /// A funnel.
        public init(name: String, steps: [String], within: Duration) {
            self.name = name
            self.steps = steps
            self.within = within
        }
    }

    /// The longest time between two events of a visitor that belong to one session.
    public var sessionGap: Duration
    /// The names of the events that are conversions.
    public var conversions: [String]
    /// The funnels, in the order in which they are listed.
    public var funnels: [Funnel]
    /// The IANA name of the time zone of days and weeks.
    public var timezone: String

    /// The contract's defaults, except for what is given.
    public init(
        sessionGap: Duration = .seconds(30 * 60),
        conversions: [String] = [],
        funnels: [Funnel] = [],
        timezone: String = "UTC"
    ) {
        self.sessionGap = sessionGap
        self.conversions = conversions
        self.funnels = funnels
        self.timezone = timezone
    }
}

extension Duration {
    /// Whole microseconds, which is what stored times are counted in.
    var microseconds: Int64 { components.seconds * 1_000_000 + components.attoseconds / 1_000_000_000_000 }
}
