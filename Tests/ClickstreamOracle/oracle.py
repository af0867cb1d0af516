#!/usr/bin/env python3
"""The clickstream datasets computed slowly and plainly, to check the engines' results against.

    oracle.py INPUT OUTPUT

INPUT holds event_log.ndjson, user_agents.ndjson, addresses.ndjson and options.json; OUTPUT gets one CSV per dataset.
README.md describes both, and lists every choice made where the datasets' definitions leave one.
"""

import hashlib
import json
import re
import sys
from collections import defaultdict
from datetime import date, datetime, timedelta, timezone
from math import fsum
from pathlib import Path
from urllib.parse import unquote_plus
from zoneinfo import ZoneInfo

# ---------------------------------------------------------------- shapes

# dataset: (key, all columns in order)
DATASETS = {
    "events": (
        "event_id",
        "event_id source type name visitor_id person_id anonymous_id user_id session_id occurred_at received_at "
        "event_date page_url page_path page_title referrer campaign_source campaign_medium campaign_name campaign_term "
        "campaign_content channel country region city device_category device_brand device_model os_name os_version "
        "browser_name browser_version app_name app_version library_name locale client_timezone screen_width "
        "screen_height properties traits context is_bot",
    ),
    "sessions": (
        "session_id",
        "session_id visitor_id person_id user_id session_number session_date started_at ended_at duration_seconds "
        "event_count page_view_count conversion_count is_engaged is_bounce entry_page exit_page referrer channel "
        "campaign_source campaign_medium campaign_name country region city device_category os_name browser_name source",
    ),
    "users": (
        "person_id",
        "person_id user_id visitor_count first_seen_at last_seen_at session_count event_count page_view_count "
        "conversion_count first_channel first_referrer country device_category traits",
    ),
    "daily_metrics": (
        "date",
        "date active_users new_users returning_users sessions engaged_sessions engagement_rate bounce_rate "
        "avg_session_seconds events page_views conversions converting_sessions conversion_rate wau mau stickiness",
    ),
    "event_counts": ("date name", "date name events users sessions"),
    "pages": ("date page_path", "date page_path page_views users entries exits"),
    "acquisition": (
        "date channel campaign_source campaign_medium campaign_name",
        "date channel campaign_source campaign_medium campaign_name users new_users sessions engaged_sessions "
        "conversions conversion_rate",
    ),
    "geography": ("date country region city", "date country region city users sessions events conversions"),
    "devices": (
        "date device_category os_name browser_name",
        "date device_category os_name browser_name users sessions events conversions",
    ),
    "funnels": (
        "funnel step",
        "funnel step name users rate_from_previous rate_from_first median_seconds_from_previous",
    ),
    "retention": ("cohort_week week", "cohort_week week cohort_users retained_users retention_rate"),
    "paths": ("from_name to_name", "from_name to_name transitions users"),
}
DATASETS = {name: (key.split(), columns.split()) for name, (key, columns) in DATASETS.items()}

# A column name means the same type wherever it stands; what is not listed is text.
TYPES = {
    "timestamp": "occurred_at received_at started_at ended_at first_seen_at last_seen_at",
    "date": "event_date session_date date cohort_week",
    "boolean": "is_bot is_engaged is_bounce",
    "double": "duration_seconds engagement_rate bounce_rate avg_session_seconds conversion_rate stickiness "
    "rate_from_previous rate_from_first median_seconds_from_previous retention_rate",
    "integer": "session_number event_count page_view_count conversion_count visitor_count session_count active_users "
    "new_users returning_users sessions engaged_sessions events page_views conversions converting_sessions wau mau "
    "users entries exits step week cohort_users retained_users transitions screen_width screen_height",
    "json": "properties traits context",
}
TYPES = {column: type for type, columns in TYPES.items() for column in columns.split()}

# Stands in a channel column where the value is the product's own judgement, which this program does not repeat.
UNDETERMINED = "?"

