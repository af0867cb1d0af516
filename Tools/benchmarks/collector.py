"""Requests acknowledged a second: `millrace serve`, which syncs before it answers, beside nginx, which does not.

nginx does what AWS's clickstream solution has it do: it answers 200 from an upstream and writes each body to its log,
unsynced. Both get the same load from the same wrk, in turns, on the same machine: batches of 100 events (about 50 KB), and
single events. Then Millrace gets half of what it took, and the 99th percentile of its answers is told.
"""

import json
import os
import random
import re
import shutil
import socket
import statistics
import subprocess
import sys
import time
import uuid

SECONDS = int(sys.argv[1]) if len(sys.argv) > 1 else 10
ROUNDS = int(sys.argv[2]) if len(sys.argv) > 2 else 3
HOME = os.path.abspath(".bench/collector")
MILLRACE = os.path.abspath(os.environ.get("MILLRACE", ".build/release/millrace"))
CONNECTIONS = {"batch": 64, "single": 64}
NGINX_PORT, UPSTREAM_PORT, MILLRACE_PORT = 9911, 9912, 9913
NGINX = f"""
daemon off; worker_processes {os.cpu_count()}; pid {HOME}/nginx.pid; error_log {HOME}/nginx.error;
events {{ worker_connections 1024; }}
http {{
  client_body_temp_path {HOME}/b; proxy_temp_path {HOME}/p; fastcgi_temp_path {HOME}/f; uwsgi_temp_path {HOME}/u; scgi_temp_path {HOME}/s;
  log_format body escape=json '$msec $request_body';
  client_body_buffer_size 512k; client_max_body_size 8m; keepalive_requests 1000000;
  server {{ listen 127.0.0.1:{NGINX_PORT}; location / {{ access_log {HOME}/body.log body; proxy_pass http://127.0.0.1:{UPSTREAM_PORT}; }} }}
  server {{ listen 127.0.0.1:{UPSTREAM_PORT}; access_log off; location / {{ return 200; }} }}
}}
"""
CONFIG = f"""
lake: {{ use: local, path: lake }}
sources:
  web: {{ use: http, listen: "127.0.0.1:{MILLRACE_PORT}", write_keys: {{ shop: benchmark }} }}
"""
SCRIPT = """
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Authorization"] = "Basic YmVuY2htYXJrOg=="
local file = io.open("%s", "rb"); wrk.body = file:read("*a"); file:close()
"""


def event(chance):
    """A page view as Segment's libraries write it, about 500 bytes, of which few are the same in the next one."""
    def pick(*words):
        return chance.choice(words)

    def identity():
        return str(uuid.UUID(int=chance.getrandbits(128), version=4))

    words = "linen oak copper blue small garden evening river stone light cotton winter north paper glass amber".split()
    product = "-".join(chance.sample(words, 3))
    return {
        "type": "page", "messageId": f"ajs-next-{identity()}", "userId": pick(None, f"u{chance.randrange(10**7)}"), "anonymousId": identity(),
        "timestamp": f"2026-11-21T07:{chance.randrange(60):02}:{chance.randrange(60):02}.{chance.randrange(1000):03}Z",
        "properties": {"path": f"/{pick('products', 'sale', 'new')}/{product}", "referrer": pick("", "https://www.example.com/", "https://news.example.org/a"),
                       "search": f"?utm_source={pick('news', 'search', 'video')}&gclid={chance.getrandbits(64):x}", "title": product.replace("-", " ").title(), "shop": "linen-and-oak"},
        "context": {"library": {"name": "analytics.js", "version": "2.1.0"}, "locale": pick("en-US", "de-DE", "pl-PL"), "timezone": "Europe/Warsaw"},
    }


def make_load():
    shutil.rmtree(HOME, ignore_errors=True)
    os.makedirs(HOME)
    chance = random.Random(7)
    bodies = {
        "batch": {"batch": [event(chance) for _ in range(100)], "sentAt": "2026-11-21T07:31:18.000Z"},
        "single": event(chance),
    }
    for name, body in bodies.items():
        with open(f"{HOME}/{name}.json", "w") as file:
            json.dump(body, file, separators=(",", ":"))
        with open(f"{HOME}/{name}.lua", "w") as file:
            file.write(SCRIPT % f"{HOME}/{name}.json")


