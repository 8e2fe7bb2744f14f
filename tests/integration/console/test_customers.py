"""What the list of customers and the page of one say, over HTTP with stand-ins for the services behind them."""

import re
from html import unescape
from pathlib import Path

import pytest

from tests.integration.console.consoles import (
    ALERT,
    BOTH,
    BY_ID,
    CUSTOMER,
    JOURNEY,
    PATH,
    PATH_OF_JOURNEY,
    UNDRAWN,
    Answers,
    Console,
    answers,
    shown,
    touchpoint,
)


@pytest.fixture
def console(tmp_path: Path) -> Console:
    made = Console(tmp_path, answers())
    made.sign_in()
    return made


def test_a_customer_is_found_by_an_id_and_nobody_or_many_are_said(tmp_path: Path) -> None:
    said = {
        "/v1/customers": {"customers": [], "next": None},
        "/v1/customers/42": CUSTOMER | {"ids": ["user:42"]},
        "/v1/customers/7": (409, {"code": "ambiguous", "message": "more", "candidates": ["user:7", "account:7"]}),
    }
    console = Console(tmp_path, answers() | said)
    console.sign_in()
    found, many, nobody = (console.page("/customers", q=q) for q in (" 42 ", "7", "nobody/<b>"))

    assert (found.status_code, found.headers["location"]) == (303, "/customers/user%3A42")
    assert many.status_code == 409
    assert '<a href="/customers/account%3A7"><bdi>account:7</bdi></a>' in many.text
    assert nobody.status_code == 404
    assert "Nobody is known as <bdi>nobody/&lt;b&gt;</bdi>" in nobody.text
    assert "by a part of their name" in nobody.text


@pytest.mark.parametrize(
    ("count", "q", "location"),
    [(1, "nord", "/customers/user%3A42"), (2, "nord & co", "/customers?name=nord+%26+co"), (2, "x" * 300, None)],
)
def test_a_customer_is_found_by_a_part_of_the_name_and_of_several_one_chooses(
    tmp_path: Path, count: int, q: str, location: str | None
) -> None:
    said: Answers = {"/v1/customers": {"customers": [CUSTOMER | {"ids": ["user:42"]}] * count, "next": None}}
    console = Console(tmp_path, answers() | said)
    console.sign_in()
    answer = console.page("/customers", q=q)

    assert answer.headers.get("location") == location
    assert answer.status_code == (303 if location else 404)
    if location and count > 1:
        listed = console.page("/customers", name=q).text
        assert "with <b><bdi>nord &amp; co</bdi></b> in their name" in listed
        assert 'href="/customers?state=lost&amp;name=nord+%26+co"' in listed


def test_a_choice_that_does_not_exist_is_refused_in_words(console: Console) -> None:
    answer = console.page("/customers", state="dancing")

    assert answer.status_code == 422
    assert "state is one of open, completed, reached, lost" in answer.text


def test_the_list_goes_on_where_it_ended_and_keeps_its_choice(tmp_path: Path) -> None:
    page = shown(
        tmp_path,
        "/customers",
        {"/v1/customers": {"customers": [CUSTOMER], "next": "a/b"}},
        map="onboarding",
        stall="overdue",
    )

    assert 'href="/customers?map=onboarding&amp;stall=overdue&amp;after=a%2Fb"' in page


ALL = {"map": "onboarding", "stall": "overdue"}


@pytest.mark.parametrize(
    ("params", "offered"),
    [({"stall": "overdue"}, False), (ALL, True), (ALL | {"order": "longest"}, True), ({"order": "longest"}, False)],
)
def test_who_waits_longest_is_offered_on_a_map_alone(tmp_path: Path, params: dict[str, str], *, offered: bool) -> None:
    page = shown(tmp_path, "/customers", BOTH, **params)
    links = [unescape(each) for each in re.findall(r'href="([^"]*order=longest[^"]*)"', page)]

    assert bool(links) is offered
    assert all("map=" in link for link in links)


def test_where_there_is_one_map_who_waits_longest_is_offered_at_once(console: Console) -> None:
    assert (
        'href="/customers?map=onboarding&amp;state=open&amp;order=longest"'
        in console.page("/customers", state="open").text
    )


