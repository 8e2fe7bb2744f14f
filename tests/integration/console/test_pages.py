"""What the pages say and to whom, over HTTP with stand-ins for the services behind them."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.integration.console.consoles import (
    ADMIN,
    ALERT,
    BOTH,
    HTML,
    NASTY,
    OVERVIEW,
    STATUS,
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


@pytest.mark.parametrize("path", ["/", "/customers", "/customers/user:7", "/customers?q=x", "/?map=<img src=x>"])
def test_everything_that_comes_from_outside_is_escaped(console: Console, path: str) -> None:
    page = console.page(path)

    assert "<img" not in page.text
    assert "&lt;img src=x" in page.text or "q=" in path


COUNTING = {"/v1/maps/onboarding": {"yaml": "{map: m, unmapped: count, path: [contract]}"}}
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

    assert 'state=open&amp;order=longest">12 customers</a></b> are on the way' in text
    assert 'stall=overdue">5 stalled</a> (42\N{NO-BREAK SPACE}%)' in text  # those who are too late among them
    assert 'state=lost">2 journeys</a> left.' in text
    assert "Stalls judged up to <b>5\N{NO-BREAK SPACE}Mar, 08:00 UTC</b>, 1\N{NO-BREAK SPACE}h ago" in text
    assert "Map version 3" in text
    assert '<span class="disc">1</span>Contract: 5 of 12 stalled' in text
    assert text.count('<svg class="drawn') == 2
    assert 'aria-current="page">Map</a>' in text
    assert "999+</span>" in text


def test_the_table_has_every_number_of_the_drawing(tmp_path: Path) -> None:
    row = shown(tmp_path).partition('id="step-contract"')[2].partition("</tr>")[0]

    for number in (
        "<b>12</b>",
        ">3<",
        "13\N{NO-BREAK SPACE}d",
        "40\N{NO-BREAK SPACE}d",
        "4\N{NO-BREAK SPACE}d",
        'step=contract&amp;stall=overdue">5<',
        "(42",
        'step=contract&amp;stall=beyond">1<',
        "2 failed",
    ):
        assert number in row, number


def test_a_step_opens_to_the_customers_who_stand_there(console: Console) -> None:
    assert 'href="/customers?map=onboarding&amp;step=contract"' in console.page("/").text
    page = console.page("/customers", map="onboarding", step="contract").text

    assert "Who stands at <bdi>Contract</bdi>" in page
    assert "Stalled at Contract, due 4 Mar, 4 d planned" in page.replace("\N{NO-BREAK SPACE}", " ")
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
        ({}, 200, "Map version 3, in force since 1\N{NO-BREAK SPACE}Feb ·"),
        ({"/v1/maps/onboarding/overview": OVERVIEW | {"version": 1}}, 200, "Map version 1 · counted"),
        ({"/v1/maps/onboarding/overview": OVERVIEW | {"open": 0}}, 200, "Nobody is on the way now."),
        ({"/v1/maps/onboarding/overview": OVERVIEW | {"hot_spots": [], "unmapped": []}}, 200, "ignored by it"),
        ({"/v1/maps/onboarding/overview": OVERVIEW | {"unmapped": []}} | COUNTING, 200, "lists none"),
        (
            {"/v1/status": STATUS | {"on_no_map": {"customers": 3, "events": [{"event": NASTY, "customers": 2}]}}},
            200,
            "3 customers</a> are on no map at all; they did <bdi>&lt;img src=x onerror=alert(1)&gt;</bdi> (2).",
        ),
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
    assert f"waypost import --data {tmp_path} touchpoints.csv" in admin
    assert "waypost import touchpoints.csv" in reader
    assert f"<code>{tmp_path / 'keys.json'}</code>" in admin


def test_the_usual_folder_need_not_be_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (usual := tmp_path / "waypost-data").mkdir()

    assert "waypost import touchpoints.csv" in shown(usual, "/first-run", token=ADMIN)


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
