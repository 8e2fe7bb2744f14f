"""Logs: one JSON object a line on standard error."""

import json
import subprocess
import sys

SCRIPT = """
import logging
from shared.logs import configure_logs, get_log
configure_logs("ingest", "info")
log = get_log("here")
log.debug("too quiet")
log.info("accepted", count=3)
logging.getLogger("library").warning("from %s", "elsewhere")
try:
    1 / 0
except ZeroDivisionError:
    log.exception("failed")
"""


def test_every_line_is_an_object_that_names_the_service() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], check=True, capture_output=True, text=True)
    lines = [json.loads(line) for line in done.stderr.splitlines()]

    assert [(line["service"], line["level"], line["event"]) for line in lines] == [
        ("ingest", "info", "accepted"),
        ("ingest", "warning", "from elsewhere"),
        ("ingest", "error", "failed"),
    ]
    assert lines[0]["count"] == 3
    assert "ZeroDivisionError" in lines[2]["exception"]
    assert all(line["timestamp"].endswith("Z") for line in lines)
    assert done.stdout == ""
