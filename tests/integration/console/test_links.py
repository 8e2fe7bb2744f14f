"""Links that sign in once: who makes them, for which address, and how they end."""

from pathlib import Path

import pytest

from services.console.sessions import LINK_LASTS_S, MOST_LINKS, Links
from tests.integration.console.consoles import ADMIN, FOREIGN, HTML, OTHER, READ, SESSION, WRITE, Console, answers


@pytest.fixture
def console(tmp_path: Path) -> Console:
    return Console(tmp_path, answers())


def link_of(console: Console, token: str = READ) -> str:
    """Have a link made and return its path."""
    answer = console.ask("POST", "/v1/links", headers={"authorization": f"Bearer {token}"})
    assert answer.status_code == 200
    assert answer.json()["url"].startswith("http://127.0.0.1:8700/sign-in/")
    return str(answer.json()["url"]).removeprefix("http://127.0.0.1:8700")


def test_a_link_opens_a_session_once_under_the_name_given_and_only_by_its_button(console: Console) -> None:
    link = link_of(console)
    looked = [console.page(link) for _ in range(3)]  # as previews and scanners of mail do
    opened = console.ask("POST", link, data={"by": "  Ada \t Lovelace "}, headers=HTML)

    assert all(answer.status_code == 200 and f'action="{link}"' in answer.text for answer in looked)
    assert opened.status_code == 303
    assert console.page("/").status_code == 200
    assert console.app.state.sessions.find(console.cookies[SESSION]).by == "Ada Lovelace"
    console.cookies.clear()
    again = console.ask("POST", link, headers=HTML)
    assert again.status_code == 401
    assert "was used or is older than ten minutes" in again.text
    assert console.page(link).status_code == 401


def test_a_link_is_made_for_the_key_that_asked_and_dies_with_it(console: Console) -> None:
    link, other = link_of(console, ADMIN), link_of(console, OTHER)
    del console.keys[ADMIN]
    console.publish_keys()

    assert console.ask("POST", link, headers=HTML).status_code == 401
    console.ask("POST", other, headers=HTML)
    console.page("/")
    assert {key for _, key in console.behind.asked} == {f"Bearer {OTHER}"}


def test_a_link_is_made_for_keys_that_read_alone(console: Console) -> None:
    refused = [
        console.ask("POST", "/v1/links", headers=headers).status_code
        for headers in ({}, {"authorization": "Bearer x"}, {"authorization": f"Bearer {WRITE}"})
    ]

    assert refused == [401, 401, 403]


def test_the_cookie_of_a_session_makes_no_link(console: Console) -> None:
    console.sign_in(ADMIN)

    assert console.ask("POST", "/v1/links").status_code == 401
    assert console.send("/v1/links").status_code == 401


def test_the_address_of_a_link_is_that_of_the_settings_whatever_host_was_asked(console: Console) -> None:
    headers = {"authorization": f"Bearer {READ}", "host": "evil.example"}
    console.app.state.settings = console.settings.model_copy(update={"console_url": "https://waypost.example/"})
    answer = console.ask("POST", "/v1/links", headers=headers)

    assert answer.json()["url"].startswith("https://waypost.example/sign-in/")


@pytest.mark.parametrize("headers", FOREIGN)
def test_another_site_cannot_use_a_link_for_its_visitor(console: Console, headers: dict[str, str]) -> None:
    link = link_of(console)

    assert console.ask("POST", link, headers=headers).status_code == 403
    assert console.ask("POST", link, headers=HTML).status_code == 303


def test_links_are_bounded_and_end_after_ten_minutes() -> None:
    links = Links()
    codes = [links.make(READ) for _ in range(MOST_LINKS + 1)]

    assert LINK_LASTS_S == 600
    assert not links.stands(codes[0])
    assert links.use(codes[1]) == READ
    assert links.use(codes[1]) == ""
    assert links.use("") == ""