CAMPAIGN = ["campaign_source", "campaign_medium", "campaign_name", "campaign_term", "campaign_content"]
PLACE = ["country", "region", "city"]
# What a source says of any of these it says of all; only where it is silent the user agent speaks.
AGENT_UNITS = [
    ["device_category", "device_brand", "device_model"],
    ["os_name", "os_version"],
    ["browser_name", "browser_version"],
]
# An advertiser's mark in an address.
CLICK_IDS = (
    "gclid gbraid wbraid msclkid yclid ttclid twclid li_fat_id ScCid sccid rdt_cid fbclid epik dclid"
).split()

# ---------------------------------------------------------------- time

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def microseconds(text):
    """Moments are whole microseconds since 1970 throughout, so that no comparison is ever about rounding."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=timezone.utc)
    return (moment - EPOCH) // timedelta(microseconds=1)


def utc(moment):
    return EPOCH + timedelta(microseconds=moment)


def local_date(moment, zone):
    return utc(moment).astimezone(zone).date()


def monday(day):
    return day - timedelta(days=day.weekday())


def seconds(micros):
    return micros / 1_000_000


# ---------------------------------------------------------------- addresses of pages


def split(url):
    """Host, path and query as they stand; None for the host and the path that a text does not have."""
    address, _, query = (url or "").split("#")[0].partition("?")
    absolute = re.match(r"([A-Za-z][A-Za-z0-9+.-]*:)?//([^/]*)(.*)", address, re.DOTALL)
    if absolute:
        return absolute[2], absolute[3] or "/", query
    return None, address if address.startswith("/") else None, query


def host(url):
    """The host in lower case without user, port and a leading www.; None where the text has no host."""
    name = split(url)[0]
    if name is None:
        return None
    name = re.sub(r":[0-9]*$", "", name.rpartition("@")[2]).lower()
    return name.removeprefix("www.") or None


def path(url):
    """The path as it stands, not decoded; / where an address stops after its host; None where there is no path."""
    return split(url)[1]


def parameter(url, name):
    """The decoded value of the first query parameter of that name; None where there is none or it is empty."""
    for pair in split(url)[2].split("&"):
        key, _, value = pair.partition("=")
        if key == name:
            return decoded(value) if value else None
    return None


def decoded(value):
    """Without NUL, which most databases refuse; escapes of what is not UTF-8 stay as they are."""
    try:
        return unquote_plus(value.replace("%00", ""), errors="strict")
    except UnicodeDecodeError:
        return value.replace("+", " ")


# ---------------------------------------------------------------- events


def coalesce(*values):
    return next((value for value in values if value is not None), None)


def order(event):
    return (event["occurred_at"], event["received_at"], event["_row"], event["event_id"])


def without_duplicates(rows):
    kept = {}
    for row in rows:
        rival = kept.get(row["event_id"])
        if rival is None or arrival(row) < arrival(rival):
            kept[row["event_id"]] = row
    return list(kept.values())


def arrival(row):
    return (row["received_at"], row["_file_id"], row["_row"])


def is_page_view(event):
    return event["type"] in ("page", "screen")


def page(event):
    """What a page view shows: its path, else its name."""
    return coalesce(event["page_path"], event["name"])


def has_campaign(event):
    return any(event[column] is not None for column in CAMPAIGN)


def has_click_id(event):
    pairs = [pair.partition("=") for pair in split(event["page_url"])[2].split("&")]
    return any(name in CLICK_IDS and value for name, _, value in pairs)


def has_foreign_referrer(event):
    return host(event["referrer"]) is not None and host(event["referrer"]) != host(event["page_url"])


def enriched(row, agents, addresses, options, zone):
    event = dict(row)
    event["type"] = coalesce(row["type"], "track")
    event["visitor_id"] = coalesce(row["anonymous_id"], row["user_id"])
    event["event_date"] = local_date(row["occurred_at"], zone)
    event["page_path"] = coalesce(row["page_path"], path(row["page_url"]))
    for column, name in zip(CAMPAIGN, ["utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content"]):
        event[column] = coalesce(row[column], parameter(row["page_url"], name))
    agent = agents.get(row["user_agent"], {})
    for unit in AGENT_UNITS:
        complete(event, unit, agent)
    complete(event, PLACE, addresses.get(row["ip"], {}))
    event["is_bot"] = bool(agent.get("is_bot"))
    event["given_channel"] = row["channel"]
    event["channel"] = coalesce(row["channel"], UNDETERMINED)
    event["is_conversion"] = event["name"] is not None and event["name"] in options["conversions"]
    event["session_id"] = None
    return event


def complete(event, unit, lookup):
    """A unit of which the source says nothing at all is the lookup's."""
    if all(event[column] is None for column in unit):
        event.update({column: lookup.get(column) for column in unit})


