"""The page about the system: useful whatever is down, and what can be done on it."""

import json
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2 as httpx
import pytest

from tests.integration.console.consoles import ADMIN, HTML, NASTY, NOW, READ, STATUS, Behind, Console, answers

SOURCE = {
    "source": NASTY,
    "last_heard": "2026-03-01T00:00:00Z",
    "accepted": 9,
    "refused": 1,
    "last_event": NASTY,
    "lag_s": None,
}
LETTERS = {
    "reason": "bad_time",
    "source": NASTY,
    "count": 3,
    "first_at": NOW,
    "last_at": NOW,
    "offset": 4,
    "error": f"`{NASTY}` is no time",
    "hint": "Write `time` so.",
}
INGEST_STATUS = {
    "unauthorized": 4,
    "log_bytes": 1 << 30,
    "log_max_bytes": 20 << 30,
    "disk_free_bytes": 9 << 30,
    "disk_bound_bytes": 1 << 29,
    "retention_days": 90,
    "oldest_at": None,
    "dead_letters_waiting": 3,
    "now": NOW,
    "wrong": None,
}
CHANNELS = [
    {
        "channel": name,
        "configured": state != "off",
        "setting": f"WAYPOST_{name.upper()}",
        "state": state,
        "waiting": 2,
        "last_delivered_at": NOW,
        "said": NASTY,
    }
    for name, state in (("slack", "broken"), ("mail", "ok"), ("webhook", "off"))
]
READY = {"ready": True, "wrong": {}}
PORTS = {8700: "console", 8701: "ingest", 8702: "journey", 8703: "alerts"}

Json = dict[str, Any]


class Each(Behind):
    """Services that answer each for itself, by port, and remember what they were told; None: one is gone."""

    def __init__(self, by_name: dict[str, Json | None]) -> None:
        """Answer by service and path."""
        super().__init__({})
        self.by_name = by_name
        self.told: list[tuple[str, bytes]] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        service = self.by_name[PORTS[request.url.port or 0]]
        if request.method == "POST":
            self.told.append((request.url.path, await request.aread()))
        self.said = {request.url.path: None if service is None else service.get(request.url.path, 404)}
        if isinstance(answer := self.said[request.url.path], list) and request.method == "POST":
            self.said = {request.url.path: answer.pop(0)}
        return await super().handle_async_request(request)


ON_NO_MAP = {
    "customers": 3,
    "events": [{"event": NASTY, "customers": 2}, {"event": "Signed up", "customers": 1}],
}


@pytest.fixture
def behind() -> Each:
    """Return services of which each has something to tell."""
    return Each(
        {
            "ingest": {
                "/readyz": READY,
                "/v1/status": INGEST_STATUS,
                "/v1/sources": {"sources": [SOURCE]},
                "/v1/dead-letters/summary": {"reasons": [LETTERS]},
            },
            "journey": {
                "/readyz": READY,
                "/v1/status": STATUS | {"unjudged_customers": 2, "waiting_for_map": 5, "on_no_map": ON_NO_MAP},
            },
            "alerts": {
                "/readyz": READY,
                "/v1/status": STATUS,
                "/v1/channels": CHANNELS,
                "/v1/alerts/summary": answers()["/v1/alerts/summary"],
            },
        }
    )


@pytest.fixture
def console(tmp_path: Path, behind: Each) -> Console:
    """Return a console that somebody who may change things has signed in to."""
    found = Console(tmp_path, {})
    found.behind = behind
    found.sign_in(ADMIN, "Ada")
    return found


def test_everything_is_on_the_page_and_names_of_strangers_are_words(console: Console) -> None:
    text = console.page("/system").text

    assert "<h1>One of one source is quiet, three dead letters wait</h1>" in text
    assert "2 customers could not be judged" in text
    assert "5 customers" in text
    assert '<dd><a href="/customers?on_no_map=true">3 customers</a>; they did <bdi>&lt;img src=x' in text
    assert ", <bdi>Signed up</bdi> (1)</dd>" in text
    assert "4 requests since ingest started came without a key that stands" in text
    assert "Write <code>time</code> so." in text
    assert "1.0 GB of 20.0 GB" in text
    assert "does not get through" in text
    assert "set <code>WAYPOST_WEBHOOK</code>" in text
    assert NASTY not in text


@pytest.mark.parametrize(
    ("service", "head", "missing"),
    [
        ("ingest", "Ingest needs attention", ["The sources", "The dead letters", "The log and the disk"]),
        ("journey", "Journey needs attention", ["How far absence was judged"]),
        ("alerts", "Alerts needs attention", ["The channels"]),
    ],
)
def test_the_page_stays_useful_while_a_service_is_down(
    console: Console, behind: Each, service: str, head: str, missing: list[str]
) -> None:
    behind.by_name[service] = None
    answer = console.page("/system")

    assert answer.status_code == 200
    assert f"<h1>{head}" in answer.text
    assert "does not answer" in answer.text
    for part in missing:
        assert f"{part} cannot be shown now" in answer.text


def test_the_page_stays_useful_while_all_services_are_down(console: Console, behind: Each) -> None:
    behind.by_name |= {"ingest": None, "journey": None, "alerts": None}
    answer = console.page("/system")

    assert answer.status_code == 200
    assert "<h1>Ingest, Journey and Alerts need attention</h1>" in answer.text


