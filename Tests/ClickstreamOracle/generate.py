#!/usr/bin/env python3
"""Writes a small random world of events, rich in edge cases, for the oracle and the engines to agree on.

    generate.py [--events N] [--timezone ZONE] [--channels] [--disputed ITEM[,ITEM…]|all] SEED OUTPUT

The same arguments always write the same world. Seed 0 has no event, seed 1 has one. Without --disputed, every value of
the world's datasets but a channel follows from the datasets' definitions; README.md lists what each ITEM adds.
"""

import argparse
import json
import random
from datetime import datetime, timedelta, timezone
from pathlib import Path
from urllib.parse import quote, quote_plus
from zoneinfo import ZoneInfo

DISPUTED = {
    "click-ids": "advertisers' marks in addresses, empty and in the fragment, too",
    "bot-users": "bots' events that carry user ids which their visitor's other events do not",
    "empties": "empty texts where an id, a campaign, a channel or a country could be",
    "partial": "a source that says a part of a place, device, system or browser of which a lookup knows the rest",
    "referrers": "a referrer beside an unknown own host, and referrers that are no addresses",
    "strangers": "events with neither an anonymous id nor a user id",
    "terms": "campaigns of nothing but a term or a content",
    "traits": "traits that are an empty object",
    "urls": "addresses without a path or a scheme, empty and repeated parameters, invalid escapes, ports, capitals",
}

ZONES = ["Europe/Warsaw", "America/New_York", "UTC", "Asia/Kolkata"]

# Days on which a world may begin: clocks change in Warsaw and in New York, the ISO year turns, February ends.
BEGINNINGS = ["2024-03-29", "2024-10-25", "2024-03-08", "2024-11-01", "2024-12-27", "2020-12-25", "2024-02-27"]

TRACKED = [
    "product_view", "product_view", "add_to_cart", "add_to_cart", "checkout", "purchase", "a", "a", "b", "b", "c",
    "zażółć gęślą jaźń", "カートに追加 🛒", 'said "hi", left', "two\nlines", "NULL", "null", " padded ", "", None,
]  # fmt: skip
PATHS = [
    "/", "/p/1", "/p/2", "/p/2/", "/koszyk", "/P/1", "/%C5%BC%C3%B3%C5%82w", "/a+b", '/say,"hi"',
]  # fmt: skip
FUNNELS = [
    ["product_view", "add_to_cart", "checkout", "purchase"],
    ["a", "b", "a"],
    ["a", "a"],
    ["b"],
    ["a", "nobody does this", "b"],
    ["product_view", "zażółć gęślą jaźń"],
]  # fmt: skip
CAMPAIGN = ["campaign_source", "campaign_medium", "campaign_name", "campaign_term", "campaign_content"]
PARAMETERS = ["utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content"]
CAMPAIGN_VALUES = {
    "campaign_source": ["google", "newsletter", "Żabka & syn"],
    "campaign_medium": ["cpc", "email"],
    "campaign_name": ["spring sale", "100% off + more", "wiosna/лето", 'a,"b"'],
    "campaign_term": ["buty damskie", "c++"],
    "campaign_content": ["banner=1", "links#2"],
}
OWN_HOSTS = ["shop.example", "www.shop.example"]
FOREIGN = [
    "https://www.google.com/search?q=shop.example", "https://facebook.com/", "https://blog.shop.example/post",
    "http://wwwshop.example/", "https://other.example/?from=https://shop.example/",
]  # fmt: skip
CHANNELS = ["Paid Search", "Email", "Organic Social", "Direct", "Kanał własny"]

