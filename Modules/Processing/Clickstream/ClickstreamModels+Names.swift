public import PipelineCore

extension ClickstreamModels {
    /// The names of the twelve datasets, in the order in which they are documented.
    public static let datasets: [DatasetName] = [
        "events", "sessions", "users", "daily_metrics", "event_counts", "pages", "acquisition", "geography", "devices",
        "funnels",
        "retention", "paths",
    ]
}
