"""Signing in to the console: with a token, by a link, and out again; whose pages and whose forms."""

import re
from html import unescape
from pathlib import Path

import pytest

from services.console.routes.visitor import NOBODY
from services.console.sessions import LASTS_S, MOST, Sessions
from shared.auth import KeyRing, StoredKey, hash_key, write_snapshot
from tests.integration.console.consoles import ADMIN, FOREIGN, HTML, OTHER, READ, SESSION, WRITE, Console, answers


@pytest.fixture
def console(tmp_path: Path) -> Console:
    return Console(tmp_path, answers())


def test_without_signing_in_a_browser_gets_401_and_a_page_that_says_what_to_do(console: Console) -> None:
    answer = console.page("/customers/user:3", more="1")

    assert answer.status_code == 401
    assert 'action="/sign-in"' in answer.text
    assert '<input type="hidden" name="to" value="/customers/user:3?more=1">' in answer.text
    assert "<code>waypost sign-in</code>" in answer.text
    assert "<code>keys.json</code> in the data folder" in answer.text
    assert str(console.folder) not in answer.text
    assert console.behind.asked == []


def test_an_address_is_come_back_to_as_it_was_whatever_it_holds(console: Console) -> None:
    path = "/customers/user%3A%25%3F%23%5C%C3%A4%00%22"
    answer = console.ask("GET", f"{path}?journey=a%2Fb", headers=HTML)
    to = unescape(answer.text.partition('name="to" value="')[2].partition('"')[0])

    assert to == f"{path.replace('%3A', ':')}?journey=a%2Fb"
    signed = console.ask("POST", "/sign-in", data={"token": READ, "to": to}, headers=HTML)
    assert signed.headers["location"] == to


@pytest.mark.parametrize("path", ["/", "/customers", "/live", "/first-run"])
def test_without_a_key_a_program_gets_401_as_json(console: Console, path: str) -> None:
    answer = console.ask("GET", path)

    assert answer.status_code == 401
    assert answer.json()["code"] == "unauthorized"


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_who_sends_to_the_console_is_told_where_events_go(console: Console, method: str) -> None:
    answer = console.ask(method, "/v1/batch")

    assert answer.status_code == 404
    assert answer.json()["message"] == (
        "/v1/batch: this is the console; events go to http://127.0.0.1:8701,"
        " questions to http://127.0.0.1:8702 or http://127.0.0.1:8703."
    )


def test_the_sheet_and_the_script_need_no_key_and_hold_nothing_of_anybody(console: Console) -> None:
    for path, kind in (("/static/waypost.css", "text/css"), ("/static/console.js", "text/javascript")):
        answer = console.ask("GET", path)
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith(kind)
        assert "immutable" in answer.headers["cache-control"]


def test_signing_in_sets_a_cookie_that_scripts_and_forms_of_others_cannot_use_and_that_is_not_the_token(
    console: Console,
) -> None:
    answer = console.sign_in()
    cookie = answer.headers["set-cookie"]

    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert {"HttpOnly", "SameSite=lax", "Path=/", f"Max-Age={LASTS_S}"} <= {part.strip() for part in cookie.split(";")}
    assert READ not in cookie


@pytest.mark.parametrize(
    ("to", "location"),
    [
        ("/inbox/3?x=1", "/inbox/3?x=1"),
        ("", "/"),
        ("http://evil.example/", "/"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("/a\r\nSet-Cookie: x", "/"),
        ("//[", "/"),
        ("http://[", "/"),
        ("/[?x=[", "/[?x=["),
    ],
)
def test_who_signed_in_goes_on_to_the_page_they_wanted_and_never_elsewhere(
    console: Console, to: str, location: str
) -> None:
    answer = console.ask("POST", "/sign-in", data={"token": READ, "to": to}, headers=HTML)

    assert (answer.status_code, answer.headers["location"]) == (303, location)


def test_the_services_are_asked_with_the_visitors_token_alone(console: Console) -> None:
    console.sign_in()

    assert console.page("/").status_code == 200
    assert {key for _, key in console.behind.asked} == {f"Bearer {READ}"}


def test_a_program_may_send_its_token_instead(console: Console) -> None:
    assert console.ask("GET", "/", headers={"authorization": f"Bearer {OTHER}"}).status_code == 200
    assert {key for _, key in console.behind.asked} == {f"Bearer {OTHER}"}


@pytest.mark.parametrize(
    ("token", "status", "said"), [("nonsense", 401, "No such token"), (WRITE, 403, "scope <code>read</code>")]
)
def test_a_token_that_does_not_open_the_pages_is_refused_in_words(
    console: Console, token: str, status: int, said: str
) -> None:
    answer = console.sign_in(token)

    assert answer.status_code == status
    assert said in answer.text
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 401),
        (b"token=", 401),
        (b"\xff\xfe", 401),
        (b"other=1", 401),
        (b"token=" + b"x" * 5000, 401),
        (b"token=" + b"x" * 50_000, 413),
        (b"&token=a" * 900, 413),
    ],
)
def test_a_form_without_a_token_or_far_too_large_is_refused(console: Console, body: bytes, status: int) -> None:
    assert console.ask("POST", "/sign-in", content=body, headers=HTML).status_code == status


