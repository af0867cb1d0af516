#!/usr/bin/env python3
"""Checks the oracle itself against numbers worked out by hand. Run this file, or pytest on it."""

import contextlib
import io
import json
import random
import tempfile
import unittest
import unittest.mock
from pathlib import Path

import compare
import generate
import oracle

ZONE = "Europe/Warsaw"  # one hour ahead of UTC in January, two in summer
AGENTS = [
    {"user_agent": "Firefox", "device_category": "desktop", "os_name": "Windows", "browser_name": "Firefox"},
    {"user_agent": "Robot", "device_category": "bot", "is_bot": True},
]
PLACES = [{"ip": "192.0.2.1", "country": "PL", "region": "PL-14", "city": "Warszawa"}]


def event(identifier, moment, name=None, **columns):
    row = {
        "event_id": identifier,
        "source": "web",
        "type": "track",
        "name": name,
        "occurred_at": moment,
        "received_at": moment,
        "_file_id": "file",
        "_row": 1,
    }
    return {**row, **columns}


def compute(log, gap=1800, conversions=("purchase",), funnels=(), zone=ZONE):
    options = {
        "session_gap_seconds": gap,
        "conversions": list(conversions),
        "funnels": list(funnels),
        "timezone": zone,
    }
    return oracle.compute(log, AGENTS, PLACES, options)


def lines(datasets, name, columns=None):
    """The rows of a dataset as the CSV has them, without the header; of some columns only if told."""
    with tempfile.TemporaryDirectory() as directory:
        oracle.write(datasets[name], name, Path(directory))
        header, rows = compare.read(Path(directory) / f"{name}.csv")
    columns = columns.split() if columns else [column for column in header if column != "session_id"]
    return [",".join("" if row[column] is None else row[column] for column in columns) for row in rows]


# Person u1 is the devices A and B, person C a device without a user. 2024-01-01 is a Monday.
A = {"anonymous_id": "A", "user_agent": "Firefox", "ip": "192.0.2.1"}
B = {"anonymous_id": "B", "source": "app"}
LANDING = "https://shop.example/?utm_source=news+letter&utm_medium=e%2Dmail"
LOG = [
    # Device A, two visits: 30 minutes to the microsecond do not end the first, one microsecond more does.
    event("e1", "2024-01-01T10:00:00.000000Z", type="page", page_url=LANDING, channel="Email", **A),
    event("e2", "2024-01-01T10:00:05.000000Z", "view", traits='{"n":1}', **A),
    event("e3", "2024-01-01T10:30:05.000000Z", "cart", traits='{"n":2}', **A),
    event(
        "e4", "2024-01-01T11:00:05.000001Z", type="page", page_url="https://shop.example/p/1#top",
        referrer="https://www.shop.example/", **A,
    ),
    event("e5", "2024-01-01T11:00:06.000000Z", "purchase", user_id="u1", **A),
    event("e5", "2024-01-01T11:00:06.000000Z", "late", received_at="2024-01-01T11:00:07.000000Z", **A),
    # Device B, a visit over the midnight of Warsaw.
    event("e6", "2024-01-02T22:59:59.000000Z", type="page", page_path="/a", user_id="u1", country="DE", **B),
    event("e7", "2024-01-02T23:00:01.000000Z", "Home", type="screen", **B),
    event("e8", "2024-01-15T12:00:00.000000Z", "view", anonymous_id="C"),
    event("e9", "2024-01-20T12:00:00.000000Z", "purchase", anonymous_id="Z", user_agent="Robot"),
]  # fmt: skip
STEPS = ["view", "cart", "purchase"]
FUNNELS = [
    {"name": "tight", "steps": STEPS, "within_seconds": 3600},
    {"name": "wide", "steps": STEPS, "within_seconds": 3601},
]