@pytest.mark.parametrize(("more", "named"), [({}, False), (BOTH, True)], ids=["one map", "two maps"])
def test_a_list_names_the_map_of_each_only_where_there_are_several(tmp_path: Path, more: Answers, named: bool) -> None:  # noqa: FBT001 (a column)
    titled = {
        "/v1/customers": {"customers": [CUSTOMER | {"journeys": [JOURNEY | {"title": "To value"}]}], "next": None}
    }
    made = Console(tmp_path, answers() | titled | more)
    made.sign_in()

    assert ("To value" in made.page("/customers").text) is named


def test_a_customers_page_says_where_they_stand_what_comes_next_and_what_proves_it(console: Console) -> None:
    text = console.page("/customers/user:7").text

    assert "Stands at <b>Contract</b>, last moved on 1\N{NO-BREAK SPACE}Mar" in text
    assert "Waits too long.</b> Contract was due on 4\N{NO-BREAK SPACE}Mar." in text
    assert "<dt>Possible since</dt><dd>28\N{NO-BREAK SPACE}Feb, 00:00</dd>" in text
    assert '<p class="what"><bdi>Contract</bdi></p>' in text
    assert "be sure of terms and price" in text
    assert "<p><bdi>Their move; sales can help</bdi></p>" in text
    assert "3 · First report" in text
    assert "<dd>4\N{NO-BREAK SPACE}d, as the map plans it</dd>" in text
    assert "Never had Offer." in text
    assert '<span class="tag act">act now</span>' in text
    assert 'href="/inbox/5"' in text
    assert text.count('<path class="taken"') == 1  # the legend's: one step alone is no way yet
    assert text.count('class="spot missing"') == 2
    assert "3 touchpoints from 1 source" in text
    assert "\N{MULTIPLICATION SIGN} 2" in text
    assert "Offer never came" in text
    assert "19\N{NO-BREAK SPACE}d without a touchpoint" in text


def test_the_alert_of_the_journey_that_is_shown_opens_beside_the_next_step_and_is_said_where_no_stall_is(
    tmp_path: Path,
) -> None:
    skipped = {"rule": "prerequisite_skipped", "reason": "Went on without."}
    said = answers() | {
        BY_ID: CUSTOMER | {"journeys": [JOURNEY | {"stall": None}]},
        "/v1/alerts": {"alerts": [ALERT | {"journey": "7/renewal/1"}, ALERT | skipped | {"alert": 6}], "next": None},
    }
    made = Console(tmp_path, said)
    made.sign_in()
    text = made.page("/customers/user:7").text

    assert '<a class="button primary" href="/inbox/6">Open the alert</a>' in text
    assert '<b class="alarm-t">Went on without.</b>' in text


def test_the_owner_of_an_alert_has_the_move_on_both_pages_and_who_acknowledged_it_looks_after_it(
    tmp_path: Path,
) -> None:
    taken = ALERT | {"owner": "dana", "status": "acknowledged", "acknowledged_by": "Erik"}
    said = {"/v1/alerts": {"alerts": [taken], "next": None}, "/v1/alerts/5": taken}
    one, alert = shown(tmp_path, "/customers/user:7", said), shown(tmp_path, "/inbox/5", said)

    assert "owner: <bdi>dana</bdi> · <bdi>Erik looks after it</bdi>" in one
    for page in (one, alert):
        assert "<bdi>Their move; dana can help</bdi>" in page
        assert "<bdi>Erik looks after it" in page


