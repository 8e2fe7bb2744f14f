"""The inbox and what is done in it, over HTTP with stand-ins for the services behind it."""

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx2 as httpx
import pytest

from tests.integration.console.consoles import ADMIN, ALERT, HTML, NASTY, NOW, READ, STATUS, Behind, Console, answers

FULL = ALERT | {
    "acknowledged_by": None,
    "snoozed_until": None,
    "numbers": {"attempts": 3},
    "proof": [{"event": NASTY, "event_id": "1", "source": NASTY, "occurred_at": "2026-03-01T00:00:00Z"}],
    "trail": [{"trail": 1, "at": NOW, "change": "resolved", "because": {"by": NASTY, "reason": NASTY}}],
}
SUMMARY = {
    "live": 5,
    "open": 3,
    "acknowledged": 1,
    "snoozed": 1,
    "by_rule": {"stall": 3},
    "by_severity": {"high": 3},
    "by_owner": {NASTY: 3},
    "by_map": {"onboarding": 2, NASTY: 1},
}


class Acted(Behind):
    """Services that also remember what they were told to change, and with which parameters they were asked."""

    def __init__(self, said: dict[str, object]) -> None:
        """Answer by path."""
        super().__init__(said)
        self.told: list[tuple[str, bytes]] = []
        self.params: dict[str, httpx.QueryParams] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        self.params[request.url.path] = request.url.params
        if request.method == "POST":
            self.told.append((request.url.path, await request.aread()))
        if request.url.params.get("format") == "csv":
            return httpx.Response(200, content=b"alert,severity\r\n5,high\r\n")
        return await super().handle_async_request(request)


@pytest.fixture
def behind() -> Acted:
    """Return services with three alerts."""
    said = answers() | {
        "/v1/alerts": {"alerts": [FULL, FULL | {"alert": 6, "status": "acknowledged"}], "next": "2.0.6"},
        "/v1/alerts/summary": SUMMARY,
        "/v1/alerts/5": FULL,
        "/v1/alerts/5/acknowledge": FULL,
        "/v1/alerts/5/snooze": FULL,
        "/v1/alerts/5/resolve": FULL,
        "/v1/status": STATUS,
    }
    return Acted(said)


@pytest.fixture
def console(tmp_path: Path, behind: Acted) -> Console:
    """Return a console that somebody who may change things has signed in to."""
    found = Console(tmp_path, {})
    found.behind = behind
    found.sign_in(ADMIN, "Ada")
    return found


def sent_back(answer: httpx.Response) -> tuple[str, str]:
    """Return the page that an answer leads to, and what it will say."""
    assert answer.status_code == 303, answer.text
    parts = urlsplit(answer.headers["location"])
    return parts.path, parse_qs(parts.query)["said"][0]


def led_to(console: Console, answer: httpx.Response) -> str:
    """Return the page that an answer leads to."""
    return console.ask("GET", answer.headers["location"], headers=HTML).text


def test_the_list_asks_for_what_the_address_says_and_leads_on(console: Console, behind: Acted) -> None:
    answer = console.page("/inbox", state="closed", map="onboarding", rule="stall", owner="-", severity="high")

    assert answer.status_code == 200
    asked = dict(behind.params["/v1/alerts"])
    assert asked == {
        "status": "resolved,ended,withdrawn",
        "map": "onboarding",
        "rule": "stall",
        "owner": "-",
        "severity": "high",
        "limit": "50",
    }
    follows = "/inbox?state=closed&amp;map=onboarding&amp;rule=stall&amp;owner=-&amp;severity=high&amp;after=2.0.6"
    assert f'href="{follows}"' in answer.text


def test_names_of_strangers_are_words_on_every_page_of_the_inbox(console: Console) -> None:
    for path, owner in (("/inbox", ""), ("/inbox/5", ""), ("/inbox", NASTY)):
        answer = console.page(path, owner=owner)
        assert answer.status_code == 200
        assert NASTY not in answer.text
        assert "&lt;img" in answer.text


@pytest.mark.parametrize("params", [{"state": "gone"}, {"state": NASTY}, {"map": "x" * 500}])
def test_a_list_that_cannot_be_is_refused_with_what_can(console: Console, params: dict[str, str]) -> None:
    answer = console.page("/inbox", **params)

    assert answer.status_code == 422
    assert NASTY not in answer.text


@pytest.mark.parametrize(("path", "status"), [("/inbox/0", 422), ("/inbox/x", 422), ("/inbox/9", 404)])
def test_an_alert_that_is_not_there_is_answered_with_a_page(console: Console, path: str, status: int) -> None:
    answer = console.page(path)

    assert answer.status_code == status
    assert "<h1>" in answer.text


def test_without_the_counts_and_the_maps_the_list_stands(console: Console, behind: Acted) -> None:
    behind.said |= {"/v1/alerts/summary": None, "/v1/maps/onboarding": 503}
    answer = console.page("/inbox")

    assert answer.status_code == 200
    assert "The counts cannot be shown now" in answer.text


def test_without_the_alerts_the_page_says_that_nothing_is_lost(console: Console, behind: Acted) -> None:
    behind.said["/v1/alerts"] = None

    assert console.page("/inbox").status_code == 503