def grouped(items, key):
    """Items by key, in their order; what has no key (None) belongs to nobody and is left out."""
    groups = defaultdict(list)
    for item in items:
        if key(item) is not None:
            groups[key(item)].append(item)
    return groups


def stitch(events):
    """Sets person_id, and stitched_user_id: the last user id in the visitor's order, bots' events left out."""
    stitched = {}
    people = [event for event in events if not event["is_bot"]]
    for visitor, theirs in grouped(people, lambda e: e["visitor_id"]).items():
        users = [event["user_id"] for event in sorted(theirs, key=order) if event["user_id"] is not None]
        stitched[visitor] = users[-1] if users else None
    for event in events:
        event["stitched_user_id"] = stitched.get(event["visitor_id"])
        event["person_id"] = coalesce(event["stitched_user_id"], event["visitor_id"])


# ---------------------------------------------------------------- sessions


def sessionize(people, options):
    """Lists of events, one list a session; `people` are the events that are no bots'."""
    gap = options["session_gap_seconds"] * 1_000_000
    sessions = []
    for visitor, theirs in grouped(people, lambda e: e["visitor_id"]).items():
        previous = None
        for event in sorted(theirs, key=order):
            if previous is None or event["occurred_at"] - previous["occurred_at"] > gap:
                sessions.append([])
            sessions[-1].append(event)
            previous = event
    return sessions


def session_row(events, number):
    first, last = events[0], events[-1]
    text = f"{first['visitor_id']}\n{first['occurred_at']}"
    views = [event for event in events if is_page_view(event)]
    conversions = [event for event in events if event["is_conversion"]]
    duration = seconds(last["occurred_at"] - first["occurred_at"])
    engaged = duration >= 10 or len(views) >= 2 or len(conversions) >= 1
    row = {
        "session_id": hashlib.sha256(text.encode()).hexdigest()[:32],
        "visitor_id": first["visitor_id"],
        "person_id": first["person_id"],
        "user_id": first["stitched_user_id"],
        "session_number": number,
        "session_date": first["event_date"],
        "started_at": first["occurred_at"],
        "ended_at": last["occurred_at"],
        "duration_seconds": duration,
        "event_count": len(events),
        "page_view_count": len(views),
        "conversion_count": len(conversions),
        "is_engaged": engaged,
        "is_bounce": not engaged,
        "entry_page": page(views[0]) if views else None,
        "exit_page": page(views[-1]) if views else None,
        "source": first["source"],
        "order": order(first),
    }
    row.update(origin(events))
    for event in events:
        if any(event[column] is not None for column in PLACE):
            row.update({column: event[column] for column in PLACE})
            break
    for column in ["device_category", "os_name", "browser_name"]:
        row[column] = coalesce(*(event[column] for event in events))
    return row


def origin(events):
    """Where a session came from: all of it from the first event that says."""
    for event in events:
        marked = has_campaign(event) or has_click_id(event) or event["given_channel"] is not None
        if marked or has_foreign_referrer(event):
            return {
                "referrer": event["referrer"],
                "channel": coalesce(event["given_channel"], UNDETERMINED),
                "campaign_source": event["campaign_source"],
                "campaign_medium": event["campaign_medium"],
                "campaign_name": event["campaign_name"],
            }
    return {"channel": "Direct"}


def session_rows(sessions):
    """One row a session; the sessions' events learn their session_id."""
    numbers = defaultdict(int)
    rows = []
    for events in sessions:
        visitor = events[0]["visitor_id"]
        numbers[visitor] += 1
        row = session_row(events, numbers[visitor])
        for event in events:
            event["session_id"] = row["session_id"]
        rows.append(row)
    return rows


