#!/usr/bin/env python3
"""Compares two directories of dataset CSVs cell by cell.

    compare.py [--limit N] [--only DATASET[,DATASET…]] EXPECTED ACTUAL

EXPECTED is the oracle's output, ACTUAL another engine's. Prints the first N differences of each dataset (default 10)
and exits 1 if there is any, 2 if the arguments are wrong. What counts as equal is in README.md.
"""

import argparse
import json
import sys
from collections import Counter
from datetime import date
from pathlib import Path

from oracle import DATASETS, TYPES, UNDETERMINED, cell, microseconds, share

RELATIVE = 1e-9
# What of acquisition can be added up over the channels of a row.
ADDITIVE = ["new_users", "sessions", "engaged_sessions", "conversions"]


def parse(text):
    """Records of canonical CSV as lists; an empty unquoted field is None, a quoted one is text."""
    records, record, field, quoted, inside = [], [], [], False, False
    index = 0
    while index < len(text):
        character = text[index]
        if inside:
            if character != '"':
                field.append(character)
            elif text[index + 1 : index + 2] == '"':
                field.append('"')
                index += 1
            else:
                inside = False
        elif character == '"':
            inside = quoted = True
        elif character in ",\n":
            record.append("".join(field) if field or quoted else None)
            field, quoted = [], False
            if character == "\n":
                records.append(record)
                record = []
        elif character != "\r" or text[index + 1 : index + 2] != "\n":
            field.append(character)
        index += 1
    if inside:
        raise ValueError("a quoted field does not end")
    if field or quoted or record:
        record.append("".join(field) if field or quoted else None)
        records.append(record)
    return records


def read(file):
    """The header and the rows as dictionaries of text; raises ValueError where the text is no table."""
    # newline="" keeps a lone carriage return inside a quoted field what it is.
    with open(file, encoding="utf-8", newline="") as stream:
        records = parse(stream.read())
    if not records:
        raise ValueError("the header is missing")
    header, *rows = records
    for number, row in enumerate(rows, 1):
        if len(row) != len(header):
            raise ValueError(f"row {number} has {len(row)} fields, the header {len(header)}")
    return header, [dict(zip(header, row)) for row in rows]


def typed(text, column):
    """The value of a cell in a form in which equal values are equal; the text itself where it is not of its type."""
    if text is None:
        return None
    kind = TYPES.get(column)
    try:
        if kind == "timestamp":
            return microseconds(text)
        if kind == "date":
            return date.fromisoformat(text)
        if kind == "integer":
            return int(text)
        if kind == "double":
            return float(text)
        if kind == "boolean":
            return {"true": True, "false": False}[text]
    except (ValueError, KeyError):
        pass
    return text


def same(expected, actual, column):
    """Whether two typed cells are equal."""
    if column in ("channel", "first_channel") and expected == UNDETERMINED:
        return True
    if type(expected) is not type(actual):
        return False
    if isinstance(expected, float):
        return expected == actual or abs(expected - actual) <= RELATIVE * max(abs(expected), abs(actual))
    if expected != actual and TYPES.get(column) == "json":
        try:
            return json.loads(expected) == json.loads(actual)
        except ValueError:
            return False
    return expected == actual


class Side:
    """One directory's datasets, typed, with session ids replaced by the visitor and start that they stand for."""

    def __init__(self, directory):
        self.directory = Path(directory)
        self.problems = {}
        self.headers = {}
        self.rows = {name: self.load(name) for name in DATASETS}
        self.rename_sessions()

    def load(self, name):
        try:
            self.headers[name], rows = read(self.directory / f"{name}.csv")
        except (OSError, ValueError) as error:
            self.problems[name] = f"{self.directory / name}.csv cannot be read: {error}"
            return []
        return [{column: typed(text, column) for column, text in row.items()} for row in rows]

    def rename_sessions(self):
        names = {}
        for row in self.rows["sessions"]:
            identifier = row.get("session_id")
            name = f"{row.get('visitor_id')} from {show(row.get('started_at'), 'started_at')}"
            if identifier is None or identifier in names:
                self.problems["sessions"] = f"{self.directory}/sessions.csv: session_id {identifier!r} is not unique"
            names[identifier] = name
            row["session_id"] = name
        for row in self.rows["events"]:
            if row.get("session_id") is not None:
                row["session_id"] = names.get(row["session_id"], f"{row['session_id']}, which is not in sessions")