class SmallWorld(unittest.TestCase):
    """Every dataset of the world above, counted by hand."""

    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.datasets = compute(LOG, funnels=FUNNELS)

    def expect(self, name, expected, columns=None):
        self.assertEqual(lines(self.datasets, name, columns), expected)

    def test_events(self):
        self.expect("events", [
            "e1,,A,u1,,2024-01-01,/,news letter,e-mail,Email,PL,PL-14,Warszawa,desktop,Windows,Firefox,,false",
            "e2,view,A,u1,,2024-01-01,,,,?,PL,PL-14,Warszawa,desktop,Windows,Firefox,{\"n\":1},false",
            "e3,cart,A,u1,,2024-01-01,,,,?,PL,PL-14,Warszawa,desktop,Windows,Firefox,{\"n\":2},false",
            "e4,,A,u1,,2024-01-01,/p/1,,,?,PL,PL-14,Warszawa,desktop,Windows,Firefox,,false",
            "e5,purchase,A,u1,u1,2024-01-01,,,,?,PL,PL-14,Warszawa,desktop,Windows,Firefox,,false",
            "e6,,B,u1,u1,2024-01-02,/a,,,?,DE,,,,,,,false",
            "e7,Home,B,u1,,2024-01-03,,,,?,,,,,,,,false",
            "e8,view,C,C,,2024-01-15,,,,?,,,,,,,,false",
            "e9,purchase,Z,Z,,2024-01-20,,,,?,,,,bot,,,,true",
        ], "event_id name visitor_id person_id user_id event_date page_path campaign_source campaign_medium channel "
           "country region city device_category os_name browser_name traits is_bot")  # fmt: skip

    def test_events_know_their_session(self):
        session = {row["event_id"]: row["session_id"] for row in self.datasets["events"]}
        self.assertEqual(session["e1"], session["e3"])
        self.assertNotEqual(session["e3"], session["e4"])
        self.assertEqual(session["e4"], session["e5"])
        self.assertEqual(session["e6"], session["e7"])
        self.assertIsNone(session["e9"])

    def test_sessions(self):
        self.expect("sessions", [
            "A,u1,u1,1,2024-01-01,2024-01-01 10:00:00.000000,2024-01-01 10:30:05.000000,1805.0,3,1,0,true,false,/,/,,"
            "Email,news letter,e-mail,,PL,PL-14,Warszawa,desktop,Windows,Firefox,web",
            "A,u1,u1,2,2024-01-01,2024-01-01 11:00:05.000001,2024-01-01 11:00:06.000000,0.999999,2,1,1,true,false,"
            "/p/1,/p/1,,Direct,,,,PL,PL-14,Warszawa,desktop,Windows,Firefox,web",
            "B,u1,u1,1,2024-01-02,2024-01-02 22:59:59.000000,2024-01-02 23:00:01.000000,2.0,2,2,0,true,false,/a,Home,,"
            "Direct,,,,DE,,,,,,app",
            "C,C,,1,2024-01-15,2024-01-15 12:00:00.000000,2024-01-15 12:00:00.000000,0.0,1,0,0,false,true,,,,"
            "Direct,,,,,,,,,,web",
        ])  # fmt: skip

    def test_users(self):
        self.expect("users", [
            "C,,1,2024-01-15 12:00:00.000000,2024-01-15 12:00:00.000000,1,1,0,0,Direct,,,,",
            'u1,u1,2,2024-01-01 10:00:00.000000,2024-01-02 23:00:01.000000,3,7,4,1,Email,,DE,desktop,{"n":2}',
        ])  # fmt: skip

    def test_daily_metrics(self):
        empty = "0,0,0,0,0,,,,0,0,0,0,"
        self.expect("daily_metrics", [
            "2024-01-01,1,1,0,2,2,1.0,0.0,902.9999995,5,2,1,1,0.5,1,1,1.0",
            "2024-01-02,1,0,1,1,1,1.0,0.0,2.0,1,1,0,0,0.0,1,1,1.0",
            "2024-01-03,1,0,1,0,0,,,,1,1,0,0,,1,1,1.0",
            *[f"2024-01-{day:02},{empty},1,1,0.0" for day in range(4, 10)],
            *[f"2024-01-{day:02},{empty},0,1,0.0" for day in range(10, 15)],
            "2024-01-15,1,1,0,1,0,0.0,1.0,0.0,1,0,0,0,0.0,1,2,0.5",
        ])  # fmt: skip

    def test_event_counts(self):
        self.expect("event_counts", [
            "2024-01-01,cart,1,1,1",
            "2024-01-01,purchase,1,1,1",
            "2024-01-01,view,1,1,1",
            "2024-01-01,,2,1,2",
            "2024-01-02,,1,1,1",
            "2024-01-03,Home,1,1,1",
            "2024-01-15,view,1,1,1",
        ])  # fmt: skip

    def test_pages(self):
        self.expect("pages", [
            "2024-01-01,/,1,1,1,1",
            "2024-01-01,/p/1,1,1,1,1",
            "2024-01-02,/a,1,1,1,0",
            "2024-01-02,Home,0,0,0,1",
            "2024-01-03,Home,1,1,0,0",
        ])  # fmt: skip

    def test_acquisition(self):
        self.expect("acquisition", [
            "2024-01-01,Direct,,,,1,0,1,1,1,1.0",
            "2024-01-01,Email,news letter,e-mail,,1,1,1,1,0,0.0",
            "2024-01-02,Direct,,,,1,0,1,1,0,0.0",
            "2024-01-15,Direct,,,,1,1,1,0,0,0.0",
        ])  # fmt: skip

    def test_geography(self):
        self.expect("geography", [
            "2024-01-01,PL,PL-14,Warszawa,1,2,5,1",
            "2024-01-02,DE,,,1,1,2,0",
            "2024-01-15,,,,1,1,1,0",
        ])  # fmt: skip

    def test_devices(self):
        self.expect("devices", [
            "2024-01-01,desktop,Windows,Firefox,1,2,5,1",
            "2024-01-02,,,,1,1,2,0",
            "2024-01-15,,,,1,1,1,0",
        ])  # fmt: skip

    def test_funnels(self):
        self.expect("funnels", [
            "tight,1,view,2,,1.0,",
            "tight,2,cart,1,0.5,0.5,1800.0",
            "tight,3,purchase,0,0.0,0.0,",
            "wide,1,view,2,,1.0,",
            "wide,2,cart,1,0.5,0.5,1800.0",
            "wide,3,purchase,1,1.0,0.5,1801.0",
        ])  # fmt: skip

    def test_retention(self):
        self.expect("retention", [
            "2024-01-01,0,1,1,1.0",
            "2024-01-01,1,1,0,0.0",
            "2024-01-01,2,1,0,0.0",
            "2024-01-15,0,1,1,1.0",
        ])  # fmt: skip

    def test_paths(self):
        self.expect("paths", [
            "(start),/,1,1",
            "(start),/a,1,1",
            "(start),/p/1,1,1",
            "(start),view,1,1",
            "/,view,1,1",
            "/a,Home,1,1",
            "/p/1,purchase,1,1",
            "Home,(exit),1,1",
            "cart,(exit),1,1",
            "purchase,(exit),1,1",
            "view,(exit),1,1",
            "view,cart,1,1",
        ])  # fmt: skip