# ---------------------------------------------------------------- datasets


def distinct(items, column):
    return len({item[column] for item in items if item[column] is not None})


def total(items, column):
    return sum(item[column] for item in items)


def share(part, whole):
    return part / whole if whole else None


def users(people, sessions):
    visits = grouped(sessions, lambda s: s["person_id"])
    rows = []
    for person, events in grouped(people, lambda e: e["person_id"]).items():
        events.sort(key=order)
        theirs = sorted(visits[person], key=lambda s: s["order"])
        latest = theirs[::-1]
        rows.append({
            "person_id": person,
            "user_id": coalesce(*(event["stitched_user_id"] for event in events)),
            "visitor_count": distinct(events, "visitor_id"),
            "first_seen_at": events[0]["occurred_at"],
            "last_seen_at": events[-1]["occurred_at"],
            "session_count": len(theirs),
            "event_count": len(events),
            "page_view_count": len([event for event in events if is_page_view(event)]),
            "conversion_count": len([event for event in events if event["is_conversion"]]),
            "first_channel": theirs[0].get("channel"),
            "first_referrer": theirs[0].get("referrer"),
            "country": coalesce(*(session.get("country") for session in latest)),
            "device_category": coalesce(*(session.get("device_category") for session in latest)),
            "traits": next((event["traits"] for event in events[::-1] if event["traits"] not in (None, "{}")), None),
        })
    return rows


def daily_metrics(people, sessions):
    if not people:
        return []
    by_day = grouped(people, lambda e: e["event_date"])
    starts = grouped(sessions, lambda s: s["session_date"])
    active = defaultdict(set)
    first_day = {}
    for event in people:
        person = event["person_id"]
        if person is not None:
            active[event["event_date"]].add(person)
            first_day[person] = min(first_day.get(person, date.max), event["event_date"])

    def active_in(days, day):
        return len(set().union(*(active[day - timedelta(days=back)] for back in range(days))))

    rows = []
    day = min(by_day)
    while day <= max(by_day):
        events, visits = by_day.get(day, []), starts.get(day, [])
        new = [person for person in active[day] if first_day[person] == day]
        engaged = [session for session in visits if session["is_engaged"]]
        converting = [session for session in visits if session["conversion_count"] > 0]
        rows.append({
            "date": day,
            "active_users": len(active[day]),
            "new_users": len(new),
            "returning_users": len(active[day]) - len(new),
            "sessions": len(visits),
            "engaged_sessions": len(engaged),
            "engagement_rate": share(len(engaged), len(visits)),
            "bounce_rate": share(len(visits) - len(engaged), len(visits)),
            "avg_session_seconds": share(fsum(session["duration_seconds"] for session in visits), len(visits)),
            "events": len(events),
            "page_views": len([event for event in events if is_page_view(event)]),
            "conversions": len([event for event in events if event["is_conversion"]]),
            "converting_sessions": len(converting),
            "conversion_rate": share(len(converting), len(visits)),
            "wau": active_in(7, day),
            "mau": active_in(30, day),
            "stickiness": share(len(active[day]), active_in(30, day)),
        })
        day += timedelta(days=1)
    return rows


def event_counts(people):
    rows = []
    for (day, name), events in grouped(people, lambda e: (e["event_date"], e["name"])).items():
        rows.append({
            "date": day,
            "name": name,
            "events": len(events),
            "users": distinct(events, "person_id"),
            "sessions": distinct(events, "session_id"),
        })
    return rows


def pages(people, sessions):
    views = grouped(filter(is_page_view, people), lambda e: (e["event_date"], page(e)))
    viewing = [session for session in sessions if session["page_view_count"] > 0]
    entries = grouped(viewing, lambda s: (s["session_date"], s["entry_page"]))
    exits = grouped(viewing, lambda s: (s["session_date"], s["exit_page"]))
    rows = []
    for day, shown in {*views, *entries, *exits}:
        rows.append({
            "date": day,
            "page_path": shown,
            "page_views": len(views[day, shown]),
            "users": distinct(views[day, shown], "person_id"),
            "entries": len(entries[day, shown]),
            "exits": len(exits[day, shown]),
        })
    return rows