def wait_for(port, process):
    for _ in range(200):
        if process.poll() is not None:
            sys.exit(f"{process.args[0]} ended at once; see {HOME}")
        try:
            socket.create_connection(("127.0.0.1", port), 0.2).close()
            return
        except OSError:
            time.sleep(0.05)
    sys.exit(f"nothing listens on port {port}")


def wrk(port, kind, delay=None):
    """Requests a second, the 99th percentile in milliseconds; stops where an answer is not 200."""
    script = f"{HOME}/{kind}.lua"
    if delay:
        paced = f"{HOME}/{kind}-paced.lua"
        with open(script) as source, open(paced, "w") as file:
            file.write(source.read() + f"\nfunction delay() return math.random(0, {2 * delay}) end\n")
        script = paced
    path = "/v1/batch" if kind == "batch" else "/v1/page"
    command = ["wrk", "-t2", f"-c{CONNECTIONS[kind]}", f"-d{SECONDS}s", "--timeout", "10s", "--latency", "-s", script]
    said = subprocess.run(command + [f"http://127.0.0.1:{port}{path}"], capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in said or "Socket errors" in said:
        sys.exit(said)
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", said).group(1))
    number, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", said).groups()
    return rate, float(number) * {"us": 0.001, "ms": 1, "s": 1000}[unit]


def peak(pid):
    """The largest resident size of a process so far, in MB."""
    with open(f"/proc/{pid}/status") as file:
        return int(re.search(r"VmHWM:\s+(\d+)", file.read()).group(1)) / 1000


def nginx_round(kind):
    with open(f"{HOME}/nginx.conf", "w") as file:
        file.write(NGINX)
    process = subprocess.Popen([shutil.which("nginx") or "/usr/sbin/nginx", "-p", HOME, "-c", f"{HOME}/nginx.conf", "-e", f"{HOME}/nginx.error"])
    try:
        wait_for(NGINX_PORT, process)
        return wrk(NGINX_PORT, kind)[0]
    finally:
        process.terminate()
        process.wait()
        if os.path.exists(f"{HOME}/body.log"):
            os.remove(f"{HOME}/body.log")


def millrace_round(kind, delay=None):
    shutil.rmtree(f"{HOME}/millrace", ignore_errors=True)
    os.makedirs(f"{HOME}/millrace")
    with open(f"{HOME}/millrace/millrace.yaml", "w") as file:
        file.write(CONFIG)
    with open(f"{HOME}/millrace.log", "w") as log:
        process = subprocess.Popen([MILLRACE, "serve"], cwd=f"{HOME}/millrace", stderr=log)
    try:
        wait_for(MILLRACE_PORT, process)
        rate, latency = wrk(MILLRACE_PORT, kind, delay)
        return rate, latency, peak(process.pid)
    finally:
        process.kill()  # What it holds is of no use: landing it would only take time.
        process.wait()
        shutil.rmtree(f"{HOME}/millrace", ignore_errors=True)
        os.sync()


def main():
    for program in ["wrk", "nginx"]:
        if not shutil.which(program) and not os.path.exists(f"/usr/sbin/{program}"):
            sys.exit(f"{program} is missing: apt-get install wrk nginx-light")
    make_load()
    for kind, events in [("batch", 100), ("single", 1)]:
        theirs, ours, memory = [], [], []
        for _ in range(ROUNDS):
            theirs.append(nginx_round(kind))
            rate, latency, size = millrace_round(kind)
            ours.append(rate)
            memory.append(size)
        rate, reference = statistics.median(ours), statistics.median(theirs)
        print(f"{kind}: millrace {rate:,.0f} requests/s ({rate * events:,.0f} events/s), synced; nginx {reference:,.0f}, not synced")
        print(f"  ratio {rate / reference:.2f} x ({', '.join(f'{a / b:.2f}' for a, b in zip(ours, theirs))}), peak memory {max(memory):.0f} MB")
        delay = max(1, round(CONNECTIONS[kind] / (rate / 2) * 1000))
        paced, latency, _ = millrace_round(kind, delay)
        print(f"  at {paced:,.0f} requests/s ({paced / rate:.0%} of that) the 99th percentile is {latency:.1f} ms")


main()
