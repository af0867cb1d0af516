import PipelineCore

extension ClickstreamModels {
    var funnels: Model {
        let steps = options.funnels.indices.flatMap { index in
            options.funnels[index].steps.indices.map { funnelStep($0, of: index) }
        }
        return dataset(
            "funnels",
            """
            How far people get on the way through the job's funnels. One row is one step of one funnel. An attempt starts \
            at any event of step 1; each next step is the person's earliest later event of that name, not later than the \
            funnel's time limit after step 1. The attempt that gets furthest counts, the earliest among equals.
            """,
            key: ["funnel", "step"],
            columns: [
                .text("funnel", "The funnel's name in the config").required,
                .count("step", "Counts the funnel's steps, from 1"),
                .text("name", "The name of the step's events").required,
                .count("users", "Persons who reached the step"),
                .number(
                    "rate_from_previous",
                    "users / users of the step before; NULL at step 1 and where nobody reached the step before",
                    from: share("users", of: "previous_users")
                ),
                .number(
                    "rate_from_first",
                    "users / users of step 1; NULL where nobody reached step 1",
                    from: share("users", of: "first_users")
                ),
                .number(
                    "median_seconds_from_previous",
                    """
                    The median, over persons who reached the step, of the seconds since their step before, interpolated; \
                    NULL at step 1 and where nobody reached the step
                    """,
                    from: "median / 1000000"
                ),
            ],
            from: "FROM (\n\((steps.isEmpty ? [noFunnelStep] : steps).joined(separator: "\nUNION ALL\n"))\n) AS steps"
        )
    }

    /// Two tables for each funnel: its events, each knowing the next event of each step; and everybody's best attempt.
    var funnelTables: [Model] {
        options.funnels.indices
            .filter { !options.funnels[$0].steps.isEmpty }
            .flatMap { [funnelEvents($0), funnelAttempts($0)] }
    }

    /// The funnel's events with `next_2` and so on: the position, among the person's, of the next event of each step.
    ///
    /// They are found from the back, where the
    /// least position seen so far is the nearest that follows.
    private func funnelEvents(_ index: Int) -> Model {
        let steps = options.funnels[index].steps
        let nexts = steps.indices.dropFirst().map {
            ",\n  min(CASE WHEN name = \(sqlLiteral(steps[$0])) THEN position END) OVER following AS next_\($0 + 1)"
        }
        let window = """
            WINDOW following AS (
              PARTITION BY person_id ORDER BY position DESC NULLS LAST ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
            )
            """
        return .table(
            DatasetName(rawValue: "funnel_events_\(index + 1)"),
            """
            SELECT person_id, name, position, \(microseconds("occurred_at")) AS time\(nexts.joined())
            FROM (
              SELECT person_id, name, occurred_at,
                row_number() OVER (PARTITION BY person_id ORDER BY \(eventOrder)) AS position
              FROM session_events
              WHERE person_id IS NOT NULL AND name IN (\(Set(steps).sorted().map(sqlLiteral).joined(separator: ", ")))
            ) AS steps
            \(nexts.isEmpty ? "" : window)
            """
        )
    }

    /// Everybody's best attempt with `time_1` and so on: when it reached each step, NULL for those it did not reach.
    ///
    /// A step out of time is cut after the joins: all later ones are out of time too, and a join by anything but
    /// equality would compare each event with each.
    private func funnelAttempts(_ index: Int) -> Model {
        let funnel = options.funnels[index]
        let events = "funnel_events_\(index + 1)"
        let numbers = 1...funnel.steps.count
        let limit = funnel.within.microseconds
        let times = numbers.map { "CASE WHEN e\($0).time - e1.time <= \(limit) THEN e\($0).time END AS time_\($0)" }
        let joins = numbers.dropFirst().map { step in
            """
            LEFT JOIN \(events) AS e\(step)
              ON e\(step).person_id = e\(step - 1).person_id AND e\(step).position = e\(step - 1).next_\(step)
            """
        }
        let reached = numbers.map { "CASE WHEN time_\($0) IS NULL THEN 0 ELSE 1 END" }
        return .table(
            DatasetName(rawValue: "funnel_attempts_\(index + 1)"),
            """
            SELECT \(numbers.map { "time_\($0)" }.joined(separator: ", "))
            FROM (
              SELECT *, row_number() OVER (
                  PARTITION BY person_id
                  ORDER BY \(reached.joined(separator: " + ")) DESC NULLS LAST, position NULLS LAST
                ) AS preference
              FROM (
                SELECT e1.person_id, e1.position, \(times.joined(separator: ", "))
                FROM \(events) AS e1
                \(joins.joined(separator: "\n"))
                WHERE e1.name = \(sqlLiteral(funnel.steps[0]))
              ) AS attempts
            ) AS preferred
            WHERE preference = 1
            """
        )
    }

    private func funnelStep(_ step: Int, of index: Int) -> String {
        let funnel = options.funnels[index]
        let number = step + 1
        let previous = step == 0 ? "CAST(NULL AS BIGINT)" : "count(time_\(step))"
        let median =
            step == 0
            ? "CAST(NULL AS DOUBLE)" : "percentile_cont(0.5) WITHIN GROUP (ORDER BY time_\(number) - time_\(step))"
        return """
            SELECT \(sqlLiteral(funnel.name)) AS funnel, \(number) AS step, \(sqlLiteral(funnel.steps[step])) AS name,
              count(time_\(number)) AS users, \(previous) AS previous_users, count(time_1) AS first_users,
              \(median) AS median
            FROM funnel_attempts_\(index + 1)
            """
    }

    private var noFunnelStep: String {
        """
        SELECT NULL AS funnel, NULL AS step, NULL AS name, 0 AS users, 0 AS previous_users, 0 AS first_users, 0 AS median
        FROM session_events
        WHERE FALSE
        """
    }
}