@pytest.mark.parametrize("headers", FOREIGN)
def test_forms_that_another_site_sends_are_refused(console: Console, headers: dict[str, str]) -> None:
    assert console.sign_in(READ, **headers).status_code == 403
    console.sign_in()
    data = {"csrf": console.csrf()}
    assert console.ask("POST", "/sign-out", data=data, headers=headers).status_code == 403
    assert console.page("/").status_code == 200


@pytest.mark.parametrize("csrf", ["", "guessed"])
def test_a_form_without_the_sessions_own_token_is_refused(console: Console, csrf: str) -> None:
    console.sign_in()
    answer = console.send("/sign-out", csrf)

    assert answer.status_code == 403
    assert "reload the page" in answer.text
    assert console.page("/").status_code == 200


def test_the_token_of_one_session_opens_no_form_of_another(console: Console) -> None:
    console.sign_in()
    first = console.csrf()
    console.sign_in()

    assert console.send("/sign-out", first).status_code == 403


def test_forms_of_the_console_itself_are_taken(console: Console) -> None:
    own = {"sec-fetch-site": "same-origin", "origin": "http://127.0.0.1:8700"}

    assert console.sign_in(READ, "", **own).status_code == 303


def test_signing_out_ends_the_session_for_good(console: Console) -> None:
    console.sign_in()
    session = console.cookies[SESSION]
    assert console.send("/sign-out").status_code == 303
    console.cookies.set(SESSION, session)

    assert console.page("/").status_code == 401


def test_a_revoked_token_ends_its_sessions_at_once(console: Console) -> None:
    console.sign_in()
    del console.keys[READ]
    console.publish_keys()

    assert console.page("/").status_code == 401


def test_a_key_that_a_service_no_longer_knows_leads_to_the_page_to_sign_in(console: Console) -> None:
    console.sign_in()
    console.behind.said["/v1/maps"] = 401
    answer = console.page("/")

    assert answer.status_code == 401
    assert 'action="/sign-in"' in answer.text


def test_the_policy_of_a_page_lets_nothing_foreign_and_nothing_inline_in(console: Console) -> None:
    pages = [console.page("/"), console.page("/sign-in")]
    console.sign_in()
    pages += [console.page(path) for path in ("/", "/customers", "/customers/user:7", "/first-run", "/nowhere")]

    for answer in pages:
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'")
        assert "unsafe" not in policy
        assert "nonce" not in policy
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
        tags = re.sub(r'"[^"]*"', '""', answer.text)
        assert not re.search(r"<script(?![^>]*src=)|<[^>]*\s(on\w+|style)=|<style", tags)


def test_who_signs_in_again_ends_the_session_before(console: Console) -> None:
    console.sign_in()
    first = console.cookies[SESSION]
    console.sign_in(ADMIN)

    assert console.app.state.sessions.find(first) is None
    assert console.page("/").status_code == 200


def test_consoles_on_two_ports_of_a_host_have_cookies_of_their_own(tmp_path: Path) -> None:
    names = []
    for port in (8700, 9700):
        console = Console(tmp_path, answers(), port)
        names += [console.sign_in().headers["set-cookie"].partition("=")[0]]

    assert names == ["waypost_session_8700", "waypost_session_9700"]


def test_the_oldest_session_makes_room_and_names_cannot_be_guessed(tmp_path: Path) -> None:
    write_snapshot(tmp_path, [StoredKey("a", hash_key(READ), "read", "")])
    sessions = Sessions(KeyRing(tmp_path))
    names = [sessions.open(READ) for _ in range(MOST + 1)]
    found = sessions.find(names[1])

    assert len(set(names)) == MOST + 1
    assert sessions.find(names[0]) is None
    assert found is not None
    assert found.token == READ
    assert min(map(len, names)) >= 32
    assert sessions.find("") is None


def test_who_said_no_name_acts_under_one_that_says_so(console: Console) -> None:
    console.sign_in()

    assert console.app.state.sessions.find(console.cookies[SESSION]).by == ""
    assert NOBODY == "somebody at the console"