def without_channel(rows):
    """Acquisition with its channels added up, for worlds in which the expected channel is the product's own choice."""
    key = [column for column in DATASETS["acquisition"][0] if column != "channel"]
    folded = {}
    for row in rows:
        into = folded.setdefault(tuple(row.get(column) for column in key), {column: 0 for column in ADDITIVE})
        for column in ADDITIVE:
            into[column] += row.get(column) or 0
        into["converting"] = into.get("converting", 0) + (row.get("conversion_rate") or 0) * (row.get("sessions") or 0)
    for values, row in folded.items():
        row.update(zip(key, values))
        row["conversion_rate"] = share(row.pop("converting"), row["sessions"])
    return key, [*key, *ADDITIVE, "conversion_rate"], list(folded.values())


def show(value, column):
    if value is None:
        return "NULL"
    if TYPES.get(column) == "timestamp" and isinstance(value, int):
        return cell(value, column)
    if isinstance(value, str):
        return repr(value)
    return str(value)


def label(values, key):
    return " ".join(f"{column}={show(value, column)}" for column, value in zip(key, values))


def differences(name, expected, actual):
    """Lines that say how ACTUAL differs from EXPECTED in one dataset."""
    for side in (expected, actual):
        if name in side.problems:
            yield side.problems[name]
            return
    key, columns = DATASETS[name]
    if actual.headers[name] != columns:
        missing = [column for column in columns if column not in actual.headers[name]]
        more = [column for column in actual.headers[name] if column not in columns]
        yield f"columns: missing {missing}, unknown {more}" if missing or more else "columns: another order"
        if missing:
            return
    left, right = expected.rows[name], actual.rows[name]
    for row in right:
        for column in columns:
            if TYPES.get(column) not in (None, "json") and isinstance(row[column], str):
                yield f"{column} is {row[column]!r}, which is no {TYPES[column]}"
                return
    if name == "acquisition" and any(row["channel"] == UNDETERMINED for row in left):
        key, columns, left = without_channel(left)
        right = without_channel(right)[2]
    left, right = keyed(left, key), keyed(right, key)
    for values in left:
        if values not in right:
            yield f"missing row: {label(values, key)}"
    for values in right:
        if values not in left:
            yield f"unknown row: {label(values, key)}"
    for values, rows in left.items():
        others = right.get(values)
        if others is None:
            continue
        if len(rows) != len(others):
            yield f"{label(values, key)}: {len(others)} rows instead of {len(rows)}"
            continue
        for column in columns:
            one, other = rows[0][column], others[0][column]
            if not same(one, other, column):
                yield f"{label(values, key)}: {column} is {show(other, column)} instead of {show(one, column)}"


def keyed(rows, key):
    groups = {}
    for row in rows:
        groups.setdefault(tuple(row[column] for column in key), []).append(row)
    return groups


def main(arguments):
    parser = argparse.ArgumentParser(description="Compares two directories of dataset CSVs cell by cell.")
    parser.add_argument("--limit", type=int, default=10, help="differences to print per dataset")
    parser.add_argument("--only", default=",".join(DATASETS), help="the datasets to compare")
    parser.add_argument("expected", help="the oracle's output")
    parser.add_argument("actual", help="another engine's")
    options = parser.parse_args(arguments)
    names = options.only.split(",")
    if unknown := set(names) - set(DATASETS):
        parser.error(f"no dataset is called {', '.join(sorted(unknown))}")
    expected, actual = Side(options.expected), Side(options.actual)
    counts = Counter()
    for name in names:
        for difference in differences(name, expected, actual):
            counts[name] += 1
            if counts[name] <= options.limit:
                print(f"{name}: {difference}")
        if counts[name] > options.limit:
            print(f"{name}: … {counts[name] - options.limit} more")
    if counts:
        print("differences: " + ", ".join(f"{name} {count}" for name, count in counts.items()))
        return 1
    print("equal: " + ", ".join(f"{name} {len(expected.rows[name])}" for name in names))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
