import PipelineCore

extension ClickstreamModels {
    var pages: Model {
        dataset(
            "pages",
            """
            How pages and screens were visited, entered and left. One row is one day and one page path; pages and \
            screens without a path count by their name.
            """,
            key: ["date", "page_path"],
            columns: [
                .day(
                    "date",
                    """
                    In the reporting time zone: for page_views and users the day of the events, for entries and exits \
                    the day on which the session began
                    """
                ),
                .text("page_path", "The page's path, else its name; NULL for page views with neither"),
                .count("page_views", "Events of type page or screen", from: "sum(page_views)"),
                .count("users", "Persons with such an event", from: "sum(users)"),
                .count("entries", "Sessions whose first page view is of the page", from: "sum(entries)"),
                .count("exits", "Sessions whose last page view is of the page", from: "sum(exits)"),
            ],
            from: """
                FROM (
                  SELECT event_date AS date, label AS page_path, count(*) AS page_views,
                    count(DISTINCT person_id) AS users, 0 AS entries, 0 AS exits
                  FROM session_events
                  WHERE is_page_view
                  GROUP BY event_date, label
                  UNION ALL
                  SELECT session_date, entry_page, 0, 0, 1, 0 FROM session_facts WHERE page_view_count > 0
                  UNION ALL
                  SELECT session_date, exit_page, 0, 0, 0, 1 FROM session_facts WHERE page_view_count > 0
                ) AS counts
                GROUP BY date, page_path
                """
        )
    }
}
