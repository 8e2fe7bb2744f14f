"""Signing in to the console, and what it shows to whom, over HTTP with stand-ins for the services behind it."""

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest
from fastapi import FastAPI

from services.console.app import create_app
from services.console.reading import Services
from services.console.routes.visitor import COOKIE
from services.console.sessions import LASTS_S, MOST, Sessions
from shared.auth import KeyRing, StoredKey, hash_key, write_snapshot
from shared.settings import Settings
from tests.shared_data import ROOT

READ, WRITE, OTHER = "rk_reads_everything", "wk_writes_only_here", "rk_of_another_tenant"
HTML = {"accept": "text/html"}
MAP = (ROOT / "deploy" / "maps" / "demo.yaml").read_text()
NASTY = "<img src=x onerror=alert(1)>"
ALERT = {
    "ids": [f"user:{NASTY}"],
    "customer": 7,
    "map": "onboarding",
    "about": "contract",
    "reason": f"Waits {NASTY}.",
    "since": "2026-03-04T09:05:00Z",
    "rule": "stall",
    "next": {"step": "contract", "why": NASTY, "owner": "sales"},
    "owner": "sales",
    "severity": "high",
    "status": "open",
}
STATUS = {"behind": 0, "judged_until": "2026-03-04T09:00:00Z", "now": "2026-03-05T09:00:00Z", "wrong": None}
POSITIONS = {
    "map": "onboarding",
    "title": "From first visit to renewal",
    "version": 1,
    "open": 12,
    "states": {"open": 12, "lost": 2},
    "steps": {"contract": {"here": 12, "stalled": 5}},
}
CUSTOMER = {
    "customer": 7,
    "ids": [f"user:{NASTY}"],
    "journeys": [
        {
            "map": "onboarding",
            "position": {"steps": ["contract"], "since": "2026-03-01T00:00:00Z"},
            "stall": {"step": "contract", "text": "Waits too long."},
            "deviations": [{"text": "Never had Offer.", "status": "open"}],
        }
    ],
}

Answers = dict[str, Any]


