"""After an import: waiting until everything is judged, and how much of it is new."""

import re
import time
from collections.abc import Callable
from typing import Any, Final, Protocol

from shared.client import CannotReachError
from shared.clock import monotonic
from shared.words import counted
from waypost.commands.shown import Shown

PATIENCE_S: Final = 120.0
PAUSE_S: Final = 0.2
KNOWN: Final = re.compile(r'^waypost_journey_touchpoints_total\{fate="duplicate"\} (\S+)$', re.MULTILINE)


class Asks(Protocol):
    """What counting needs of shared/client.py: any client with the same door."""

    def request(self, method: str, service: str, path: str, **more: Any) -> Any:  # noqa: ANN401 (httpx's own)
        """Ask a service."""
        ...


class Reads(Protocol):
    """What waiting needs of shared/client.py: any client with the same door."""

    def get(self, service: str, path: str, **params: Any) -> Any:  # noqa: ANN401 (JSON)
        """Ask a service for JSON."""
        ...


def wait_until_judged(
    client: Reads, shown: Shown, wait: Callable[[float], None] = time.sleep, *, patience_s: float = PATIENCE_S
) -> str:
    """Wait until journey has judged all that ingest took; return what went wrong, or nothing.

    `patience_s`: machine seconds without any progress before it is left.

    Raises CannotReachError.
    """
    most, least = 1, None
    changed = monotonic()
    while True:
        try:
            status = client.get("journey", "/v1/status")
        except CannotReachError:
            if monotonic() - changed > patience_s:
                raise
            wait(PAUSE_S)
            continue
        left = int(status.get("behind", 0)) + int(status.get("waiting_for_map", 0))
        if left <= 0:
            return _parked(int(status.get("unjudged_customers", 0)))
        if least is None or left < least:
            least, changed = left, monotonic()
        if monotonic() - changed > patience_s:
            why = f": {status['wrong']}" if status.get("wrong") else ""
            return f"the journey service is {counted(left, 'record')} behind and does not come on{why}; nothing is lost"
        most = max(most, left)
        shown.at(1 - left / most, f"{left:,} to go")
        wait(PAUSE_S)


def known_so_far(client: Asks) -> float | None:
    """Return how many touchpoints the journey service found to be known already, since it started; None: not said."""
    try:
        text = client.request("GET", "journey", "/metrics").text
    except CannotReachError:
        return None
    found = KNOWN.search(text)
    return float(found[1]) if found else 0.0


def news(sent: int, before: float | None, after: float | None) -> str:
    """Say how much of what was sent is new."""
    if before is None or after is None or after < before:  # it was down, or started again meanwhile
        return "What was there already, from an earlier import, still counts once."
    known = min(sent, round(after - before))
    return f"{sent - known:,} new; {known:,} there already, which still count once."


def _parked(number: int) -> str:
    return f"{counted(number, 'customer')} could not be judged; their touchpoints are kept" if number else ""
