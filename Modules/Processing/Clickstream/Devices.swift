import PipelineCore

extension ClickstreamModels {
    var devices: Model {
        dataset(
            "devices",
            """
            What visits were made with. One row is one day in the reporting time zone and one kind of \
            device, of the sessions that began that day.
            """,
            key: ["date", "device_category", "os_name", "browser_name"],
            columns: [
                .day("date", "The day on which the sessions began", from: "session_date"),
                .text("device_category", "desktop, mobile, tablet, …; NULL where it is not known"),
                .text("os_name", "The operating system; NULL where it is not known"),
                .text("browser_name", "The browser; NULL where it is not known"),
                .count("users", "Persons with such a session", from: "count(DISTINCT person_id)"),
                .count("sessions", "Sessions", from: "count(*)"),
                .count("events", "Events in these sessions", from: "sum(event_count)"),
                .count("conversions", "Conversions in these sessions", from: "sum(conversion_count)"),
            ],
            from: """
                FROM session_facts
                GROUP BY session_date, device_category, os_name, browser_name
                """
        )
    }
}