def acquisition(sessions):
    columns = ["channel", "campaign_source", "campaign_medium", "campaign_name"]

    def key(session):
        return (session["session_date"], *(session.get(column) for column in columns))

    first = {}
    for session in sorted(sessions, key=lambda s: s["order"]):
        first.setdefault(session["person_id"], session["session_id"])
    rows = []
    for values, visits in grouped(sessions, key).items():
        converting = [session for session in visits if session["conversion_count"] > 0]
        rows.append({
            **dict(zip(["date", *columns], values)),
            "users": distinct(visits, "person_id"),
            "new_users": len([s for s in visits if first[s["person_id"]] == s["session_id"]]),
            "sessions": len(visits),
            "engaged_sessions": len([session for session in visits if session["is_engaged"]]),
            "conversions": total(visits, "conversion_count"),
            "conversion_rate": share(len(converting), len(visits)),
        })
    return rows


def by_session_day_and(columns, sessions):
    rows = []
    for values, visits in grouped(sessions, lambda s: (s["session_date"], *(s.get(c) for c in columns))).items():
        rows.append({
            **dict(zip(["date", *columns], values)),
            "users": distinct(visits, "person_id"),
            "sessions": len(visits),
            "events": total(visits, "event_count"),
            "conversions": total(visits, "conversion_count"),
        })
    return rows


def attempt(events, start, steps, within):
    """The times of the steps reached by the attempt that starts at events[start]."""
    times = [events[start]["occurred_at"]]
    position = start
    for step in steps[1:]:
        later = range(position + 1, len(events))
        position = next((index for index in later if events[index]["name"] == step), None)
        if position is None:
            break
        if within is not None and events[position]["occurred_at"] - times[0] > within:
            break
        times.append(events[position]["occurred_at"])
    return times


def median(values):
    values = sorted(values)
    if not values:
        return None
    middle = len(values) // 2
    return values[middle] if len(values) % 2 else (values[middle - 1] + values[middle]) / 2


def funnels(people, options):
    rows = []
    for funnel in options["funnels"]:
        steps = funnel["steps"]
        limit = funnel.get("within_seconds")
        within = None if limit is None else limit * 1_000_000
        best = []
        for events in grouped(people, lambda e: e["person_id"]).values():
            events.sort(key=order)
            starts = [index for index, event in enumerate(events) if event["name"] == steps[0]]
            attempts = [attempt(events, start, steps, within) for start in starts]
            if attempts:
                best.append(max(attempts, key=len))  # max keeps the first of equals, which is the earliest
        for index, name in enumerate(steps):
            there = [times for times in best if len(times) > index]
            row = {
                "funnel": funnel["name"],
                "step": index + 1,
                "name": name,
                "users": len(there),
                "rate_from_first": share(len(there), len(best)),
            }
            if index > 0:
                before = [times for times in best if len(times) > index - 1]
                row["rate_from_previous"] = share(len(there), len(before))
                row["median_seconds_from_previous"] = median(
                    [seconds(times[index] - times[index - 1]) for times in there]
                )
            rows.append(row)
    return rows