class Rules(unittest.TestCase):
    """Single rules on a few events each."""

    def test_no_events_leave_only_the_steps_of_the_funnels(self):
        datasets = compute([], funnels=FUNNELS[:1])
        self.assertEqual([name for name in datasets if datasets[name]], ["funnels"])
        steps = ["tight,1,view,0,,,", "tight,2,cart,0,,,", "tight,3,purchase,0,,,"]
        self.assertEqual(lines(datasets, "funnels"), steps)

    def test_of_duplicates_the_earliest_received_then_file_then_row_stays(self):
        def kept(*copies):
            log = [
                event("e", "2024-01-01T10:00:00Z", name, anonymous_id="A", received_at=f"2024-01-01T10:00:0{second}Z",
                      _file_id=file, _row=row)
                for name, second, file, row in copies
            ]  # fmt: skip
            answers = {lines(compute(random.sample(log, len(log))), "events", "name")[0] for _ in range(20)}
            self.assertEqual(len(answers), 1)
            return answers.pop()

        self.assertEqual(kept(("later", 2, "a", 1), ("first", 1, "b", 9)), "first")
        self.assertEqual(kept(("file b", 1, "b", 1), ("file a", 1, "a", 9)), "file a")
        self.assertEqual(kept(("row 10", 1, "a", 10), ("row 9", 1, "a", 9)), "row 9")

    def test_ties_in_time_are_broken_by_reception_row_and_id(self):
        moment = "2024-01-01T10:00:00Z"
        log = [
            event("e1", moment, "4", anonymous_id="A", received_at="2024-01-01T10:00:01Z", _row=1),
            event("e2", moment, "3", anonymous_id="A", _row=10),
            event("e4", moment, "2", anonymous_id="A", _row=9),
            event("e3", moment, "1", anonymous_id="A", _row=9),
        ]
        self.assertEqual(
            lines(compute(log), "paths", "from_name to_name"),
            ["(start),1", "1,2", "2,3", "3,4", "4,(exit)"],
        )

    def test_the_latest_user_id_is_the_visitors(self):
        log = [
            event("e1", "2024-01-01T10:00:00Z", anonymous_id="A", user_id="one"),
            event("e2", "2024-01-01T11:00:00Z", anonymous_id="A", user_id="two"),
            event("e3", "2024-01-01T12:00:00Z", anonymous_id="A"),
            event("e4", "2024-01-01T10:00:00Z", user_id="one"),
        ]
        datasets = compute(log)
        self.assertEqual(
            lines(datasets, "sessions", "visitor_id user_id person_id session_number"),
            ["A,two,two,1", "A,two,two,2", "A,two,two,3", "one,one,one,1"],
        )
        self.assertEqual(lines(datasets, "users", "person_id event_count"), ["one,1", "two,3"])

    def test_a_bots_event_is_in_no_session_and_names_nobody(self):
        log = [
            event("e1", "2024-01-01T10:00:00Z", anonymous_id="A", user_id="u"),
            event("e2", "2024-01-01T10:20:00Z", anonymous_id="A", user_agent="Robot", user_id="crawler"),
            event("e3", "2024-01-01T10:40:00Z", anonymous_id="A"),
            event("e4", "2024-01-01T10:40:00Z", anonymous_id="B", user_agent="Robot", user_id="crawler"),
        ]
        datasets = compute(log)
        self.assertEqual(lines(datasets, "events", "event_id person_id"), ["e1,u", "e2,u", "e3,u", "e4,B"])
        self.assertEqual(lines(datasets, "sessions", "session_number event_count user_id"), ["1,1,u", "2,1,u"])

    def test_engaged_is_ten_seconds_or_two_views_or_a_conversion(self):
        def engaged(*events, end="10:00:01"):
            log = [event(f"e{index}", f"2024-01-01T{end if index else '10:00:00'}Z", anonymous_id="A", **columns)
                   for index, columns in enumerate(events)]  # fmt: skip
            return compute(log)["sessions"][0]["is_engaged"]

        self.assertFalse(engaged({}, {}, end="10:00:09.999999"))
        self.assertTrue(engaged({}, {}, end="10:00:10"))
        self.assertFalse(engaged({"type": "page"}, {}))
        self.assertTrue(engaged({"type": "page"}, {"type": "screen"}))
        self.assertTrue(engaged({"name": "purchase"}))

    def test_days_follow_the_zone_through_changes_of_clocks(self):
        moments = ["2024-03-30T22:59:59", "2024-03-30T23:00:00", "2024-03-31T21:59:59", "2024-03-31T22:00:00",
                   "2024-10-26T22:00:00", "2024-10-27T22:59:59", "2024-10-27T23:00:00"]  # fmt: skip
        log = [event(f"e{index}", f"{moment}Z", anonymous_id="A") for index, moment in enumerate(moments)]
        self.assertEqual(
            lines(compute(log), "events", "event_date"),
            ["2024-03-30", "2024-03-31", "2024-03-31", "2024-04-01", "2024-10-27", "2024-10-27", "2024-10-28"],
        )
        log = [event("e", "2024-01-01T18:30:00Z", anonymous_id="A")]
        self.assertEqual(lines(compute(log, zone="Asia/Kolkata"), "events", "event_date"), ["2024-01-02"])

    def test_weeks_are_iso_weeks_of_local_days(self):
        log = [
            event("e1", "2024-12-29T22:59:59Z", anonymous_id="A"),  # a Sunday in Warsaw
            event("e2", "2024-12-29T23:00:00Z", anonymous_id="B"),  # the Monday after
            event("e3", "2025-01-05T12:00:00Z", anonymous_id="A"),
        ]
        self.assertEqual(
            lines(compute(log), "retention"),
            ["2024-12-23,0,1,1,1.0", "2024-12-23,1,1,1,1.0", "2024-12-30,0,1,1,1.0"],
        )

    def test_months_are_thirty_days(self):
        log = [
            event("e1", "2024-01-01T12:00:00Z", anonymous_id="A"),
            event("e2", "2024-02-01T12:00:00Z", anonymous_id="B"),
        ]
        days = lines(compute(log), "daily_metrics", "date wau mau stickiness")
        self.assertEqual(days[6:8], ["2024-01-07,1,1,0.0", "2024-01-08,0,1,0.0"])
        self.assertEqual(days[29:], ["2024-01-30,0,1,0.0", "2024-01-31,0,0,", "2024-02-01,1,1,1.0"])

    def test_the_first_event_with_an_origin_gives_all_of_it(self):
        def origin(*events):
            log = [event(f"e{index}", f"2024-01-01T10:00:0{index}Z", anonymous_id="A", **columns)
                   for index, columns in enumerate(events)]  # fmt: skip
            columns = "channel referrer campaign_source campaign_medium campaign_name"
            return lines(compute(log), "sessions", columns)[0]

        page = {"page_url": "https://shop.example/"}
        own = {"page_url": "https://www.shop.example/", "referrer": "https://shop.example/p"}
        foreign = {**page, "referrer": "https://google.com/"}
        campaign = {**page, "campaign_name": "spring", "referrer": "https://shop.example/p"}
        self.assertEqual(origin({}, own), "Direct,,,,")
        self.assertEqual(origin(own, foreign, campaign), "?,https://google.com/,,,")
        self.assertEqual(origin(own, campaign, foreign), "?,https://shop.example/p,,,spring")
        self.assertEqual(origin({}, {"channel": "Podcast"}, foreign), "Podcast,,,,")
        self.assertEqual(origin({"page_url": "https://shop.example/?gclid=1"}, foreign), "?,,,,")
        self.assertEqual(origin({"page_url": "https://shop.example/?gclid=#?gclid=1"}), "Direct,,,,")

    def test_a_place_is_one_events_and_device_system_browser_each_the_first(self):
        log = [
            event("e1", "2024-01-01T10:00:00Z", anonymous_id="A", os_name="iOS"),
            event("e2", "2024-01-01T10:00:01Z", anonymous_id="A", country="DE", browser_name="Safari"),
            event("e3", "2024-01-01T10:00:02Z", anonymous_id="A", ip="192.0.2.1", user_agent="Firefox"),
        ]
        self.assertEqual(
            lines(compute(log), "sessions", "country region city device_category os_name browser_name"),
            ["DE,,,desktop,iOS,Safari"],
        )

    def test_views_without_path_and_name_count_together(self):
        log = [
            event("e1", "2024-01-01T10:00:00Z", type="page", anonymous_id="A"),
            event("e2", "2024-01-01T10:00:01Z", type="page", anonymous_id="A", page_path="/b"),
        ]
        datasets = compute(log)
        self.assertEqual(lines(datasets, "sessions", "entry_page exit_page"), [",/b"])
        self.assertEqual(lines(datasets, "pages"), ["2024-01-01,/b,1,1,0,1", "2024-01-01,,1,1,1,0"])
        self.assertEqual(lines(datasets, "paths"), ["(start),,1,1", "/b,(exit),1,1", ",/b,1,1"])

    def test_what_the_source_says_wins_over_lookups_and_addresses(self):
        says = {"page_path": "/said", "campaign_source": "said", "country": "DE", "region": "DE-BE", "city": "Berlin",
                "device_category": "tv", "os_name": "webOS", "browser_name": "Edge"}  # fmt: skip
        log = [event("e", "2024-01-01T10:00:00Z", anonymous_id="A", ip="192.0.2.1", user_agent="Firefox",
                     page_url="https://shop.example/p?utm_source=url&utm_medium=url", **says)]  # fmt: skip
        self.assertEqual(
            lines(compute(log), "events", " ".join([*says, "campaign_medium"])), [",".join([*says.values(), "url"])]
        )

    def test_a_source_that_says_a_part_says_all_of_a_place_or_a_device(self):
        log = [event("e", "2024-01-01T10:00:00Z", anonymous_id="A", ip="192.0.2.1", user_agent="Firefox",
                     city="Berlin", device_model="Pixel 8", browser_version="1")]  # fmt: skip
        columns = "country region city device_category device_model os_name browser_name browser_version"
        self.assertEqual(lines(compute(log), "events", columns), [",,Berlin,,Pixel 8,Windows,,1"])

    def test_traits_are_of_the_latest_event_that_carries_any(self):
        log = [
            event("e1", "2024-01-01T10:00:00Z", anonymous_id="A", traits='{"n":1}'),
            event("e2", "2024-01-01T10:00:01Z", anonymous_id="A", traits="{}"),
            event("e3", "2024-01-01T10:00:00Z", anonymous_id="B", traits="{}"),
        ]
        self.assertEqual(lines(compute(log), "users", "traits"), ['{"n":1}', ""])

    def test_a_person_with_two_devices_counts_once(self):
        moment = "2024-01-01T10:00:00Z"
        log = [event(f"e{device}", moment, "a", anonymous_id=device, user_id="u") for device in "12"]
        datasets = compute(log, funnels=[{"name": "f", "steps": ["a"], "within_seconds": 60}])
        for name, column in [("daily_metrics", "active_users"), ("daily_metrics", "mau"), ("event_counts", "users"),
                             ("acquisition", "users"), ("acquisition", "new_users"), ("geography", "users"),
                             ("devices", "users"), ("funnels", "users"), ("retention", "cohort_users")]:  # fmt: skip
            self.assertEqual(lines(datasets, name, column), ["1"], name)
        self.assertEqual(lines(datasets, "paths", "transitions users"), ["2,1", "2,1"])
        self.assertEqual(lines(datasets, "users", "visitor_count session_count"), ["2,2"])

    def test_funnels_repeat_names_cross_devices_and_keep_the_best_attempt(self):
        def funnel(steps, within, *events):
            log = [
                event(f"e{index:02}", f"2024-01-01T10:{minute:02}:00Z", name, anonymous_id=device, user_id="u")
                for index, (minute, name, device) in enumerate(events)
            ]
            funnels = [{"name": "f", "steps": steps, "within_seconds": within}]
            return lines(compute(log, funnels=funnels), "funnels", "step users median_seconds_from_previous")

        # The last step may be the next attempt's first.
        self.assertEqual(
            funnel(["a", "b", "a"], 600, (0, "a", "A"), (1, "b", "B"), (3, "a", "A")),
            ["1,1,", "2,1,60.0", "3,1,120.0"],
        )
        # The step after must come later: one event is not two.
        self.assertEqual(funnel(["a", "a"], 600, (0, "a", "A")), ["1,1,", "2,0,"])
        # A later attempt gets further than the first, whose time runs out.
        self.assertEqual(
            funnel(["a", "b"], 300, (0, "a", "A"), (4, "a", "A"), (8, "b", "A")),
            ["1,1,", "2,1,240.0"],
        )
        # Of two attempts that get equally far the earlier counts.
        self.assertEqual(
            funnel(["a", "b"], 600, (0, "a", "A"), (4, "a", "A"), (8, "b", "A")),
            ["1,1,", "2,1,480.0"],
        )
        # Within one microsecond of time, order decides what is later.
        self.assertEqual(funnel(["a", "b"], 0, (0, "b", "A"), (0, "a", "A")), ["1,1,", "2,0,"])
        self.assertEqual(funnel(["a", "b"], 0, (0, "a", "A"), (0, "b", "A")), ["1,1,", "2,1,0.0"])

    def test_medians_are_interpolated(self):
        log = []
        for person, delay in enumerate([1, 2, 4, 50]):
            log.append(event(f"a{person}", "2024-01-01T10:00:00Z", "a", anonymous_id=str(person)))
            log.append(event(f"b{person}", f"2024-01-01T10:00:{delay:02}Z", "b", anonymous_id=str(person)))
        funnels = [{"name": "f", "steps": ["a", "b"], "within_seconds": 60}]
        self.assertEqual(lines(compute(log, funnels=funnels), "funnels"), ["f,1,a,4,,1.0,", "f,2,b,4,1.0,1.0,3.0"])

    def test_addresses_are_taken_apart(self):
        self.assertEqual(oracle.path("https://shop.example/a%20b?x=/c#/d"), "/a%20b")
        self.assertEqual(oracle.path("https://shop.example?x=1"), "/")
        self.assertEqual(oracle.path("/p//q?x=http://y/z"), "/p//q")
        self.assertEqual(oracle.path("//shop.example"), "/")
        self.assertIsNone(oracle.path("mailto:a@b.example"))
        self.assertIsNone(oracle.path("p/4"))
        self.assertIsNone(oracle.path(None))
        self.assertEqual(oracle.host("HTTPS://me:pw@WWW.Shop.Example:8443/p?u=@x"), "shop.example")
        self.assertEqual(oracle.host("android-app://com.google.android.gm/"), "com.google.android.gm")
        self.assertIsNone(oracle.host("/p?from=https://other.example/"))
        self.assertEqual(oracle.parameter("/?utm_term=a+b%2Bc%C5%BC&utm_term=x#utm_term=y", "utm_term"), "a b+cż")
        self.assertEqual(oracle.parameter("/?utm_term=a+%FF%00", "utm_term"), "a %FF%00")
        self.assertEqual(oracle.parameter("/?utm_term=a%00b%zz", "utm_term"), "ab%zz")
        self.assertEqual(oracle.parameter("/?utm_term=%00", "utm_term"), "")
        self.assertIsNone(oracle.parameter("/?utm_term=&x=1#?utm_source=y", "utm_term"))
        self.assertIsNone(oracle.parameter("/p#?utm_source=y", "utm_source"))

    def test_an_event_without_any_id_counts_but_is_nobody(self):
        datasets = compute([event("e1", "2024-01-01T10:00:00Z", "a"), event("e2", "2024-01-01T10:00:00Z", "a")])
        self.assertEqual(lines(datasets, "event_counts"), ["2024-01-01,a,2,0,0"])
        self.assertEqual(datasets["sessions"] + datasets["users"] + datasets["retention"] + datasets["paths"], [])