@pytest.mark.parametrize(
    ("act", "fields", "told", "said"),
    [
        ("acknowledge", {}, b'{"by":"Ada"}', "acknowledged.5"),
        (
            "snooze",
            {"until": "tomorrow", "reason": " on leave "},
            b'{"by":"Ada","until":"2026-03-06T08:00:00+00:00","reason":"on leave"}',
            "snoozed.5",
        ),
        (
            "snooze",
            {"until": "tomorrow", "day": "2026-04-01"},
            b'{"by":"Ada","until":"2026-04-01T08:00:00+00:00","reason":""}',
            "snoozed.5",
        ),
        ("resolve", {"reason": "done"}, b'{"by":"Ada","reason":"done"}', "resolved.5"),
        ("resolve", {"reason": "done", "more": "by phone"}, b'{"by":"Ada","reason":"done: by phone"}', "resolved.5"),
        ("resolve", {"reason": "", "more": "by phone"}, b'{"by":"Ada","reason":"by phone"}', "resolved.5"),
    ],
)
def test_an_act_is_done_in_the_visitors_name_and_leads_back_with_a_line(
    console: Console, behind: Acted, act: str, fields: dict[str, str], told: bytes, said: str
) -> None:
    answer = console.send(f"/inbox/5/{act}", back="/inbox?map=onboarding", **fields)

    assert sent_back(answer) == ("/inbox", said)
    assert "map=onboarding" in answer.headers["location"]
    assert behind.told == [(f"/v1/alerts/5/{act}", told)]
    assert 'role="status"' in led_to(console, answer)


@pytest.mark.parametrize(
    ("act", "fields", "said"),
    [
        ("snooze", {"until": "", "day": ""}, "no-day.5"),
        ("snooze", {"until": "week", "day": "2020-01-01"}, "no-day.5"),
        ("snooze", {}, "no-day.5"),
        ("resolve", {"reason": " ", "more": ""}, "no-reason.5"),
    ],
)
def test_what_cannot_be_done_is_said_and_changes_nothing(
    console: Console, behind: Acted, act: str, fields: dict[str, str], said: str
) -> None:
    assert sent_back(console.send(f"/inbox/5/{act}", **fields)) == ("/inbox/5", said)
    assert behind.told == []


@pytest.mark.parametrize("act", ["acknowledge", "snooze", "resolve"])
def test_an_alert_that_somebody_else_closed_says_so(console: Console, behind: Acted, act: str) -> None:
    behind.said[f"/v1/alerts/5/{act}"] = 409
    answer = console.send(f"/inbox/5/{act}", until="tomorrow", reason="done")

    assert sent_back(answer) == ("/inbox/5", "closed.5")
    assert "was closed before you came to it" in led_to(console, answer)


@pytest.mark.parametrize("to", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "//[", "http://["])
def test_no_form_leads_elsewhere(console: Console, to: str) -> None:
    answer = console.send("/inbox/5/acknowledge", back=to)

    assert answer.headers["location"].startswith("/")
    assert not answer.headers["location"].startswith("//")
    assert '<a href="/inbox">Back to the inbox' in console.page("/inbox/5", to=to).text


def test_who_may_only_read_sees_why_nothing_can_be_changed(console: Console, behind: Acted) -> None:
    console.sign_in(READ, "Ada")
    for path in ("/inbox", "/inbox/5"):
        page = console.page(path)
        assert "Your key reads only" in page.text
        assert 'method="post" action="/inbox' not in page.text
    answer = console.send("/inbox/5/acknowledge")

    assert answer.status_code == 403
    assert "scope <code>admin</code>" in answer.text
    assert behind.told == []


def test_an_act_without_the_sessions_token_is_refused(console: Console, behind: Acted) -> None:
    assert console.send("/inbox/5/acknowledge", "guessed").status_code == 403
    assert behind.told == []


def test_the_csv_is_the_services_own_with_the_same_filters(console: Console, behind: Acted) -> None:
    answer = console.page("/inbox.csv", state="snoozed", owner="csm")

    assert answer.text == "alert,severity\r\n5,high\r\n"
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert dict(behind.params["/v1/alerts"]) == {"status": "snoozed", "owner": "csm", "format": "csv"}


def test_without_the_alerts_there_is_no_half_a_csv(console: Console, behind: Acted) -> None:
    console.behind = Behind(behind.said | {"/v1/alerts": None})
    assert console.page("/inbox.csv").status_code == 503
    console.behind = Behind(behind.said | {"/v1/alerts": 422})
    assert console.page("/inbox.csv").status_code == 422


def test_a_program_acts_without_a_form_token_in_the_name_of_the_console(console: Console, behind: Acted) -> None:
    console.cookies.clear()
    answer = console.ask("POST", "/inbox/5/acknowledge", headers=HTML | {"authorization": f"Bearer {ADMIN}"})

    assert sent_back(answer) == ("/inbox/5", "acknowledged.5")
    assert behind.told == [("/v1/alerts/5/acknowledge", b'{"by":"somebody at the console"}')]
