"""One gzip file of NDJSON to the twelve datasets: `millrace run`, and the same SQL given to DuckDB by hand.

The SQL is not written down here: it is what the engine's statement log says that the run sent, with the landed records
replaced by the raw file, read by DuckDB itself, and the outputs by plain Parquet files. What is not in the script by hand:
copying the file into the raw zone, digests, row numbers of the landing, dead letters, checks of counts, Delta commits, and
parsing user agents (the script gets the finished lookup tables).
"""

import os
import re
import shutil
import statistics
import subprocess
import sys
import threading
import time

EVENTS = int(sys.argv[1]) if len(sys.argv) > 1 else 2_000_000
ROUNDS = int(sys.argv[2]) if len(sys.argv) > 2 else 3
HOME = os.path.abspath(".bench/files")
MILLRACE = os.path.abspath(os.environ.get("MILLRACE", ".build/release/millrace"))
DUCKDB = shutil.which("duckdb", path=os.path.abspath(".tools/bin") + ":" + os.environ["PATH"])
CONFIG = f"""
lake: {{ use: local, path: lake }}
engine: {{ use: duckdb, memory: 4GB, threads: {os.cpu_count()}, statement_log: statements.sql }}
sources:
  shop: {{ use: files, path: events.ndjson.gz, format: ndjson, events: segment }}
jobs:
  clickstream:
    use: clickstream
    conversions: [purchase]
    funnels: {{ checkout: {{ steps: [product_view, add_to_cart, checkout, purchase], within: 7d }} }}
"""


def make_data():
    """Simulates the events once, as one file compressed in one piece."""
    target = f"{HOME}/events.ndjson.gz"
    if os.path.exists(f"{HOME}/{EVENTS}.made"):
        return target
    shutil.rmtree(HOME, ignore_errors=True)
    os.makedirs(f"{HOME}/days")
    run = [MILLRACE, "simulate", "--output", f"{HOME}/days", "--days", "28", "--events", str(EVENTS), "--plain"]
    subprocess.run(run, check=True, stdout=subprocess.DEVNULL)
    subprocess.run(f"cat {HOME}/days/*.ndjson | gzip -6 > {target}", shell=True, check=True)
    shutil.rmtree(f"{HOME}/days")
    open(f"{HOME}/{EVENTS}.made", "w").close()
    return target


def timed(command, **options):
    """Wall seconds, CPU seconds of the process and its children, and the process's own peak memory in MB."""
    before = os.times()
    start = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, **options)
    peak = [0]

    def watch():
        while process.poll() is None:
            try:
                with open(f"/proc/{process.pid}/status") as status:
                    found = re.search(r"VmHWM:\s+(\d+)", status.read())
                    peak[0] = max(peak[0], int(found.group(1)) if found else 0)
            except OSError:
                return
            time.sleep(0.05)

    watcher = threading.Thread(target=watch)
    watcher.start()
    code = process.wait()
    wall = time.monotonic() - start
    watcher.join()
    if code != 0:
        sys.exit(f"{command[0]} ended with {code}")
    after = os.times()
    cpu = after.children_user - before.children_user + after.children_system - before.children_system
    return wall, cpu, peak[0] / 1024


def run_millrace():
    for path in ["lake", ".millrace", "statements.sql"]:
        full = f"{HOME}/{path}"
        shutil.rmtree(full, ignore_errors=True) if os.path.isdir(full) else os.path.exists(full) and os.unlink(full)
    with open(f"{HOME}/millrace.yaml", "w") as config:
        config.write(CONFIG)
    return timed([MILLRACE, "run"], cwd=HOME)


