import PipelineCore

extension ClickstreamModels {
    var geography: Model {
        dataset(
            "geography",
            """
            Where visits came from. One row is one day in the reporting time zone and one place, of \
            the sessions that began that day.
            """,
            key: ["date", "country", "region", "city"],
            columns: [
                .day("date", "The day on which the sessions began", from: "session_date"),
                .text("country", "ISO 3166-1 alpha-2; NULL where it is not known"),
                .text("region", "ISO 3166-2; NULL where it is not known"),
                .text("city", "The city; NULL where it is not known"),
                .count("users", "Persons with such a session", from: "count(DISTINCT person_id)"),
                .count("sessions", "Sessions", from: "count(*)"),
                .count("events", "Events in these sessions", from: "sum(event_count)"),
                .count("conversions", "Conversions in these sessions", from: "sum(conversion_count)"),
            ],
            from: """
                FROM session_facts
                GROUP BY session_date, country, region, city
                """
        )
    }
}
