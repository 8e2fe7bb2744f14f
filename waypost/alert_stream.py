"""Reading the stream of alerts: server-sent events, taken up again where it broke."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import httpx2 as httpx
import msgspec

from shared.client import Client

QUIET_S = 60.0  # the stream says something at least this often, were it only that it lives
RETRY_S = 0.5

Json = dict[str, Any]


def events_of(lines: Iterator[str]) -> Iterator[tuple[str, str]]:
    """Yield (id, data) of every server-sent event in a stream of lines; data may be empty."""
    last = ""
    data: list[str] = []
    for line in lines:
        if not line:
            yield last, "\n".join(data)
            data = []
        elif line.startswith("id:"):
            last = line[3:].strip()
        elif line.startswith("data:"):
            data.append(line[5:].removeprefix(" "))


class AlertStream(threading.Thread):
    """Hands every change of an alert to a listener, in order, each once."""

    def __init__(self, client: Client, heard: Callable[[Json], None], stop: threading.Event) -> None:
        """Listen until somebody says stop."""
        super().__init__(name="alert-stream", daemon=True)
        self._url = client.url("alerts", "/v1/alerts/stream")
        self._token = client.api_token
        self._heard, self._stop_event = heard, stop
        self._last = ""

    def run(self) -> None:
        """Read, and come back when the stream breaks."""
        while not self._stop_event.is_set():
            try:
                self._read()
            except httpx.TransportError:
                self._stop_event.wait(RETRY_S)

    def _read(self) -> None:
        headers = {"Authorization": f"Bearer {self._token}"} | ({"Last-Event-ID": self._last} if self._last else {})
        timeout = httpx.Timeout(10.0, read=QUIET_S)
        with httpx.stream("GET", self._url, headers=headers, timeout=timeout) as answer:
            if not answer.is_success:
                self._stop_event.wait(RETRY_S)
                return
            for number, data in events_of(answer.iter_lines()):
                if self._stop_event.is_set():
                    return
                self._last = number or self._last
                if data:
                    self._heard(msgspec.json.decode(data))
