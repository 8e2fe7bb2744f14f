"""What the pages say and to whom, over HTTP with stand-ins for the services behind them."""

import json
import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from tests.integration.console.consoles import (
    ADMIN,
    ALERT,
    BY_ID,
    CUSTOMER,
    HTML,
    JOURNEY,
    NASTY,
    OVERVIEW,
    PATH,
    PATH_OF_JOURNEY,
    READ,
    STATUS,
    Answers,
    Console,
    answers,
    touchpoint,
)

UNDRAWN = {"yaml": "path: [{any_of: [a]}]"}
BOTH = {"/v1/maps": {"maps": [{"map": "renewal"}, {"map": "onboarding"}]}, "/v1/maps/renewal/positions": {"open": 2}}


def shown(folder: Path, path: str = "/", said: Answers | None = None, token: str = READ, **params: str) -> str:
    """Return the page that somebody signed in sees."""
    console = Console(folder, answers() | (said or {}))
    console.sign_in(token)
    return console.page(path, **params).text


@pytest.fixture
def console(tmp_path: Path) -> Console:
    made = Console(tmp_path, answers())
    made.sign_in()
    return made


@pytest.mark.parametrize("path", ["/", "/customers", "/customers/user:7", "/customers?q=x", "/?map=<img src=x>"])
def test_everything_that_comes_from_outside_is_escaped(console: Console, path: str) -> None:
    page = console.page(path)

    assert "<img" not in page.text
    assert "&lt;img src=x" in page.text or "q=" in path


HIDDEN = "a\x00b\x1bc\x85d\u202ee\u2066f\ufeff"


@pytest.mark.parametrize(
    "path", ["/", "/customers", "/customers/user:7", "/?map=a%00%1b%c2%85%e2%80%ae", "/customers?q=a%00"]
)
def test_what_hides_or_turns_words_stands_on_no_page_as_it_came(tmp_path: Path, path: str) -> None:
    hidden, nasty = json.dumps(HIDDEN)[1:-1], json.dumps(NASTY)[1:-1]
    said = json.loads(json.dumps(answers()).replace("Contract", hidden).replace(nasty, hidden))
    console = Console(tmp_path, said)
    console.sign_in()
    text = console.ask("GET", path, headers=HTML).text

    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]", text)
    assert "\ufffd" in text or "q=" in path


def test_the_map_says_how_many_are_on_the_way_who_is_stalled_and_how_fresh_that_is(tmp_path: Path) -> None:
    text = shown(tmp_path)

    assert "<b>12 customers</b> are on the way" in text
    assert ">5 stalled</a> (42\N{NO-BREAK SPACE}%)" in text
    assert "Stalls judged up to <b>5\N{NO-BREAK SPACE}Mar, 08:00 UTC</b>, 1\N{NO-BREAK SPACE}h ago" in text
    assert "Map version 3" in text
    assert '<span class="disc">1</span>Contract: 5 of 12 stalled' in text
    assert text.count('<svg class="drawn') == 2
    assert 'aria-current="page">Map</a>' in text
    assert "1,234</span>" in text


def test_the_table_has_every_number_of_the_drawing(tmp_path: Path) -> None:
    row = shown(tmp_path).partition('id="step-contract"')[2].partition("</tr>")[0]

    for number in (
        "<b>12</b>",
        ">3<",
        "13\N{NO-BREAK SPACE}d",
        "40\N{NO-BREAK SPACE}d",
        "4d",
        ">5<",
        "(42",
        ">1<",
        "2 failed",
    ):
        assert number in row, number


def test_a_step_opens_to_the_customers_who_stand_there(console: Console) -> None:
    assert 'href="/customers?map=onboarding&amp;step=contract"' in console.page("/").text
    page = console.page("/customers", map="onboarding", step="contract").text

    assert "Who stands at <bdi>Contract</bdi>" in page
    assert "Waits too long." in page
    assert "Never had Offer." in page
    assert '/customers/user%3A%3Cimg%20src%3Dx%20onerror%3Dalert%281%29%3E?journey=onboarding/1"' in page


