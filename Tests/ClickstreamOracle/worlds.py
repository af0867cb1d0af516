#!/usr/bin/env python3
"""Many worlds at once: what the oracle expects of each, and whether an engine agrees.

    worlds.py make FIRST COUNT DIRECTORY
    worlds.py compare DIRECTORY

`make` writes the worlds FIRST, FIRST + 1, … into the directories of these names in DIRECTORY, each with the oracle's
datasets in `expected`. `compare` looks for an engine's in `actual` beside it; it prints the differences of the worlds
that have any, with the arguments of generate.py that make them, and exits 1 if there is one.
"""

import contextlib
import io
import sys
from pathlib import Path

import compare
import generate
import oracle

# Beside a world's own zone: clocks that change by half an hour, and at midnight.
ZONES = [None, "Europe/Warsaw", "America/New_York", "Australia/Lord_Howe", "America/Santiago"]
# One by one, so that a difference names its cause. Events of nobody never reach an event log.
DISPUTED = [None, *(item for item in generate.DISPUTED if item != "strangers")]


def arguments(number):
    """What generate.py is told for a world: seed, zone, disputed item, and after each round of these items channels."""
    zone, item = ZONES[number % len(ZONES)], DISPUTED[number % len(DISPUTED)]
    return {"seed": number, "zone": zone, "channels": number // len(DISPUTED) % 2 == 1, "disputed": [item] if item else []}


def command(number):
    given = arguments(number)
    words = ["generate.py"]
    words += ["--timezone", given["zone"]] if given["zone"] else []
    words += ["--channels"] if given["channels"] else []
    words += ["--disputed", *given["disputed"]] if given["disputed"] else []
    return " ".join([*words, str(number)])


def make(first, count, directory):
    for number in range(first, first + count):
        world = directory / str(number)
        generate.write(generate.World(**arguments(number)), world)
        oracle.main(world, world / "expected")


def differing(directory):
    """How many worlds differ."""
    worlds = sorted(directory.iterdir(), key=lambda world: int(world.name))
    count = 0
    for world in worlds:
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            code = compare.main([str(world / "expected"), str(world / "actual")])
        if code != 0:
            count += 1
            print(f"{command(int(world.name))}\n{said.getvalue()}")
    return count


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["make", first, count, directory]:
            make(int(first), int(count), Path(directory))
        case ["compare", directory]:
            sys.exit(1 if differing(Path(directory)) else 0)
        case _:
            sys.exit("usage: worlds.py make FIRST COUNT DIRECTORY, or worlds.py compare DIRECTORY")