AGENTS = [
    ("Mozilla/5.0 (Windows NT 10.0)", "desktop", None, None, "Windows", "10", "Firefox", "128.0", False),
    ("Mozilla/5.0 (iPhone)", "mobile", "Apple", "iPhone", "iOS", "17.5", "Safari", "17.5", False),
    ("Mozilla/5.0 (Android; Tablet)", "tablet", "Samsung", "SM-X910", "Android", "14", None, None, False),
    ('curl, "8"', None, None, None, None, None, None, None, False),
    ("Firefox only", None, None, None, None, None, "Firefox", "1", False),
    ("Googlebot/2.1", "bot", None, None, None, None, "Googlebot", "2.1", True),
    ("Monitor", None, None, None, None, None, None, None, True),
]
PEOPLES_AGENTS = [agent[0] for agent in AGENTS if not agent[-1]] + ["unknown agent", None]
BOTS = [agent[0] for agent in AGENTS if agent[-1]]
AGENT_COLUMNS = (
    "user_agent device_category device_brand device_model os_name os_version browser_name browser_version is_bot"
).split()
ADDRESSES = [
    ("192.0.2.1", "PL", "PL-14", "Warszawa"),
    ("192.0.2.2", "PL", "PL-12", "Kraków"),
    ("192.0.2.3", "US", "US-NY", None),
    ("192.0.2.4", "IN", None, None),
    ("2001:db8::1", "GB", "GB-ENG", "Newcastle, upon Tyne"),
    ("192.0.2.5", None, None, None),
]
DEVICES = {
    ("device_category", "device_brand", "device_model"): [("mobile", "Google", "Pixel 8"), ("tv", "LG", "OLED")],
    ("os_name", "os_version"): [("Android", "15"), ("webOS", "24")],
    ("browser_name", "browser_version"): [("Chrome", "126"), ("Edge", "125")],
}