def answers() -> Answers:
    """Return what the services behind the console answer, by path."""
    return {
        "/v1/maps": {"maps": [{"map": "onboarding"}]},
        "/v1/maps/onboarding": {"yaml": MAP},
        "/v1/maps/onboarding/positions": POSITIONS,
        "/v1/status": STATUS,
        "/v1/alerts": {"alerts": [ALERT] * 12, "next": None},
        "/v1/customers": {"customers": [CUSTOMER], "next": None},
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
        answer = self.said.get(request.url.path)
        if after := request.url.params.get("after"):
            answer = self.said[f"{request.url.path}?after={after}"]
        if answer is None:
            message = "refused"
            raise httpx.ConnectError(message)
        if isinstance(answer, int):
            return httpx.Response(answer, json={"code": "x", "message": "It is being repaired."})
        return httpx.Response(200, json=answer)


class Console:
    """A console in process, asked as a browser or a program asks."""

    def __init__(self, folder: Path, said: Answers) -> None:
        """Give it keys and services."""
        keys = [
            StoredKey("a", hash_key(READ), "read", ""),
            StoredKey("a", hash_key(WRITE), "write", "app"),
            StoredKey("b", hash_key(OTHER), "read", ""),
        ]
        write_snapshot(folder, keys)
        self.folder = folder
        self.settings = Settings(data=folder)
        self.app: FastAPI = create_app(self.settings)
        self.behind = Behind(said)
        self.cookies = httpx.Cookies()

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:  # noqa: ANN401 (httpx's own)
        """Make one request."""
        return asyncio.run(self._ask(method, path, more))

    async def _ask(self, method: str, path: str, more: dict[str, Any]) -> httpx.Response:
        async with httpx.AsyncClient(transport=self.behind) as upstream:
            self.app.state.services = Services(self.settings, upstream)
            transport = httpx.ASGITransport(app=self.app)
            async with httpx.AsyncClient(
                transport=transport, base_url="http://127.0.0.1:8700", cookies=self.cookies
            ) as http:
                answer = await http.request(method, path, **more)
                self.cookies = http.cookies
                return answer

    def sign_in(self, token: str = READ, **headers: str) -> httpx.Response:
        """Send the form."""
        return self.ask("POST", "/sign-in", data={"token": token}, headers={**HTML, **headers})


@pytest.fixture
def console(tmp_path: Path) -> Console:
    return Console(tmp_path, answers())


def test_without_signing_in_a_browser_gets_401_and_a_page_that_says_what_to_do(console: Console) -> None:
    answer = console.ask("GET", "/", headers=HTML)

    assert answer.status_code == 401
    assert 'action="/sign-in"' in answer.text
    assert "<code>keys.json</code> in the data folder" in answer.text
    assert str(console.folder) not in answer.text
    assert console.behind.asked == []


@pytest.mark.parametrize("path", ["/", "/static/waypost.css", "/static/console.js"])
def test_without_a_key_nothing_is_served_not_even_the_sheet(console: Console, path: str) -> None:
    answer = console.ask("GET", path)

    assert answer.status_code == 401
    assert answer.json()["code"] == "unauthorized"


def test_signing_in_sets_a_cookie_that_scripts_and_other_sites_cannot_use_and_that_is_not_the_token(
    console: Console,
) -> None:
    answer = console.sign_in()
    cookie = answer.headers["set-cookie"]

    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert {"HttpOnly", "SameSite=strict", "Path=/", f"Max-Age={LASTS_S}"} <= {
        part.strip() for part in cookie.split(";")
    }
    assert READ not in cookie


def test_who_signed_in_sees_the_page_and_the_services_are_asked_with_their_token_alone(console: Console) -> None:
    console.sign_in()
    answer = console.ask("GET", "/", headers=HTML)

    assert answer.status_code == 200
    assert "<b>12 customers</b> are on the way" in answer.text
    assert "5 stalled" in answer.text
    assert "Stalls judged up to <b>4 Mar 2026, 09:00:00 UTC</b>" in answer.text
    assert {key for _, key in console.behind.asked} == {f"Bearer {READ}"}


def test_a_program_may_send_its_token_instead(console: Console) -> None:
    assert console.ask("GET", "/", headers={"authorization": f"Bearer {OTHER}"}).status_code == 200
    assert {key for _, key in console.behind.asked} == {f"Bearer {OTHER}"}


@pytest.mark.parametrize(
    ("token", "status", "said"), [("nonsense", 401, "No such token"), (WRITE, 403, "scope `read`")]
)
def test_a_token_that_does_not_open_the_pages_is_refused_in_words(
    console: Console, token: str, status: int, said: str
) -> None:
    answer = console.sign_in(token)

    assert answer.status_code == status
    assert said in answer.text
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("body", [b"", b"token=", b"token=" + b"x" * 5000, b"\xff\xfe", b"other=1", b"token=a" * 900])
def test_a_form_without_a_token_or_far_too_large_is_refused(console: Console, body: bytes) -> None:
    answer = console.ask("POST", "/sign-in", content=body, headers=HTML)

    assert answer.status_code == 401


@pytest.mark.parametrize(
    "headers", [{"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"}, {"origin": "http://evil.example"}]
)
def test_forms_that_another_site_sends_are_refused(console: Console, headers: dict[str, str]) -> None:
    assert console.sign_in(READ, **headers).status_code == 403
    console.sign_in()
    assert console.ask("POST", "/sign-out", headers=headers).status_code == 403
    assert console.ask("GET", "/", headers=HTML).status_code == 200


def test_forms_of_the_console_itself_are_taken(console: Console) -> None:
    assert (
        console.sign_in(READ, **{"sec-fetch-site": "same-origin", "origin": "http://127.0.0.1:8700"}).status_code == 303
    )


def test_signing_out_ends_the_session_for_good(console: Console) -> None:
    console.sign_in()
    session = console.cookies[COOKIE]
    console.ask("POST", "/sign-out", headers=HTML)
    console.cookies.set(COOKIE, session)

    assert console.ask("GET", "/", headers=HTML).status_code == 401


def test_a_revoked_token_ends_its_sessions(console: Console) -> None:
    console.sign_in()
    write_snapshot(console.folder, [StoredKey("b", hash_key(OTHER), "read", "")])

    assert console.ask("GET", "/", headers=HTML).status_code == 401


def test_the_policy_of_a_page_lets_nothing_foreign_and_nothing_inline_in(console: Console) -> None:
    refused = console.ask("GET", "/", headers=HTML)
    console.sign_in()
    shown = console.ask("GET", "/", headers=HTML)
    nonces = re.findall(r"'nonce-([^']+)'", refused.headers["content-security-policy"])

    assert len(nonces) == 1
    assert f'<style nonce="{nonces[0]}">' in refused.text
    for answer in (refused, shown):
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'")
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["cache-control"] == "no-store"
        assert not re.search(r"<script(?![^>]*src=)|<[^>]*\s(on\w+|style)=", answer.text)
    assert "<style" not in shown.text


def test_everything_that_comes_from_outside_is_escaped(console: Console) -> None:
    console.sign_in()
    page = console.ask("GET", "/", params={"step": "contract"}, headers=HTML)
    no_map = console.ask("GET", "/", params={"map": NASTY}, headers=HTML)

    assert (page.status_code, no_map.status_code) == (200, 404)
    assert "<img" not in page.text + no_map.text
    assert page.text.count("&lt;img src=x onerror=alert(1)&gt;") >= 3
    assert "&lt;img src=x onerror=alert(1)&gt;" in no_map.text


def test_a_map_that_is_not_published_is_said_with_those_that_are(console: Console) -> None:
    console.sign_in()
    answer = console.ask("GET", "/", params={"map": "nope"}, headers=HTML)

    assert answer.status_code == 404
    assert "There is no map nope" in answer.text
    assert 'href="?map=onboarding"' in answer.text


BOTH = {"/v1/maps": {"maps": [{"map": "onboarding"}, {"map": "renewal"}]}}
OTHER_ALERT = ALERT | {"map": "renewal", "ids": ["user:of-renewal"]}


def shown_with(folder: Path, said: Answers) -> str:
    """Return the page that somebody signed in sees."""
    console = Console(folder, answers() | said)
    console.sign_in()
    return console.ask("GET", "/", headers=HTML).text


def test_alerts_of_other_maps_are_counted_and_linked_not_listed(tmp_path: Path) -> None:
    alerts = [ALERT, OTHER_ALERT, OTHER_ALERT]
    text = shown_with(tmp_path, BOTH | {"/v1/alerts": {"alerts": alerts, "next": None}})

    assert "1 needs somebody" in text
    assert "of-renewal" not in text
    assert '<a href="?map=renewal">2 more on renewal</a>' in text


def test_a_map_without_alerts_says_so_though_others_have_some(tmp_path: Path) -> None:
    text = shown_with(tmp_path, BOTH | {"/v1/alerts": {"alerts": [OTHER_ALERT], "next": None}})

    assert "Nobody on this map needs somebody now" in text
    assert '<a href="?map=renewal">1 on renewal</a>' in text


def test_alerts_of_the_map_are_found_behind_a_page_of_another_map(tmp_path: Path) -> None:
    pages = {
        "/v1/alerts": {"alerts": [OTHER_ALERT] * 3, "next": "2"},
        "/v1/alerts?after=2": {"alerts": [ALERT, ALERT], "next": None},
    }
    text = shown_with(tmp_path, BOTH | pages)

    assert "2 need somebody" in text
    assert "3 more on renewal" in text


def test_alerts_without_end_are_read_within_bounds_and_said_to_be_more(tmp_path: Path) -> None:
    endless = {"alerts": [ALERT] * 30, "next": "2"}
    text = shown_with(tmp_path, {"/v1/alerts": endless, "/v1/alerts?after=2": endless})

    assert "120+ need somebody" in text
    assert "<summary>90 more, and further ones</summary>" in text


@pytest.mark.parametrize(
    ("why", "words"),
    [
        ("Get it soon and whole", "<b>First box</b>: Get it soon and whole · care<"),
        ("next", "<b>First box</b> · care<"),
    ],
)
def test_the_next_step_is_named_once_with_its_need_and_owner(tmp_path: Path, why: str, words: str) -> None:
    alert = ALERT | {"next": {"step": "first-box", "why": why, "owner": "care"}}

    assert words in shown_with(tmp_path, {"/v1/alerts": {"alerts": [alert], "next": None}})


@pytest.mark.parametrize(("alerts", "said"), [(4, True), (5, False)])
def test_more_stalled_than_alerts_is_explained(tmp_path: Path, alerts: int, *, said: bool) -> None:
    found = [ALERT | {"customer": number} for number in range(alerts)]
    text = shown_with(tmp_path, {"/v1/alerts": {"alerts": found, "next": None}})

    assert ("stalls learned of long after raise no alarm" in text) is said


def test_steps_have_their_titles_even_where_the_map_cannot_be_drawn(tmp_path: Path) -> None:
    alert = ALERT | {"about": "first-box"}
    said = {
        "/v1/maps/onboarding": {"yaml": "path: [{any_of: [a]}]"},
        "/v1/alerts": {"alerts": [alert], "next": None},
    }

    assert "<small>First box</small>" in shown_with(tmp_path, said)


def test_a_step_opens_to_those_who_stand_there(console: Console) -> None:
    console.sign_in()
    answer = console.ask("GET", "/", params={"step": "contract"}, headers=HTML)

    assert "Contract: who stands here" in answer.text
    assert "Waits too long." in answer.text
    assert "Never had Offer." in answer.text
    assert "who stands here" not in console.ask("GET", "/", params={"step": "no-such-step"}, headers=HTML).text


def test_the_first_alerts_are_open_and_the_others_one_click_away(console: Console) -> None:
    console.sign_in()
    answer = console.ask("GET", "/", headers=HTML)

    assert "<summary>2 more</summary>" in answer.text
    assert "12 need somebody" in answer.text


@pytest.mark.parametrize(
    ("said", "status", "words"),
    [
        ({"/v1/maps": {"maps": []}}, 200, "No map is published yet"),
        ({"/v1/maps": None}, 503, "The journey service does not answer."),
        ({"/v1/maps/onboarding/positions": 503}, 503, "It is being repaired."),
        ({"/v1/alerts": None}, 200, "The alerts service does not answer. The alerts are missing here; they are kept."),
        ({"/v1/alerts": {"alerts": [], "next": None}}, 200, "Nobody needs somebody now"),
        ({"/v1/customers": None}, 200, "Every step in numbers"),
        ({"/v1/maps/onboarding": {"yaml": "path: [{any_of: [a]}]"}}, 200, "This map cannot be drawn here"),
        (
            {"/v1/maps/onboarding/positions": POSITIONS | {"open": 0, "states": {}, "steps": {}}},
            200,
            "Nobody is on the map yet. Send one touchpoint.",
        ),
        ({"/v1/status": STATUS | {"judged_until": "1970-01-01T00:00:00Z"}}, 200, "Nothing has been judged yet"),
        ({"/v1/status": STATUS | {"wrong": "the log is of another installation"}}, 200, "of another installation"),
        ({"/v1/maps": {"maps": [{"map": "onboarding"}, {"map": "renewal"}]}}, 200, 'href="?map=renewal"'),
    ],
)
def test_what_is_missing_is_said_and_the_rest_is_shown(tmp_path: Path, said: Answers, status: int, words: str) -> None:
    console = Console(tmp_path, answers() | said)
    console.sign_in()
    answer = console.ask("GET", "/", params={"step": "contract"}, headers=HTML)

    assert answer.status_code == status
    assert words in answer.text


def test_the_oldest_session_makes_room_and_names_cannot_be_guessed(tmp_path: Path) -> None:
    write_snapshot(tmp_path, [StoredKey("a", hash_key(READ), "read", "")])
    sessions = Sessions(KeyRing(tmp_path))
    names = [sessions.open(READ) for _ in range(MOST + 1)]

    assert len(set(names)) == MOST + 1
    assert sessions.token(names[0]) == ""
    assert sessions.token(names[1]) == READ
    assert min(map(len, names)) >= 32
    assert sessions.token("") == ""


def test_the_page_is_readable_without_script(console: Console) -> None:
    console.sign_in()
    text = console.ask("GET", "/", headers=HTML).text

    assert '<noscript><meta http-equiv="refresh"' in text
    assert text.count('<svg class="drawn') == 2
    assert json.dumps(POSITIONS["open"]) in text