def hand_script():
    """The statements of the log that read the raw records, and those of the models."""
    with open(f"{HOME}/statements.sql") as log:
        statements = [statement.strip() for statement in log.read().split("\n;\n")]
    landing = next(s for s in statements if s.startswith("COPY (") and 'landed_files' in s and "event_log" in s)
    models = max(i for i, s in enumerate(statements) if s.startswith('CREATE VIEW "event_log"'))
    lookups = [s for s in statements[models:] if re.match(r'CREATE VIEW "(user_agents|addresses)"', s)]
    query = re.sub(r"\)\) TO '[^']*' \(.*\)$", "))", landing.strip(), flags=re.S)[len("COPY ("):-1]
    script = [
        f"SET TimeZone = 'UTC'; SET preserve_insertion_order = false; SET memory_limit = '4GB'; SET threads = {os.cpu_count()}",
        "CREATE VIEW records_0 AS SELECT CAST(0 AS BIGINT) AS millrace_file, row_number() OVER () AS millrace_row, "
        f"CAST(json AS VARCHAR) AS line FROM read_ndjson_objects('{HOME}/events.ndjson.gz')",
        "CREATE VIEW landed_files AS SELECT CAST(0 AS BIGINT) AS file, 'events.ndjson.gz' AS path, 'x' AS file_id, now() AS received_at",
        f"COPY ({query}) TO '{HOME}/hand/event_log.parquet' (FORMAT parquet, COMPRESSION zstd)",
        f"CREATE VIEW event_log AS SELECT * FROM '{HOME}/hand/event_log.parquet'",
    ] + lookups
    for statement in statements[models:]:
        if statement.startswith("CREATE OR REPLACE TEMP"):
            script.append(statement)
        elif statement.startswith("COPY (") and "/tables/" in statement:
            name = re.search(r"TO '[^']*/tables/([a-z_]+)/", statement).group(1)
            script.append(
                re.sub(r"TO '[^']*' \(.*\)$", f"TO '{HOME}/hand/{name}.parquet' (FORMAT parquet, COMPRESSION zstd)", statement.strip(), flags=re.S)
            )
    with open(f"{HOME}/hand.sql", "w") as file:
        file.write("\n;\n".join(script) + "\n;\n")


def run_hand():
    shutil.rmtree(f"{HOME}/hand", ignore_errors=True)
    os.makedirs(f"{HOME}/hand")
    with open(f"{HOME}/hand.sql") as script:
        return timed([DUCKDB, "-batch", "-no-init", "-bail"], stdin=script, cwd=HOME)


def compare():
    """The two must have made the same: rows per dataset, and what no difference in row order or file name can change."""
    for name in ["events", "sessions", "users", "daily_metrics", "pages", "acquisition", "devices", "funnels", "retention", "paths"]:
        ours = subprocess.run([MILLRACE, "sql", "--format", "csv", f"SELECT count(*) AS n FROM {name}"], cwd=HOME, check=True, capture_output=True, text=True)
        hand = subprocess.run([DUCKDB, "-csv", "-c", f"SELECT count(*) AS n FROM '{HOME}/hand/{name}.parquet'"], check=True, capture_output=True, text=True)
        if ours.stdout.split() != hand.stdout.split():
            sys.exit(f"{name}: {ours.stdout.split()} rows by millrace, {hand.stdout.split()} by hand")


path = make_data()
print(f"{EVENTS:,} events, {os.path.getsize(path) / 1e6:.0f} MB gzip, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
ours, hand = [], []
for round in range(ROUNDS):
    ours.append(run_millrace())
    hand_script()
    hand.append(run_hand())
    print(f"round {round + 1}: millrace {ours[-1][0]:.1f} s ({ours[-1][1]:.1f} s CPU), by hand {hand[-1][0]:.1f} s ({hand[-1][1]:.1f} s CPU)", flush=True)
compare()
wall = [statistics.median(x[0] for x in ours), statistics.median(x[0] for x in hand)]
cpu = [statistics.median(x[1] for x in ours), statistics.median(x[1] for x in hand)]
print(f"millrace / by hand: {wall[0] / wall[1]:.2f} × the time, {cpu[0] / cpu[1]:.2f} × the CPU (limit 1.6 × the time)")
print(f"memory of the millrace process itself: {max(x[2] for x in ours):.0f} MB at its peak (limit 150 MB)")
