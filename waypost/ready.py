"""Waiting until the services of this machine can do their work."""

import threading

import httpx2 as httpx

from shared.clock import monotonic
from shared.settings import SERVICES, Settings

SILENT = "it does not answer"
STRANGE = "it answers strangely"
ELSEWHERE = "on another data folder"
UNKNOWN_KEY = 401
UNTOLD = "of which data folder cannot be told"
STRANGER = "but does not know your key"


def what_is_wrong(http: httpx.Client, base: str) -> str:
    """Return why a service is not ready; empty: it is."""
    try:
        answer = http.get(f"{base}/readyz")
        wrong = answer.json()["wrong"]
    except (httpx.TransportError, httpx.InvalidURL):
        return SILENT
    except (ValueError, KeyError, TypeError):
        return STRANGE
    return "; ".join(f"{part}: {why}" for part, why in wrong.items())


def speaks_against(http: httpx.Client, journey: str, token: str) -> str:
    """Return why services that are ready are not of the folder whose token we have; empty: nothing says so."""
    if not token:
        return ELSEWHERE
    try:
        answer = http.get(f"{journey}/v1/status", headers={"Authorization": f"Bearer {token}"})
    except (httpx.TransportError, httpx.InvalidURL):
        return ""
    return STRANGER if answer.status_code == UNKNOWN_KEY else ""


def wait_until_ready(settings: Settings, seconds: float, stop: threading.Event) -> dict[str, str]:
    """Wait until every service is ready, the time is over or `stop` is set; return what is wrong with the others."""
    deadline = monotonic() + seconds
    waiting = dict.fromkeys(SERVICES, "it has not been asked yet")
    with httpx.Client(timeout=2.0) as http:
        while waiting and not stop.is_set() and monotonic() < deadline:
            waiting = {name: why for name in waiting if (why := what_is_wrong(http, settings.url(name)))}
            if waiting:
                stop.wait(0.1)
    return waiting
