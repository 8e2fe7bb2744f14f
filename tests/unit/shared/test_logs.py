"""Logs: one JSON object a line on standard error."""

import json
import subprocess
import sys

import pytest

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
CALLING = """
import sys, threading
from http.server import BaseHTTPRequestHandler, HTTPServer
import httpx2
from shared.logs import configure_logs, get_log
class Hook(BaseHTTPRequestHandler):
    def do_POST(self):
        self.send_error(404)
    def log_message(self, *_):
        pass
with HTTPServer(("127.0.0.1", 0), Hook) as server:
    threading.Thread(target=server.handle_request).start()
    configure_logs("alerts", sys.argv[1])
    answer = httpx2.post(f"http://127.0.0.1:{server.server_address[1]}/services/T0/SECRET?key=SECRET")
    get_log("here").error("answered", status=answer.status_code)
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


@pytest.mark.parametrize("level", ["debug", "info", "error"])
def test_no_level_says_which_addresses_are_called(level: str) -> None:
    done = subprocess.run([sys.executable, "-c", CALLING, level], check=True, capture_output=True, text=True)
    assert "SECRET" not in done.stderr
    assert [json.loads(line)["status"] for line in done.stderr.splitlines()] == [404]
