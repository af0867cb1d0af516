import PipelineCore

extension ClickstreamModels {
    var eventCounts: Model {
        dataset(
            "event_counts",
            "How often each event happened. One row is one day and one event name; events without a name count together.",
            key: ["date", "name"],
            columns: [
                .day("date", "The day of the events in the reporting time zone", from: "event_date"),
                .text("name", "The events' name; NULL for events without one"),
                .count("events", "Events of that name that day", from: "count(*)"),
                .count("users", "Persons with such an event", from: "count(DISTINCT person_id)"),
                .count("sessions", "Sessions with such an event", from: "count(DISTINCT session_id)"),
            ],
            from: """
                FROM session_events
                GROUP BY event_date, name
                """
        )
    }
}
