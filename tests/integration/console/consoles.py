"""A console in process, asked as a browser or a program asks, with stand-ins for the services behind it."""

import asyncio
import re
from pathlib import Path
from typing import Any

import httpx2 as httpx
from fastapi import FastAPI

from services.console.app import create_app
from services.console.reading import Services
from services.console.routes.visitor import COOKIE
from shared.auth import StoredKey, hash_key, write_snapshot
from shared.settings import Settings
from tests.shared_data import ROOT

READ, WRITE, OTHER, ADMIN = (
    "rk_reads_everything",
    "wk_writes_only_here",
    "rk_of_another_tenant",
    "at_changes_everything",
)
SESSION = f"{COOKIE}_8700"
HTML = {"accept": "text/html"}
MAP = (ROOT / "deploy" / "maps" / "demo.yaml").read_text()
NASTY = "<img src=x onerror=alert(1)>"
NOW = "2026-03-05T09:00:00Z"

FOREIGN = [
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
    *({"origin": origin} for origin in ("http://evil.example", "null", "http://[", "//[", "127.0.0.1:8700")),
]

Answers = dict[str, Any]

ALERT = {
    "alert": 5,
    "ids": [f"user:{NASTY}"],
    "name": NASTY,
    "customer": 7,
    "map": "onboarding",
    "journey": "7/onboarding/1",
    "about": "contract",
    "reason": f"Waits {NASTY}.",
    "since": "2026-03-04T09:05:00Z",
    "rule": "stall",
    "finding": "7/onboarding/1/path:offer:1",
    "next": {"step": "contract", "why": NASTY, "owner": "sales"},
    "owner": "sales",
    "severity": "high",
    "status": "open",
}
STATUS = {
    "behind": 0,
    "judged_until": "2026-03-05T08:00:00Z",
    "now": NOW,
    "wrong": None,
    "touchpoints": 9,
    "customers": 14,
    "maps": 1,
}
OVERVIEW = {
    "map": "onboarding",
    "version": 3,
    "title": "From first visit to renewal",
    "subject": "person",
    "published_at": "2026-02-01T00:00:00Z",
    "judged_until": "2026-03-05T08:00:00Z",
    "as_of": NOW,
    "open": 12,
    "states": {"open": 12, "lost": 2},
    "steps": {
        "contract": {
            "title": "Contract",
            "stage": "buy",
            "owner": "sales",
            "here": 12,
            "stalled": 5,
            "beyond": 1,
            "waited_median_s": 13 * 86400,
            "longest_s": 40 * 86400,
            "since": "2026-01-24T00:00:00Z",
            "passed": 3,
            "deviations": [{"kind": "failed", "journeys": 2}],
        },
        "signup": {
            "title": "Sign-up",
            "stage": "evaluate",
            "owner": "sales",
            "here": 0,
            "stalled": 0,
            "beyond": 0,
            "waited_median_s": None,
            "longest_s": None,
            "since": None,
            "passed": 14,
            "deviations": [],
        },
    },
    "stages": [
        {"stage": "evaluate", "phase": "pre-sale", "owner": "sales", "open": 0, "stalled": 0, "median_s": None},
        {"stage": "buy", "phase": "pre-sale", "owner": "sales", "open": 12, "stalled": 5, "median_s": 1_000_000},
    ],
    "hot_spots": [
        {
            "step": "contract",
            "kind": "stalled",
            "journeys": 5,
            "of": 12,
            "share": 0.42,
            "text": f"5 of 12 wait too long for Contract {NASTY}.",
        }
    ],
    "unmapped": [{"event": NASTY, "journeys": 4}],
}
JOURNEY = {
    "journey": "7/onboarding/1",
    "map": "onboarding",
    "title": "From first visit to renewal",
    "version": 3,
    "state": "open",
    "opened_at": "2026-02-20T00:00:00Z",
    "reached_at": None,
    "ended_at": None,
    "position": {
        "steps": ["contract"],
        "titles": ["Contract"],
        "after": "signup",
        "stage": "buy",
        "since": "2026-03-01T00:00:00Z",
    },
    "route": [
        {"step": "contract", "why": "next", "title": "Contract"},
        {"step": "kickoff", "why": "follows Contract", "title": "Kickoff"},
        {"step": "first-report", "why": "follows Kickoff", "title": "First report"},
    ],
    "cost": 1,
    "passed": [{"step": "signup", "at": "2026-02-20T00:00:00Z"}],
    "deviations": [
        {
            "id": "7/onboarding/1/path:offer:1",
            "kind": "prerequisite_skipped",
            "step": "offer",
            "title": "Offer",
            "status": "open",
            "cost": 1,
            "certain": True,
            "since": "2026-03-01T00:00:00Z",
            "touchpoints": [{"event": NASTY, "event_id": "1", "source": "app", "occurred_at": "2026-03-01T00:00:00Z"}],
            "text": "Never had Offer.",
        }
    ],
    "stall": {
        "step": "contract",
        "title": "Contract",
        "level": "stalled",
        "since": "2026-03-04T00:00:00Z",
        "historical": False,
        "threshold": "4d",
        "threshold_level": "designed",
        "text": "Waits too long.",
    },
}
CUSTOMER = {
    "customer": 7,
    "ids": [f"user:{NASTY}"],
    "name": NASTY,
    "journeys": [JOURNEY],
    "judged_until": "2026-03-05T08:00:00Z",
}


