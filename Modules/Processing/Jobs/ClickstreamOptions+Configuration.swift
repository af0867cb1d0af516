public import PipelineCore

extension ClickstreamOptions {
    /// Reads `session_gap`, `conversions` and `funnels` of a `use: clickstream` block; the time zone comes from the pipeline.
    public init(_ block: ConfigurationBlock) {
        let steps = ConfigurationType<[String]>.list(.text(example: "product_view"))
            .mapped(placeholder: [], expected: "a list of one or more steps") { $0.isEmpty ? nil : $0 }
        let funnel = ConfigurationType<Funnel>.object(example: "{ steps: [product_view, purchase], within: 7d }") {
            funnel in
            Funnel(
                name: "",
                steps: funnel.require("steps", steps, "Event names in order."),
                within: funnel.value(
                    "within",
                    .duration(example: "7d", from: "1ms", to: "3660d"),
                    default: .seconds(7 * 86_400),
                    "The longest time from the first step to a later one, up to 3660d; default 7d."
                )
            )
        }
        self.init(
            sessionGap: block.value(
                "session_gap",
                .duration(example: "30m", from: "1ms", to: "30d"),
                default: .seconds(1800),
                "The longest time between two events of a session, up to 30d; default 30m."
            ),
            conversions: block.value(
                "conversions",
                .list(.text(example: "purchase")),
                default: [],
                "Names of events that are conversions."
            ),
            funnels: block.value("funnels", .map(funnel), default: [], "Sequences of events, by name.").map { entry in
                Funnel(name: entry.key, steps: entry.value.steps, within: entry.value.within)
            }
        )
    }
}