LEFT = JOURNEY | {"state": "lost", "route": None, "ended_at": "2026-03-02T00:00:00Z"}
BLOCKED = JOURNEY | {"route": None, "blocker": "Offer is missing"}
RENEWING = JOURNEY | {"journey": "7/renewal/1", "map": "renewal", "title": "Renewal"}
ON_NO_MAP = {BY_ID: CUSTOMER | {"journeys": []}, f"{BY_ID}/timeline": {"touchpoints": [touchpoint("Seen", 3)]}}


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (ON_NO_MAP, "On no map"),
        (ON_NO_MAP, "<bdi>Seen</bdi>"),
        ({BY_ID: CUSTOMER | {"unjudged": "its history is too long"}}, "could not be judged: its history is too long"),
        ({f"{BY_ID}/path": None}, "What each touchpoint counted as cannot be shown now."),
        ({"/v1/alerts": None}, "The alerts of this customer cannot be shown now."),
        ({"/v1/maps/onboarding": UNDRAWN}, "The way cannot be drawn"),
        ({"/v1/maps/onboarding": 404}, "The way cannot be drawn"),
        ({"/v1/status": None}, "Stands at"),
        ({BY_ID: CUSTOMER | {"journeys": [LEFT]}}, "Left on 2\N{NO-BREAK SPACE}Mar"),
        ({BY_ID: CUSTOMER | {"journeys": [BLOCKED]}}, "No way leads on"),
        ({BY_ID: CUSTOMER | {"journeys": [JOURNEY, RENEWING]}}, "?journey=renewal/1"),
    ],
)
def test_what_is_missing_of_a_customer_is_said_and_the_rest_is_shown(tmp_path: Path, said: Answers, words: str) -> None:
    console = Console(tmp_path, answers() | said)
    console.sign_in()
    answer = console.page("/customers/user:7")

    assert answer.status_code == 200
    assert words in answer.text


def test_a_huge_history_is_bounded_with_a_link_for_more(tmp_path: Path) -> None:
    moves = [
        {"kind": "unmapped", "step": "", "title": "", "touchpoint": touchpoint(f"Event {n}", 1 + n % 28)}
        for n in range(5000)
    ]
    path = PATH | {"journeys": [PATH_OF_JOURNEY | {"moves": moves}]}
    console = Console(tmp_path, answers() | {f"{BY_ID}/path": path})
    console.sign_in()
    short, long = console.page("/customers/user:7").text, console.page("/customers/user:7", more="true").text

    assert "5,000 touchpoints" in short
    assert "the newest 60" in short
    assert "Show the newest 2,000" in short
    assert short.count('<li class="unmapped">') == 60
    assert long.count('<li class="unmapped">') == 2000


def test_a_member_of_an_account_is_shown_the_way_to_it(tmp_path: Path) -> None:
    member = CUSTOMER | {"ids": ["user:7"], "journeys": [], "accounts": ["account:a&b"]}
    alerts: dict[str, object] = {"alerts": [], "next": None}
    said: Answers = {"/v1/customers": {"customers": [member], "next": None}, "/v1/customers/user:7": member}
    console = Console(tmp_path, answers() | said | {"/v1/alerts": alerts})
    console.sign_in()
    text = console.page("/customers/user:7").text

    assert 'they belong to <a href="/customers/account%3Aa%26b"><bdi>account:a&amp;b</bdi></a>' in text
    assert "None of their own." in text
    assert "member of a&amp;b" in console.page("/customers").text


def test_of_several_journeys_a_list_shows_the_one_that_is_as_chosen(tmp_path: Path) -> None:
    nowhere: dict[str, object] = {"steps": [], "titles": [], "after": "live", "stage": None, "since": None}
    ended = JOURNEY | {"state": "completed", "ended_at": "2026-11-20T00:00:00Z", "stall": None, "position": nowhere}
    both = CUSTOMER | {"journeys": [ended, JOURNEY]}
    console = Console(tmp_path, answers() | {"/v1/customers": {"customers": [both], "next": None}})
    console.sign_in()

    assert 'data-l="At">at the end' in console.page("/customers", state="completed").text
    assert 'data-l="At">at the end' not in console.page("/customers", outcome="open").text


def test_who_is_on_no_map_is_listed_without_what_is_known_of_journeys(tmp_path: Path) -> None:
    console = Console(tmp_path, answers() | {"/v1/customers": {"customers": [CUSTOMER | {"journeys": []}], "next": 7}})
    console.sign_in()
    text = console.page("/customers", on_no_map="true", state="open").text

    assert "<h1>Who is on no map</h1>" in text
    assert "None of their events opens a journey, in the order in which they came." in text
    assert 'href="/customers?on_no_map=true&amp;after=7"' in text
    assert "Stall" not in text.partition("<table")[0]