class Comparison(unittest.TestCase):
    """compare.py finds what differs and forgives what may differ."""

    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.expected, self.actual = Path(directory.name) / "expected", Path(directory.name) / "actual"
        datasets = compute(LOG, funnels=FUNNELS)
        for target in (self.expected, self.actual):
            target.mkdir()
            for name, rows in datasets.items():
                oracle.write(rows, name, target)

    def change(self, name, old, new):
        file = self.actual / f"{name}.csv"
        text = file.read_bytes().decode()
        self.assertIn(old, text)
        file.write_bytes(text.replace(old, new).encode())

    def compared(self, *arguments):
        with contextlib.redirect_stdout(io.StringIO()) as output:
            status = compare.main([*arguments, str(self.expected), str(self.actual)])
        return status, output.getvalue()

    def test_equal(self):
        self.assertEqual(self.compared()[0], 0)

    def test_other_session_ids_line_ends_and_ways_to_write_a_time_are_equal(self):
        for row in compute(LOG)["sessions"]:
            for name in ("events", "sessions"):
                self.change(name, row["session_id"], f"renamed {row['session_id'][:9]}")
        self.change("sessions", "2024-01-01 10:00:00.000000", "2024-01-01T11:00:00+01:00")
        self.change("pages", "\n", "\r\n")
        self.change("daily_metrics", "902.9999995", "902.99999950000001")
        self.change("events", '"{""n"":1}"', '"{ ""n"": 1 }"')
        self.change("events", ",?,", ",Organic,")
        status, output = self.compared()
        self.assertEqual(status, 0, output)

    def test_each_difference_is_told(self):
        session = compute(LOG)["sessions"][0]["session_id"]
        for name, old, new, told in [
            ("pages", "/p/1,1,1", "/p/1,1,2", "date=2024-01-01 page_path='/p/1': users is 2 instead of 1"),
            ("pages", "/p/1", "/p/9", "missing row: date=2024-01-01 page_path='/p/1'"),
            ("daily_metrics", "902.9999995", "902.99999", "avg_session_seconds is 902.99999 instead of 902.9999995"),
            ("daily_metrics", "2024-01-04,0", "2024-01-04,0.0", "active_users is '0.0', which is no integer"),
            ("event_counts", "01-01,,2", '01-01,"",2', "missing row: date=2024-01-01 name=NULL"),
            ("funnels", "tight,3,purchase,0,0.0,0.0,", "tight,3,purchase,0,0.0,,", "rate_from_first is NULL"),
            ("retention", "week,", "weeks,", "columns: missing"),
            ("events", f"A,,{session}", "A,,", "session_id is NULL"),
            ("sessions", session, "another", "events: event_id='e1': session_id is"),
            ("paths", "cart,(exit),1,1\n", "cart,(exit),1,1\n" * 2, "2 rows instead of 1"),
            ("users", "Email", "Direct", "first_channel is 'Direct' instead of 'Email'"),
        ]:  # fmt: skip
            with self.subTest(told):
                self.setUp()
                self.change(name, old, new)
                status, output = self.compared()
                self.assertEqual(status, 1)
                self.assertIn(told, output)

    def test_undetermined_channels_of_acquisition_add_up(self):
        for directory in (self.expected, self.actual):
            file = directory / "acquisition.csv"
            channel = "?" if directory == self.expected else "Referral"
            file.write_text(file.read_text().replace("15,Direct", f"15,{channel}"))
        self.assertEqual(self.compared()[0], 0)
        self.change("acquisition", "Email,news letter,e-mail,,1,1,1,1,0", "Email,news letter,e-mail,,1,1,2,1,0")
        self.assertIn("sessions is 2 instead of 1", self.compared()[1])

    def test_a_missing_dataset_is_a_difference(self):
        (self.actual / "geography.csv").unlink()
        self.assertEqual(self.compared()[0], 1)
        self.assertEqual(self.compared("--only", "pages,devices")[0], 0)