@pytest.mark.parametrize(
    ("said", "status", "words"),
    [
        ({"/v1/maps": {"maps": []}}, 200, "No map is published yet. Publish one."),
        ({"/v1/maps": None}, 503, "The journey service does not answer."),
        ({"/v1/maps": None}, 503, "<code>waypost status</code> says what is wrong."),
        ({"/v1/maps/onboarding/overview": 503}, 503, "It is being repaired."),
        ({"/v1/alerts": None}, 200, "The alerts cannot be shown now.</b> The alerts service does not answer."),
        ({"/v1/alerts/summary": None}, 200, "Every step in numbers"),
        ({"/v1/alerts": {"alerts": [], "next": None}}, 200, "Nobody on this map needs somebody now"),
        ({"/v1/maps/onboarding": UNDRAWN}, 200, "This map cannot be drawn here"),
        ({"/v1/maps/onboarding/overview": OVERVIEW | {"states": {}, "open": 0}}, 200, "Nobody is on the map yet."),
        ({"/v1/maps/onboarding/overview": OVERVIEW | {"open": 0}}, 200, "Nobody is on the way now."),
        ({"/v1/maps/onboarding/overview": OVERVIEW | {"hot_spots": [], "unmapped": []}}, 200, "has its place"),
        ({"/v1/status": None}, 200, "How fresh this is cannot be said now"),
        ({"/v1/status": STATUS | {"judged_until": "1970-01-01T00:00:00Z"}}, 200, "Nothing has been judged yet"),
        ({"/v1/status": STATUS | {"wrong": "the log is of another installation"}}, 200, "of another installation"),
    ],
)
def test_what_is_missing_on_the_map_is_said_and_the_rest_is_shown(
    tmp_path: Path, said: Answers, status: int, words: str
) -> None:
    console = Console(tmp_path, answers() | said)
    console.sign_in()
    answer = console.page("/")

    assert answer.status_code == status
    assert words in answer.text


def test_of_several_maps_the_busiest_is_shown_and_the_others_are_a_click_away(tmp_path: Path) -> None:
    text = shown(tmp_path, said=BOTH)

    assert '<a href="/?map=onboarding" aria-current="true">onboarding</a>' in text
    assert '<a href="/?map=renewal">renewal</a>' in text


def test_a_map_that_is_not_published_is_said_with_those_that_are(console: Console) -> None:
    answer = console.page("/", map="nope")

    assert answer.status_code == 404
    assert "There is no map <bdi>nope</bdi>" in answer.text
    assert 'href="/?map=onboarding"' in answer.text


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
        stall="any",
    )

    assert 'href="/customers?map=onboarding&amp;stall=any&amp;after=a%2Fb"' in page


ALL = {"map": "onboarding", "stall": "stalled"}


@pytest.mark.parametrize(
    ("params", "offered"),
    [({"stall": "stalled"}, False), (ALL, True), (ALL | {"order": "longest"}, True), ({"order": "longest"}, False)],
)
def test_who_waits_longest_is_offered_on_a_map_alone(tmp_path: Path, params: dict[str, str], *, offered: bool) -> None:
    page = shown(tmp_path, "/customers", BOTH, **params)
    links = [unescape(each) for each in re.findall(r'href="([^"]*order=longest[^"]*)"', page)]

    assert bool(links) is offered
    assert all("map=" in link for link in links)