MICROSECOND = 1
SECOND = 1_000_000
HOUR = 3600 * SECOND
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def iso(moment):
    return (EPOCH + timedelta(microseconds=moment)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class World:
    """Everything drawn from one seed."""

    def __init__(self, seed, events=None, zone=None, channels=False, disputed=()):
        self.random = random.Random(seed)
        self.channels = channels
        self.disputed = set(disputed)
        drawn = self.random.choice([20, 60, 150, 300, 500])
        self.size = {0: 0, 1: 1}.get(seed, drawn) if events is None else events
        self.zone = self.random.choice(ZONES)
        self.zone = zone or self.zone
        self.gap = self.random.choice([1800, 1800, 60, 7]) * SECOND
        self.conversions = self.random.choice([["purchase"], ["purchase", "two\nlines", "nobody does this"], []])
        self.funnels = [
            {
                "name": f"funnel{number}",
                "steps": steps,
                "within_seconds": self.random.choice([60, self.gap // SECOND, 3600, 7 * 86400]),
            }
            for number, steps in enumerate(self.random.sample(FUNNELS, self.random.randint(0, len(FUNNELS))))
        ]
        self.days = self.active_days()
        self.visitors = [self.visitor(number) for number in range(max(3, self.size // 8))]
        self.events = []

    def chance(self, share):
        return self.random.random() < share

    def has(self, item, share):
        """Whether to add a disputed thing here. Draws nothing where the item is off."""
        return item in self.disputed and self.chance(share)

    def options(self):
        return {
            "session_gap_seconds": self.gap // SECOND,
            "conversions": self.conversions,
            "funnels": self.funnels,
            "timezone": self.zone,
        }

    # ------------------------------------------------------------ who and when

    def active_days(self):
        """Local days with events; empty days and weeks, sometimes more than a month, lie between some of them."""
        day = datetime.fromisoformat(self.random.choice(BEGINNINGS))
        days = []
        for _ in range(self.random.randint(3, 8)):
            days.append(day)
            day += timedelta(days=self.random.choice([1, 1, 1, 2, 6, 7, 8, 15, 29, 30, 31, 36]))
        return days

    def visitor(self, number):
        """An anonymous id or None, and the user ids that it carries in the course of its life."""
        users = ["anna", "bob", "ćwirek", "dora,1", "ewa", "filip"]
        one, other = self.random.choice(users), self.random.choice(users)
        anonymous = self.random.choice([f"v{number}", f"v{number}", f"v{number}", f"gość-{number}"])
        life = self.random.choice(["never"] * 4 + ["late", "always", "switches", "leaves", "user only", "namesake"])
        return {
            "anonymous_id": {"user only": None, "namesake": one}.get(life, anonymous),
            "users": {
                "never": [None],
                "late": [None, None, one],
                "always": [one],
                "switches": [one, other],
                "leaves": [one, None],
                "user only": [one],
                "namesake": [None, other] if self.chance(0.5) else [None],
            }[life],
            "bot": life in ("never", "always") and self.chance(0.15),
            "agent": self.random.choice(PEOPLES_AGENTS),
            "ip": self.random.choice([address[0] for address in ADDRESSES] + ["203.0.113.9", None]),
            "source": self.random.choice(["web", "web", "app"]),
        }

    def start(self):
        """The moment at which a visit begins: often just around local midnight or a change of clocks."""
        day = self.random.choice(self.days)
        hour, minute = self.random.choice([(0, 0), (1, 59), (2, 30), (3, 0), (23, 58), (23, 59), (12, 0), (17, 7)])
        local = day.replace(hour=hour, minute=minute, tzinfo=ZoneInfo(self.zone), fold=self.random.randint(0, 1))
        moment = (local - EPOCH) // timedelta(microseconds=1)
        return moment + self.random.choice([0, 0, -1, 1, self.random.randint(0, 60 * SECOND)])

    def pause(self):
        """The time between two events of a visit, or between two visits."""
        return self.random.choice([
            0,
            0,
            MICROSECOND,
            SECOND,
            10 * SECOND,
            10 * SECOND - MICROSECOND,
            self.gap,
            self.gap,
            self.gap + MICROSECOND,
            self.gap - MICROSECOND,
            self.random.randint(0, self.gap),
            self.random.randint(0, 20 * SECOND),
            self.random.randint(self.gap, 3 * self.gap),
        ])

    # ------------------------------------------------------------ events

    def generate(self):
        while len(self.events) < self.size:
            visitor = self.random.choice(self.visitors)
            if self.funnels and self.chance(0.2):
                self.walk_funnel(visitor)
            else:
                self.visit(visitor)
        del self.events[self.size :]
        for event in self.events:
            event["user_id"] = self.user(event)
        for number in range(self.size // 12):
            self.events.append(self.duplicate(self.random.choice(self.events[: self.size])))
        return self.filed()

    def visit(self, visitor):
        moment = self.start()
        for index in range(self.random.choice([1, 1, 2, 3, 5, 8])):
            self.events.append(self.event(visitor, moment, landing=index == 0))
            moment += self.pause()

    def walk_funnel(self, visitor):
        """The steps of a funnel in order, the last one exactly at the limit, a microsecond off it, or anywhere."""
        funnel = self.random.choice(self.funnels)
        within = funnel["within_seconds"] * SECOND
        begin = moment = self.start()
        for index, name in enumerate(funnel["steps"]):
            if index == len(funnel["steps"]) - 1 and index > 0 and self.chance(0.7):
                moment = begin + within + self.random.choice([0, 0, -MICROSECOND, MICROSECOND])
            event = self.event(visitor, moment, landing=index == 0)
            event.update(type="track", name=name)
            self.events.append(event)
            moment = min(moment + self.pause(), begin + within)

    def event(self, visitor, moment, landing):
        event = {
            "event_id": f"e{len(self.events):04}" + self.random.choice(["", "", "-ż", ',"']),
            "source": visitor["source"],
            "type": self.random.choice(["track"] * 5 + ["page"] * 4 + ["screen", "identify", "group", "alias"]),
            "anonymous_id": visitor["anonymous_id"],
            "occurred_at": moment,
            "received_at": moment + self.random.choice([0, 0, SECOND, -SECOND, self.random.randint(0, 48 * HOUR)]),
            "user_agent": visitor["agent"] if self.chance(0.9) else self.random.choice(PEOPLES_AGENTS),
            "ip": visitor["ip"] if self.chance(0.9) else self.random.choice(ADDRESSES)[0],
            "page_title": self.random.choice([None, "Sklep", 'A "title", quoted', "", "line\r\nbreak"]),
            "app_name": self.random.choice([None, "shop"]),
            "app_version": self.random.choice([None, "1.10", "1"]),
            "library_name": self.random.choice([None, "web"]),
            "locale": self.random.choice([None, "pl-PL"]),
            "client_timezone": self.random.choice([None, "Europe/Warsaw"]),
            "screen_width": self.random.choice([None, 1920, 0]),
            "screen_height": self.random.choice([None, 1080]),
            "properties": self.random.choice([None, "{}", '{"total":12.5,"note":"a, \\"b\\""}', '{"ż":[1,null]}']),
            "context": self.random.choice([None, '{"ip_known":true}']),
            "visitor": visitor,
        }
        views = event["type"] in ("page", "screen")
        event["name"] = self.random.choice(["Home", "Produkt", None, None]) if views else self.random.choice(TRACKED)
        event["received_at"] -= event["received_at"] % self.random.choice([1, SECOND, 60 * SECOND])  # makes ties
        if event["type"] == "identify" or self.chance(0.1):
            event["traits"] = self.random.choice([None, '{"plan":"pro"}', '{"plan":"free","age":%d}' % moment])
            if self.has("traits", 0.3):
                event["traits"] = "{}"
        if self.has("strangers", 0.05):
            event["anonymous_id"] = None
        may_be_bot = visitor["anonymous_id"] is not None or "bot-users" in self.disputed
        if may_be_bot and (visitor["bot"] or self.chance(0.03)):
            event["user_agent"] = self.random.choice(BOTS)
        self.add_page(event)
        self.add_referrer(event, landing)
        self.add_campaign(event, landing)
        self.add_channel(event)
        self.add_place_and_device(event)
        if self.has("empties", 0.1):
            column = self.random.choice(["anonymous_id", *CAMPAIGN, "channel", "country", "page_path", "referrer"])
            event[column] = ""
        return event

    def user(self, event):
        """The user id that the visitor carries at that time: its life is dealt out over its events in their order."""
        visitor = event["visitor"]
        if visitor["anonymous_id"] is not None and event["user_agent"] in BOTS:
            return self.random.choice(["anna", "bot owner"]) if self.has("bot-users", 0.5) else None
        if visitor["anonymous_id"] is not None and event["anonymous_id"] is None:
            return None
        if visitor["anonymous_id"] is None and event["anonymous_id"] is None and self.has("strangers", 0.2):
            return None
        theirs = sorted(other["occurred_at"] for other in self.events if other["visitor"] is visitor)
        users = visitor["users"]
        return users[theirs.index(event["occurred_at"]) * len(users) // len(theirs)]

    def add_page(self, event):
        """A view mostly has an address, a path, or both at odds; other events sometimes have an address."""
        if self.chance(0.8 if event["type"] in ("page", "screen") else 0.4):
            event["page_url"] = f"https://{self.random.choice(OWN_HOSTS)}{self.random.choice(PATHS)}"
            if self.chance(0.2):
                event["page_url"] += "?q=a/b//c"
            if self.chance(0.1):
                event["page_url"] += "#part/2?utm_source=no"
            if self.has("urls", 0.3):
                event["page_url"] = self.random.choice([
                    "https://shop.example", "https://shop.example?utm_source=", "/p/1?x=1", "//shop.example/p/3",
                    "HTTPS://WWW.Shop.Example:8443/P", "https://user@shop.example/p", "p/4", "mailto:a@b", "",
                    "https://shop.example/?utm_source=a&utm_source=b", "https://shop.example/?utm_source=%zz%",
                    "https://shop.example/?UTM_SOURCE=x&utm_medium", "https://shop.example/?utm_source=%FF",
                    "https://shop.example/?a=1;utm_source=x", "https://shop.example/?&&utm%5Fsource=x",
                    "//shop.example", "https://shop.example//p?utm_source=a%00b", "about:blank", "https:/p/5",
                    "/", "///p", "/?utm_source=%00", "https://shop.example/?utm_source=%C5%BC+%ff",
                ])  # fmt: skip
        if self.has("click-ids", 0.2) and "page_url" in event:
            event["page_url"] += self.random.choice([
                "?gclid=1", "?a=1&fbclid=x", "?gclid=", "?gclid=&dclid=2", "#gclid=1", "?GCLID=1", "?ScCid=1",
                "?xgclid=1", "?gclid", "?msclkid=&", "?a=?gclid=1",
            ])  # fmt: skip
        if self.chance(0.2):
            event["page_path"] = self.random.choice(PATHS)

    def add_referrer(self, event, landing):
        own = [f"https://{host}{self.random.choice(PATHS)}" for host in OWN_HOSTS]
        if "page_url" in event and self.chance(0.5):
            event["referrer"] = self.random.choice(FOREIGN if self.chance(0.5 if landing else 0.1) else own)
        if self.has("referrers", 0.2):
            odd = ["android-app://com.google/", "(direct)", "/p", "x//y"]
            event["referrer"] = self.random.choice([*FOREIGN, *own, *odd])

    def add_campaign(self, event, landing):
        """In columns, in the address, or in both at odds."""
        if not self.chance(0.3 if landing else 0.06):
            return
        columns = self.random.sample(CAMPAIGN[:3], self.random.randint(1, 3))
        columns += [column for column in CAMPAIGN[3:] if self.chance(0.3)]
        if self.has("terms", 0.5):
            columns = [self.random.choice(CAMPAIGN[3:])]
        for column, parameter in zip(CAMPAIGN, PARAMETERS):
            if column not in columns:
                continue
            value = self.random.choice(CAMPAIGN_VALUES[column])
            escape = self.random.choice([quote, quote_plus])
            if event.get("page_url") and self.chance(0.6):
                address, hash, fragment = event["page_url"].partition("#")
                mark = "&" if "?" in address else "?"
                event["page_url"] = f"{address}{mark}{parameter}={escape(value, safe='')}{hash}{fragment}"
                if self.chance(0.2):
                    event[column] = self.random.choice(CAMPAIGN_VALUES[column])
            else:
                event[column] = value

    def add_channel(self, event):
        says = "?utm_" in event.get("page_url", "") or "&utm_" in event.get("page_url", "")
        says = says or event.get("referrer") is not None or any(event.get(column) for column in CAMPAIGN)
        if self.channels and says or self.chance(0.05):
            event["channel"] = self.random.choice(CHANNELS)

    def add_place_and_device(self, event):
        if self.chance(0.1):
            place = self.random.choice([("DE", "DE-BE", "Berlin"), ("FR", "FR-75", "Paris")])
            event.update(zip(["country", "region", "city"], place))
        for columns, values in DEVICES.items():
            if self.chance(0.1):
                event.update(zip(columns, self.random.choice(values)))
        if self.has("partial", 0.2):
            for column in ["country", "region", "city", *(column for group in DEVICES for column in group)]:
                if self.chance(0.3):
                    event[column] = self.random.choice(["DE", "Berlin", "Chrome"])

    def duplicate(self, event):
        """The same id again: earlier, later or at the same time, with the same or with other content."""
        other = dict(event)
        other["received_at"] += self.random.choice([0, 0, SECOND, -SECOND, 24 * HOUR, -MICROSECOND])
        if self.chance(0.7):
            other["name"] = self.random.choice(TRACKED)
            other["type"] = self.random.choice(["track", "page"])
            other["occurred_at"] += self.random.choice([0, 1, -self.gap, HOUR])
            other["properties"] = '{"copy":true}'
        if self.chance(0.2) and other["anonymous_id"] is not None and other["user_agent"] not in BOTS:
            other["anonymous_id"] = self.random.choice(["v0", "v1"])
        return other

    def filed(self):
        """The log's rows in random order, as the rows of a few files: equal positions in different files happen."""
        self.random.shuffle(self.events)
        files = [("clicks-2.ndjson", "b0c1"), ("clicks-10.ndjson", "a9f3"), (None, "f00d")]
        lengths = dict.fromkeys(files, 0)
        rows = []
        for event in self.events:
            file = self.random.choice(files)
            lengths[file] += 1
            row = {column: value for column, value in event.items() if column != "visitor"}
            row["occurred_at"], row["received_at"] = iso(event["occurred_at"]), iso(event["received_at"])
            row["_file"], row["_file_id"] = file
            row["_row"] = lengths[file]
            rows.append(row)
        return rows


def write(world, directory):
    directory.mkdir(parents=True, exist_ok=True)
    tables = {
        "event_log": world.generate(),
        "user_agents": [dict(zip(AGENT_COLUMNS, agent)) for agent in AGENTS],
        "addresses": [dict(zip(["ip", "country", "region", "city"], address)) for address in ADDRESSES],
    }
    for name, rows in tables.items():
        lines = [json.dumps(row, ensure_ascii=False) + "\n" for row in rows]
        (directory / f"{name}.ndjson").write_text("".join(lines), encoding="utf-8", newline="\n")
    options = json.dumps(world.options(), ensure_ascii=False, indent=2) + "\n"
    (directory / "options.json").write_text(options, encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description="Writes a small random world of events.")
    parser.add_argument("--events", type=int, help="how many, duplicates aside; drawn from the seed otherwise")
    parser.add_argument("--timezone", help="the zone of reporting days; drawn from the seed otherwise")
    parser.add_argument(
        "--channels", action="store_true", help="give every event with a campaign or a referrer a channel of its own"
    )
    parser.add_argument("--disputed", default="", help="all, or some of: " + ", ".join(DISPUTED))
    parser.add_argument("seed", type=int)
    parser.add_argument("output", type=Path)
    arguments = parser.parse_args()
    disputed = arguments.disputed.split(",") if arguments.disputed else []
    disputed = list(DISPUTED) if disputed == ["all"] else disputed
    if unknown := set(disputed) - set(DISPUTED):
        parser.error(f"nothing disputed is called {', '.join(sorted(unknown))}")
    world = World(arguments.seed, arguments.events, arguments.timezone, arguments.channels, disputed)
    write(world, arguments.output)


if __name__ == "__main__":
    main()