def test_a_service_that_is_not_ready_says_why(console: Console, behind: Each) -> None:
    why = {"ready": False, "wrong": {"log": f"stopped: another log {NASTY}"}}
    behind.by_name["journey"] = (behind.by_name["journey"] or {}) | {"/readyz": (503, why)}
    text = console.page("/system").text

    assert "stopped: another log &lt;img" in text
    behind.by_name["journey"] = {"/readyz": 500}
    assert "It is being repaired." in console.page("/system").text


def test_a_new_system_says_what_to_do(console: Console, behind: Each) -> None:
    behind.by_name["ingest"] = (behind.by_name["ingest"] or {}) | {
        "/v1/sources": {"sources": []},
        "/v1/dead-letters/summary": {"reasons": []},
    }
    text = console.page("/system").text

    assert "No source has been heard yet" in text
    assert 'href="/first-run"' in text
    assert "None: everything that came could be read" in text


def sent_back(answer: httpx.Response) -> str:
    """Return what the page that an answer leads to will say."""
    assert answer.status_code == 303, answer.text
    assert urlsplit(answer.headers["location"]).path == "/system"
    return parse_qs(urlsplit(answer.headers["location"]).query)["said"][0]


def test_dead_letters_of_a_reason_are_replayed_a_thousand_at_a_time(console: Console, behind: Each) -> None:
    (behind.by_name["ingest"] or {})["/v1/dead-letters/replay"] = [
        {"replayed": 1, "results": [{"accepted": True}, {"accepted": False}], "next": 999},
        {"replayed": 1, "results": [{"accepted": True}], "next": None},
    ]
    said = sent_back(console.send("/system/dead-letters/replay", reason="bad_time", source="crm"))

    assert said == "replay.2.1"
    assert behind.told == [
        ("/v1/dead-letters/replay", b'{"reason":"bad_time","source":"crm"}'),
        ("/v1/dead-letters/replay", b'{"reason":"bad_time","source":"crm","after":999}'),
    ]
    text = console.ask("GET", f"/system?said={said}", headers=HTML).text
    assert "taken in by the replay: 2. Refused again, and waiting still: 1." in text


def test_dead_letters_of_a_reason_are_dismissed(console: Console, behind: Each) -> None:
    (behind.by_name["ingest"] or {})["/v1/dead-letters/dismiss"] = {"dismissed": 3, "missing": [], "next": None}
    assert sent_back(console.send("/system/dead-letters/dismiss", reason="bad_time", source="crm")) == "dismiss.3"


def test_dead_letters_of_a_source_with_signs_that_are_not_shown_are_found_again(console: Console, behind: Each) -> None:
    source = "crm\u202e\x85 50%25"
    said = {
        "/v1/dead-letters/summary": {"reasons": [LETTERS | {"source": source}]},
        "/v1/dead-letters/dismiss": {"dismissed": 3, "next": None},
    }
    behind.by_name["ingest"] = (behind.by_name["ingest"] or {}) | said
    page = console.page("/system").text
    held = unescape(page.partition('name="source" value="')[2].partition('"')[0])
    console.send("/system/dead-letters/dismiss", reason="bad_time", source=held)

    assert "crm\ufffd  50%25" in page
    assert json.loads(behind.told[-1][1])["source"] == source


def test_letters_that_cannot_be_meant_are_refused_with_the_services_words(console: Console, behind: Each) -> None:
    (behind.by_name["ingest"] or {})["/v1/dead-letters/dismiss"] = 422

    assert console.send("/system/dead-letters/dismiss").status_code == 422


def test_a_test_message_says_what_the_receiver_said(console: Console, behind: Each) -> None:
    results = [
        {"channel": "slack", "configured": True, "ok": False, "said": f"404 {NASTY}", "todo": "Make it anew."},
        {"channel": "mail", "configured": True, "ok": True, "said": "250 ok"},
    ]
    (behind.by_name["alerts"] or {})["/v1/channels/test"] = {"results": results}
    answer = console.send("/system/channels/test", channel="slack")

    assert sent_back(answer) == "tested.1.1"
    assert behind.told == [("/v1/channels/test", b'{"channel":"slack"}')]
    text = console.ask("GET", answer.headers["location"], headers=HTML).text
    assert "Slack</b>: did not take it. 404 &lt;img" in text
    assert "Make it anew." in text
    assert "Make it anew." not in console.page("/system").text


def test_the_last_test_of_a_visitor_is_remembered(console: Console, behind: Each) -> None:
    (behind.by_name["alerts"] or {})["/v1/channels/test"] = {"results": []}
    for _ in range(2):
        assert sent_back(console.send("/system/channels/test")) == "tested.0.0"
    assert len(console.app.state.trials) == 1


@pytest.mark.parametrize("act", ["dead-letters/replay", "dead-letters/dismiss", "channels/test"])
def test_who_may_only_read_has_no_buttons_and_is_refused(console: Console, behind: Each, act: str) -> None:
    console.sign_in(READ)

    text = console.page("/system").text
    assert 'action="/system' not in text
    assert "Your key reads only" in text
    assert console.send(f"/system/{act}").status_code == 403
    assert behind.told == []
