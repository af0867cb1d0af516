"""Sends messages of every type by a client library from PyPI; prints as JSON what the library said of it.

send.py MODULE HOST KEY COUNT [gzip] [retries=N]
"""

import importlib
import json
import sys
from datetime import datetime, timezone

module, host, key, count, *flags = sys.argv[1:]
library = importlib.import_module(module)
problems = []
options = {
    "write_key": key,
    "host": host,
    "gzip": "gzip" in flags,
    "upload_interval": 0.1,
    "on_error": lambda error, items: problems.append(
        {"status": getattr(error, "status", None), "messages": [item["messageId"] for item in items]}
    ),
}
for flag in flags:
    if flag.startswith("retries="):
        options["max_retries"] = int(flag.removeprefix("retries="))
client = importlib.import_module(module + ".client").Client(**options)

moment = datetime(2026, 2, 3, 4, 5, 6, 789000, tzinfo=timezone.utc)
text = "Grüße, 東京 🚀 \"quoted\" \\ \u0000 \u2028 </script>"
client.identify("u1", {"name": text, "age": 7}, timestamp=moment, message_id="identify")
client.page("u1", "docs", "Home", {"url": "https://shop.example/?q=a&b"}, message_id="page")
client.screen("u1", "app", "Start", {"nested": {"list": [1, 2.5, None, True, {"deep": "é"}]}}, message_id="screen")
client.group("u1", "g1", {"plan": "pro"}, message_id="group")
client.alias("old", "u1", message_id="alias")
client.track(None, "Anonymous", {}, anonymous_id="a1", message_id="anonymous")
for number in range(int(count)):
    client.track("u1", "Order Completed", {"number": number, "text": text}, message_id=f"track-{number}")
client.shutdown()
print(json.dumps(problems))