def touchpoint(event: str, day: int) -> dict[str, Any]:
    """Return a touchpoint of February 2026 as the API shows it."""
    at = f"2026-02-{day:02}T10:00:00Z"
    return {"event": event, "event_id": str(day), "source": "app", "channel": "web", "occurred_at": at}


PATH_OF_JOURNEY = {
    "journey": "7/onboarding/1",
    "map": "onboarding",
    "version": 3,
    "state": "open",
    "moves": [
        {"kind": "matched", "step": "signup", "title": "Sign-up", "touchpoint": touchpoint("Signed Up", 1)},
        {"kind": "unmapped", "step": "", "title": "", "touchpoint": touchpoint(NASTY, 20)},
        {"kind": "unmapped", "step": "", "title": "", "touchpoint": touchpoint(NASTY, 21)},
        {"kind": "map_only", "step": "offer", "title": "Offer", "touchpoint": None},
    ],
}
PATH = {"customer": 7, "name": NASTY, "ids": CUSTOMER["ids"], "journeys": [PATH_OF_JOURNEY]}
BY_ID = "/v1/customers/user:7"

UNDRAWN = {"yaml": "path: [{any_of: [a]}]"}
BOTH = {"/v1/maps": {"maps": [{"map": "renewal"}, {"map": "onboarding"}]}, "/v1/maps/renewal/positions": {"open": 2}}


def answers() -> Answers:
    """Return what the services behind the console answer, by path."""
    return {
        "/v1/maps": {"maps": [{"map": "onboarding", "version": 3}]},
        "/v1/maps/onboarding": {"yaml": MAP},
        "/v1/maps/onboarding/overview": OVERVIEW,
        "/v1/maps/onboarding/positions": {"open": 12},
        "/v1/status": STATUS,
        "/v1/alerts": {"alerts": [ALERT] * 3, "next": None},
        "/v1/alerts/summary": {"live": 1240, "open": 1234, "acknowledged": 5, "snoozed": 1},
        "/v1/customers": {"customers": [CUSTOMER], "next": None},
        "/v1/touchpoints": {"touchpoints": []},
        BY_ID: CUSTOMER,
        f"{BY_ID}/path": PATH,
    }


class Behind(httpx.AsyncBaseTransport):
    """The services behind the console: they answer, refuse (an int) or are gone (None), and remember who asked."""

    def __init__(self, said: Answers) -> None:
        """Answer by path."""
        self.said = said
        self.asked: list[tuple[str, str]] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        self.asked.append((request.url.path, request.headers["authorization"]))
        answer = self.said.get(request.url.path, 404)
        if answer is None:
            message = "refused"
            raise httpx.ConnectError(message)
        if isinstance(answer, tuple):
            return httpx.Response(answer[0], json=answer[1])
        if isinstance(answer, int):
            return httpx.Response(answer, json={"code": "x", "message": "It is being repaired."})
        return httpx.Response(200, json=answer)


class Console:
    """A console in process."""

    def __init__(self, folder: Path, said: Answers, port: int = 8700) -> None:
        """Give it keys and services."""
        self.folder = folder
        self.keys = {READ: ("a", "read"), WRITE: ("a", "write"), OTHER: ("b", "read"), ADMIN: ("a", "admin")}
        self.publish_keys()
        self.settings = Settings(data=folder, port=port)
        self.app: FastAPI = create_app(self.settings)
        self.behind = Behind(said)
        self.cookies = httpx.Cookies()

    def publish_keys(self) -> None:
        """Leave the keys that stand in the data folder, as ingest does."""
        stored = [StoredKey(tenant, hash_key(key), scope, "") for key, (tenant, scope) in self.keys.items()]  # type: ignore[arg-type]
        write_snapshot(self.folder, stored)

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:  # noqa: ANN401 (httpx's own)
        """Make one request."""
        return asyncio.run(self._ask(method, path, more))

    async def _ask(self, method: str, path: str, more: dict[str, Any]) -> httpx.Response:
        async with httpx.AsyncClient(transport=self.behind) as upstream:
            self.app.state.services = Services(self.settings, upstream)
            transport = httpx.ASGITransport(app=self.app, raise_app_exceptions=False)
            base = "http://127.0.0.1:8700"
            async with httpx.AsyncClient(transport=transport, base_url=base, cookies=self.cookies) as http:
                answer = await http.request(method, path, **more)
                self.cookies = http.cookies
                return answer

    def sign_in(self, token: str = READ, by: str = "", **headers: str) -> httpx.Response:
        """Send the form."""
        return self.ask("POST", "/sign-in", data={"token": token, "by": by}, headers={**HTML, **headers})

    def page(self, path: str, **params: str) -> httpx.Response:
        """Ask for a page as a browser."""
        return self.ask("GET", path, params=params, headers=HTML)

    def send(self, path: str, csrf: str | None = None, **fields: str) -> httpx.Response:
        """Send a form of the console with the session's own token, or another."""
        token = self.csrf() if csrf is None else csrf
        return self.ask("POST", path, data={"csrf": token, **fields}, headers=HTML)

    def csrf(self) -> str:
        """Return the token of the session's forms, as any page has it."""
        session = self.app.state.sessions.find(self.cookies.get(SESSION, ""))
        found = re.search(r'name="csrf" value="([^"]+)"', self.page("/no-such-page").text)
        assert found is not None
        assert found[1] == session.csrf
        return found[1]


def shown(folder: Path, path: str = "/", said: Answers | None = None, token: str = READ, **params: str) -> str:
    """Return the page that somebody signed in sees."""
    console = Console(folder, answers() | (said or {}))
    console.sign_in(token)
    return console.page(path, **params).text
