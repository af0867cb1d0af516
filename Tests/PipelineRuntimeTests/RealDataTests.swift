import ConnectorTesting
import Foundation
import PipelineCore
import PipelineRuntime
import Testing

/// Real files, written by nobody here, the whole way through; what comes out is compared with other programs' counting.
@Suite(.enabled(if: RealData.folder != nil, RealData.missing))
struct RealDataTests {
    private let data = RealData.folder ?? ""

    @Test("The shop's sessions by the 30-minute rule are those that the shop itself counted")
    func shop() async throws {
        let pipeline = try TestPipeline(
            """
            lake: { use: local, path: lake }
            sources:
              shop:
                use: files
                path: \(data)/ecom.csv.gz
                format: csv
                events: { anonymous_id: user_id, name: event, occurred_at: timestamp, channel: acquisition_channel, shop_session: session_id }
            jobs:
              clickstream: { use: clickstream, session_gap: 30m, conversions: [purchase] }
            exports:
              local: { use: sqlite, path: bi.sqlite, datasets: all }
              studio: { use: csv, flavor: data-studio, path: studio, datasets: all }
            """
        )
        let report = try await pipeline.run()
        #expect(report.sources.map { [$0.rows, $0.accepted, $0.rejected] } == [[31_106, 31_106, 0]])
        let pairs = try await pipeline.rows(
            """
            SELECT count(*), count(DISTINCT ours), count(DISTINCT theirs)
            FROM (SELECT DISTINCT session_id AS ours, properties ->> '$.shop_session' AS theirs FROM events) AS pairs
            """
        )
        #expect(pairs == "3605,3605,3605\n", "each of ours is one of theirs, and the other way round")
        #expect(try await pipeline.number("SELECT count(*) AS n FROM users") == 600)
        let delivered = try output(
            of: "python3",
            [
                "-c",
                "import sqlite3, sys; print(sqlite3.connect(sys.argv[1]).execute('select count(*) from sessions').fetchone()[0])",
                pipeline.scratch.path("bi.sqlite"),
            ]
        )
        #expect(delivered == "3605\n")

        let again = try await pipeline.run()
        #expect(again.outcome == .skipped)
    }

    @Test("The access log's sessions by address and agent are those that Python counts")
    func accessLog() async throws {
        let pipeline = try TestPipeline(
            """
            lake: { use: local, path: lake }
            sources:
              access:
                use: files
                path: \(data)/apache_combined.log.gz
                format: lines
                pattern: combined
                events:
                  anonymous_id: { hash: [remote_addr, user_agent] }
                  type: { value: page }
                  occurred_at: time
                  page_url: path
                  referrer: referrer
                  ip: remote_addr
                  user_agent: user_agent
            jobs:
              clickstream: { use: clickstream, geoip: \(data)/GeoIP2-City-Test.mmdb }
            """
        )
        let report = try await pipeline.run()
        // One line of the file is cut off in its last field.
        #expect(report.sources.map { [$0.rows, $0.accepted, $0.rejected] } == [[10_000, 9999, 1]])
        #expect(
            try await pipeline.rows("SELECT reason, _row FROM dead_letters") == "it does not match the pattern,8899\n"
        )
        let bots = try await pipeline.rows("SELECT user_agent FROM user_agents WHERE is_bot")
        try pipeline.scratch.write(bots, to: "bots.csv")
        let counted = try output(
            of: "python3",
            ["-c", Self.counting, data + "/apache_combined.log.gz", pipeline.scratch.path("bots.csv")]
        )
        let ours = try await pipeline.rows(
            "SELECT count(*), count(DISTINCT visitor_id), sum(event_count) FROM sessions"
        )
        #expect(ours == counted)
    }

    /// Sessions, visitors and requests of people, by another language and another parser of lines.
    private static let counting = """
        import csv, gzip, re, sys, datetime
        bots = {row[0] for row in csv.reader(open(sys.argv[2]))}
        visits = {}
        for line in gzip.open(sys.argv[1], 'rt'):
            parts = line.rstrip('\\n').split('"')
            if len(parts) != 7: continue
            agent = parts[5] if parts[5] != '-' else None
            if agent in bots: continue
            time = datetime.datetime.strptime(re.search(r'\\[(.*?)\\]', parts[0]).group(1), '%d/%b/%Y:%H:%M:%S %z')
            visits.setdefault((line.split()[0], agent), []).append(time)
        sessions = 0
        for times in visits.values():
            times.sort()
            sessions += 1 + sum((b - a).total_seconds() > 1800 for a, b in zip(times, times[1:]))
        print(sessions, len(visits), sum(map(len, visits.values())), sep=',')
        """

    @Test("Questions, answers and accepted rate by month and tag are those that Python's csv module counts")
    func stackExchange() async throws {
        let pipeline = try TestPipeline(
            """
            lake: { use: local, path: lake }
            sources:
              posts: { use: files, path: \(data)/stackexchange/Posts.csv.gz, format: csv, table: posts }
            jobs:
              by_tag:
                use: sql
                into: questions_by_tag
                checks: [{ not_null: [month, tag] }, { unique: [month, tag] }, { range: { column: accepted_rate, min: 0, max: 1 } }]
                query: |
                  SELECT strftime(CreationDate, '%Y-%m') AS month, tag, count(*) AS questions, sum(AnswerCount) AS answers,
                    count(AcceptedAnswerId) / count(*) AS accepted_rate
                  FROM (SELECT *, unnest(string_split(trim(Tags, '<>'), '><')) AS tag FROM posts WHERE PostTypeId = 1) AS tagged
                  GROUP BY ALL
            """
        )
        let report = try await pipeline.run()
        #expect(report.sources.map { [$0.rows, $0.accepted, $0.rejected] } == [[2277, 2277, 0]])
        let ours = try await pipeline.rows(
            "SELECT month, tag, questions, answers, round(accepted_rate, 6) AS rate FROM questions_by_tag ORDER BY month, tag"
        )
        #expect(ours == (try output(of: "python3", ["-c", Self.byTag, data + "/stackexchange/Posts.csv.gz"])))
    }

    private static let byTag = """
        import csv, gzip, sys
        csv.field_size_limit(10**9)
        groups = {}
        for row in csv.DictReader(gzip.open(sys.argv[1], 'rt', encoding='utf-8-sig', newline='')):
            if row['PostTypeId'] != '1': continue
            for tag in row['Tags'].strip('<>').split('><'):
                group = groups.setdefault((row['CreationDate'][:7], tag), [0, 0, 0])
                group[0] += 1
                group[1] += int(row['AnswerCount'] or 0)
                group[2] += row['AcceptedAnswerId'] != ''
        for (month, tag), (questions, answers, accepted) in sorted(groups.items()):
            print(month, tag, questions, answers, round(accepted / questions, 6), sep=',')
        """
}