def retention(people):
    if not people:
        return []
    weeks = defaultdict(set)
    for event in people:
        if event["person_id"] is not None:
            weeks[event["person_id"]].add(monday(event["event_date"]))
    last = max(monday(event["event_date"]) for event in people)
    cohorts = defaultdict(list)
    for active in weeks.values():
        cohorts[min(active)].append(active)
    rows = []
    for cohort, members in cohorts.items():
        for week in range((last - cohort).days // 7 + 1):
            retained = [active for active in members if cohort + timedelta(weeks=week) in active]
            rows.append({
                "cohort_week": cohort,
                "week": week,
                "cohort_users": len(members),
                "retained_users": len(retained),
                "retention_rate": share(len(retained), len(members)),
            })
    return rows


def paths(sessions):
    """`sessions` are lists of events here."""
    transitions = defaultdict(list)
    for events in sessions:
        names = [page(event) if is_page_view(event) else event["name"] for event in events]
        names = ["(start)", *names, "(exit)"]
        for pair in zip(names, names[1:]):
            transitions[pair].append(events[0]["person_id"])
    return [
        {"from_name": pair[0], "to_name": pair[1], "transitions": len(persons), "users": len(set(persons))}
        for pair, persons in transitions.items()
    ]


def compute(log, agents, addresses, options):
    """All datasets by name, as lists of dictionaries. What a row does not mention is NULL."""
    zone = ZoneInfo(options["timezone"])
    agents = {agent["user_agent"]: agent for agent in agents}
    addresses = {place["ip"]: place for place in addresses}
    rows = without_duplicates([log_row(row) for row in log])
    events = [enriched(row, agents, addresses, options, zone) for row in rows]
    stitch(events)
    people = [event for event in events if not event["is_bot"]]
    visits = sessionize(people, options)
    sessions = session_rows(visits)
    return {
        "events": events,
        "sessions": sessions,
        "users": users(people, sessions),
        "daily_metrics": daily_metrics(people, sessions),
        "event_counts": event_counts(people),
        "pages": pages(people, sessions),
        "acquisition": acquisition(sessions),
        "geography": by_session_day_and(PLACE, sessions),
        "devices": by_session_day_and(["device_category", "os_name", "browser_name"], sessions),
        "funnels": funnels(people, options),
        "retention": retention(people),
        "paths": paths(visits),
    }


# ---------------------------------------------------------------- in and out

LOG_COLUMNS = (
    "event_id source type name anonymous_id user_id occurred_at received_at page_url page_path page_title referrer "
    "campaign_source campaign_medium campaign_name campaign_term campaign_content channel ip user_agent country region "
    "city device_category device_brand device_model os_name os_version browser_name browser_version app_name "
    "app_version library_name locale client_timezone screen_width screen_height properties traits context "
    "_file _file_id _row"
).split()


def log_row(source):
    """A row of the log with every column, absent ones None, and moments in microseconds."""
    unknown = set(source) - set(LOG_COLUMNS)
    if unknown:
        raise ValueError(f"the event log has no column {', '.join(sorted(unknown))}")
    row = {column: source.get(column) for column in LOG_COLUMNS}
    row["occurred_at"] = microseconds(row["occurred_at"])
    row["received_at"] = microseconds(row["received_at"])
    return row


def cell(value, column):
    if value is None:
        return ""
    kind = TYPES.get(column)
    if kind == "timestamp":
        return utc(value).strftime("%Y-%m-%d %H:%M:%S.%f")
    if kind == "date":
        return value.isoformat()
    if kind == "boolean":
        return "true" if value else "false"
    if kind == "double":
        return repr(float(value))
    text = str(value)
    if text == "" or any(character in text for character in ',"\r\n'):
        return '"' + text.replace('"', '""') + '"'
    return text


def sorting(row, key):
    return [(row.get(column) is None, row.get(column) if row.get(column) is not None else 0) for column in key]


def write(rows, name, directory):
    key, columns = DATASETS[name]
    if name == "sessions":
        key = ["visitor_id", "session_number"]  # session_id is an opaque hash
    lines = [",".join(columns)]
    for row in sorted(rows, key=lambda row: sorting(row, key)):
        lines.append(",".join(cell(row.get(column), column) for column in columns))
    (directory / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")


def read_ndjson(file):
    # Not splitlines(): text may hold U+2028 and its like unescaped.
    return [json.loads(line) for line in file.read_text(encoding="utf-8").split("\n") if line.strip()]


def main(source, target):
    source, target = Path(source), Path(target)
    target.mkdir(parents=True, exist_ok=True)
    datasets = compute(
        read_ndjson(source / "event_log.ndjson"),
        read_ndjson(source / "user_agents.ndjson"),
        read_ndjson(source / "addresses.ndjson"),
        json.loads((source / "options.json").read_text(encoding="utf-8")),
    )
    for name, rows in datasets.items():
        write(rows, name, target)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: oracle.py INPUT OUTPUT")
    main(sys.argv[1], sys.argv[2])