class RandomWorlds(unittest.TestCase):
    """What must hold in any world, and that worlds hold the edge cases which they are made for."""

    def worlds(self, **options):
        for seed in range(12):
            world = generate.World(seed, **options)
            log = world.generate()
            agents = [dict(zip(generate.AGENT_COLUMNS, agent)) for agent in generate.AGENTS]
            places = [dict(zip(["ip", *oracle.PLACE], place)) for place in generate.ADDRESSES]
            yield log, world, oracle.compute(log, agents, places, world.options())

    def test_totals_agree_and_keys_are_unique(self):
        for log, world, datasets in self.worlds():
            events, sessions = datasets["events"], datasets["sessions"]
            self.assertEqual({row["event_id"] for row in log}, {row["event_id"] for row in events})
            people = [row for row in events if not row["is_bot"]]
            for name, column in [("sessions", "event_count"), ("users", "event_count"), ("daily_metrics", "events"),
                                 ("event_counts", "events"), ("geography", "events"), ("devices", "events")]:  # fmt: skip
                self.assertEqual(oracle.total(datasets[name], column), len(people), name)
            for name in ("daily_metrics", "acquisition", "geography", "devices"):
                self.assertEqual(oracle.total(datasets[name], "sessions"), len(sessions), name)
            for name in ("daily_metrics", "acquisition"):
                self.assertEqual(oracle.total(datasets[name], "new_users"), len(datasets["users"]), name)
            self.assertEqual(oracle.total(datasets["paths"], "transitions"), len(people) + len(sessions))
            cohorts = [row for row in datasets["retention"] if row["week"] == 0]
            self.assertEqual(oracle.total(cohorts, "retained_users"), len(datasets["users"]))
            for name, (key, _) in oracle.DATASETS.items():
                keys = [tuple(row.get(column) for column in key) for row in datasets[name]]
                self.assertEqual(len(keys), len(set(keys)), name)

    def test_the_order_of_the_log_is_of_no_matter(self):
        for log, world, datasets in self.worlds(disputed=generate.DISPUTED):
            agents = [dict(zip(generate.AGENT_COLUMNS, agent)) for agent in generate.AGENTS]
            places = [dict(zip(["ip", *oracle.PLACE], place)) for place in generate.ADDRESSES]
            again = oracle.compute(log[::-1], agents, places, world.options())
            for name in datasets:
                self.assertEqual(sorted(lines(datasets, name)), sorted(lines(again, name)), name)

    def test_channels_leave_no_session_undetermined(self):
        for _, _, datasets in self.worlds(channels=True):
            self.assertNotIn(oracle.UNDETERMINED, [row["channel"] for row in datasets["sessions"]])

    def test_plain_worlds_do_not_depend_on_how_open_questions_are_answered(self):
        def bots_too(events):
            bots = [event for event in events if event["is_bot"]]
            for event in bots:
                event["is_bot"] = False
            stitch(events)
            for event in bots:
                event["is_bot"] = True

        def by_column(event, unit, lookup):
            for column in unit:
                complete(event, [column], lookup)

        def known_hosts(event):
            return None not in (oracle.host(event["page_url"]), oracle.host(event["referrer"])) and foreign(event)

        stitch, foreign, complete = oracle.stitch, oracle.has_foreign_referrer, oracle.complete
        answers = {
            "stitch": bots_too,
            "complete": by_column,
            "has_click_id": lambda event: False,
            "has_foreign_referrer": known_hosts,
            "has_campaign": lambda event: any(event[column] is not None for column in oracle.CAMPAIGN[:3]),
        }
        for name, answer in answers.items():
            changed = {}
            for disputed in ((), generate.DISPUTED):
                usual = [datasets for _, _, datasets in self.worlds(disputed=disputed)]
                with unittest.mock.patch.object(oracle, name, answer):
                    changed[len(disputed)] = usual != [datasets for _, _, datasets in self.worlds(disputed=disputed)]
            # The other answer makes a difference, but only where the disputed was asked for.
            self.assertEqual(changed, {0: False, len(generate.DISPUTED): True}, name)

    def test_edge_cases_occur(self):
        seen = set()
        for log, world, datasets in self.worlds():
            events = sorted(datasets["events"], key=oracle.order)
            for visitor in oracle.grouped((e for e in events if not e["is_bot"]), lambda e: e["visitor_id"]).values():
                for one, two in zip(visitor, visitor[1:]):
                    pause = two["occurred_at"] - one["occurred_at"]
                    seen.add({0: "tie", world.gap: "gap", world.gap + 1: "more"}.get(pause))
                    if one["occurred_at"] == two["occurred_at"] and one["received_at"] == two["received_at"]:
                        seen.add("tie in reception")
                    if one["session_id"] == two["session_id"] and one["event_date"] != two["event_date"]:
                        seen.add("midnight")
            if len(log) > len(events):
                seen.add("duplicate")
            if any(row["is_bot"] for row in events):
                seen.add("bot")
            if any(row["visitor_count"] > 1 for row in datasets["users"]):
                seen.add("two devices")
            if any(row["wau"] == 0 for row in datasets["daily_metrics"]):
                seen.add("empty week")
            if any(row["mau"] == 0 for row in datasets["daily_metrics"]):
                seen.add("empty month")
            if any(row["step"] == 3 and row["users"] for row in datasets["funnels"]):
                seen.add("third step")
            if any(row["week"] > 0 and row["retained_users"] for row in datasets["retention"]):
                seen.add("retained")
        self.assertLessEqual(
            {"tie", "gap", "more", "tie in reception", "midnight", "duplicate", "bot", "two devices", "empty week",
             "empty month", "third step", "retained"},
            seen,
        )  # fmt: skip

    def test_a_seed_always_writes_the_same_world(self):
        with tempfile.TemporaryDirectory() as directory:
            texts = []
            for name in ("one", "two"):
                generate.write(generate.World(7), Path(directory) / name)
                texts.append((Path(directory) / name / "event_log.ndjson").read_bytes())
            self.assertEqual(*texts)
            oracle.main(Path(directory) / "one", Path(directory) / "out")
            header, rows = compare.read(Path(directory) / "out" / "events.csv")
            self.assertEqual(header, oracle.DATASETS["events"][1])
            self.assertEqual(len(rows), len({json.loads(line)["event_id"] for line in texts[0].decode().splitlines()}))


if __name__ == "__main__":
    unittest.main()