def test_a_customers_page_says_where_they_stand_what_comes_next_and_what_proves_it(console: Console) -> None:
    text = console.page("/customers/user:7").text

    assert "Stands at <b>Contract</b> since 1\N{NO-BREAK SPACE}Mar" in text
    assert "Waits too long." in text
    assert '<p class="what"><bdi>Contract</bdi></p>' in text
    assert "be sure of terms and price" in text
    assert "<b>Theirs</b>: sales can help" in text
    assert "3 · First report" in text
    assert "<dd>4d, as the map plans it</dd>" in text
    assert "Never had Offer." in text
    assert '<span class="tag act">act now</span>' in text
    assert 'href="/inbox/5"' in text
    assert text.count('<path class="taken"') == 1  # the legend's: one step alone is no way yet
    assert text.count('class="spot missing"') == 2
    assert "3 touchpoints from 1 source" in text
    assert "\N{MULTIPLICATION SIGN} 2" in text
    assert "Offer never came" in text
    assert "19\N{NO-BREAK SPACE}d without a touchpoint" in text


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


def test_first_steps_are_ticked_as_they_are_done(tmp_path: Path) -> None:
    arrived: dict[str, Any] = touchpoint("Signed Up", 3) | {
        "ids": ["user:u-1"],
        "customer": 1,
        "received_at": "2026-02-03T10:00:00Z",
    }
    nothing: Answers = {"/v1/customers": {"customers": []}, "/v1/alerts": {"alerts": []}}
    stages: list[tuple[Answers, int, str]] = [
        (nothing | {"/v1/maps": {"maps": []}}, 0, "No map is published yet"),
        (nothing, 1, "Nobody is on the map yet. Send one touchpoint."),
        (nothing | {"/v1/touchpoints": {"touchpoints": [arrived]}}, 2, "none has opened a journey yet"),
        ({"/v1/touchpoints": {"touchpoints": [arrived]}, "/v1/alerts": {"alerts": []}}, 3, "Customers are on the map."),
        ({"/v1/touchpoints": {"touchpoints": [arrived]}}, 4, "Everything runs"),
    ]
    for said, done, head in stages:
        text = shown(tmp_path, "/first-run", said)
        assert f"{done} of 4 steps are done" in text
        assert head in text
        assert text.count('<li class="done">') == done
        assert ("user%3Au-1" in text) == (done >= 2)


def test_what_to_paste_has_the_right_address_and_the_place_of_the_key_for_who_may_have_it_never_the_key(
    tmp_path: Path,
) -> None:
    reader, admin = shown(tmp_path, "/first-run"), shown(tmp_path, "/first-run", token=ADMIN)

    for text in (reader, admin):
        assert "curl http://127.0.0.1:8701/v1/track -u &#34;$WAYPOST_WRITE_KEY&#34;:" in text or (
            'curl http://127.0.0.1:8701/v1/track -u "$WAYPOST_WRITE_KEY":' in text
        )
        assert "wk_" not in text
    assert str(tmp_path) not in reader
    assert f"<code>{tmp_path / 'keys.json'}</code>" in admin


def test_a_page_that_is_not_there_is_404_in_the_same_look_and_json_for_programs(console: Console) -> None:
    people, program = console.page("/nowhere"), console.ask("GET", "/nowhere")

    assert people.status_code == program.status_code == 404
    assert "There is no such page" in people.text
    assert 'aria-label="Main"' in people.text
    assert program.json()["code"] == "not_found"
    assert console.ask("POST", "/", headers=HTML).status_code == 405


def test_a_failure_of_the_console_itself_shows_no_traceback(tmp_path: Path) -> None:
    console = Console(tmp_path, answers() | {"/v1/maps": {"surprise": 1}})
    console.sign_in()
    answer = console.page("/")

    assert answer.status_code == 500
    assert "This page failed" in answer.text
    assert "Traceback" not in answer.text
    assert "KeyError" not in answer.text


def test_alerts_that_were_named_by_their_customer_are_called_so(tmp_path: Path) -> None:
    named = {"/v1/alerts": {"alerts": [ALERT | {"name": "Nordlicht Energie"}], "next": None}}

    assert "<bdi>Nordlicht Energie</bdi>" in shown(tmp_path, said=named)
