"""The page of outcomes and its files, over HTTP with stand-ins for the services behind it."""

from pathlib import Path

import pytest

from tests.integration.console.consoles import NASTY, Console, answers
from tests.unit.console.reports import empty_report, goal, kpi, kpis, report

OUTCOMES = "/v1/maps/onboarding/outcomes"


@pytest.fixture
def console(tmp_path: Path) -> Console:
    """Return a console with outcomes and KPIs that somebody has signed in to."""
    found = Console(tmp_path, answers() | {OUTCOMES: report(title=NASTY), "/v1/kpis": kpis()})
    found.sign_in()
    return found


def test_the_page_begins_with_the_sentence_and_holds_every_part(console: Console) -> None:
    text = console.page("/outcomes").text

    assert "<h1>70 in 100 reach the outcome within 60 days; the target is 75</h1>" in text
    for part in ("Time to value", "Over time", "By stage", "Do we measure outcomes or outputs?", "Goals"):
        assert part in text
    assert "4 of 5 KPIs say what we did. An outcome in the place of <code>kpi-0</code>." in text
    assert 'aria-label="missing: M, T; not known yet: A"' in text
    assert "2026-W47" in text
    assert NASTY not in text


def test_kpis_stand_beside_their_targets_and_goals_say_what_came_of_them(console: Console) -> None:
    text = console.page("/outcomes").text

    assert '<td class="num" data-l="Now">70 %</td><td class="num" data-l="Target">72%</td>' in text
    assert "70 % on 2026-11-25, 75% by 2026-12-31. The milestone of 2026-11-20 is late: 72% was due." in text


def test_a_kpi_may_be_measured_by_another_map(console: Console) -> None:
    measured = [
        kpi(name, name, "outcome", measure={"map": name, "of": "median"}, owner="Ada") for name in ("care", "gone")
    ]
    console.behind.said |= {
        "/v1/maps": {"maps": [{"map": "onboarding"}, {"map": "care"}]},
        "/v1/kpis": kpis(kpis=measured),
        "/v1/maps/care/outcomes": report(),
    }
    text = console.page("/outcomes", map="onboarding").text

    owned = '<td data-l="Class">outcome</td><td data-l="Owner"><bdi>Ada</bdi></td>'
    assert f'<bdi>care</bdi></th>{owned}<td class="num" data-l="Now">36 d</td>' in text
    assert f'<bdi>gone</bdi></th>{owned}<td class="num" data-l="Now">map gone is not published</td>' in text


def test_names_of_strangers_are_words(console: Console) -> None:
    catalogue = kpis(
        kpis=[kpi(NASTY, NASTY, "outcome", measure={"map": NASTY, "of": "share"})],
        goals=[goal(NASTY, NASTY, owner=NASTY, metric=NASTY, target=NASTY, by="2026-12-31")],
    )
    stages = [{**report()["stages"][0], "title": NASTY}]
    console.behind.said |= {OUTCOMES: report(title=NASTY, stages=stages), "/v1/kpis": catalogue}
    text = console.page("/outcomes").text

    assert NASTY not in text
    assert text.count("&lt;img") >= 4


def test_a_map_without_a_target_says_which_two_lines_to_add(console: Console) -> None:
    console.behind.said[OUTCOMES] = empty_report()
    text = console.page("/outcomes").text

    assert "outcomes:\n  target: {share: 75%, within: 60d}" in text
    assert "Not known yet: no journey has begun" in text
    assert '<b class="figure">not known yet</b>' in text


@pytest.mark.parametrize("catalogue", [{}, {"kpis": [], "audit": {"kpis": 0}, "goals": []}])
def test_without_a_catalogue_the_page_says_how_to_hand_one_over(console: Console, catalogue: dict[str, object]) -> None:
    console.behind.said["/v1/kpis"] = catalogue

    assert "waypost kpis put kpis.yaml" in console.page("/outcomes").text


def test_without_the_alerts_service_the_outcomes_stand(console: Console) -> None:
    console.behind.said["/v1/kpis"] = None
    text = console.page("/outcomes").text

    assert "The KPIs cannot be shown now." in text
    assert "70 in 100" in text


def test_without_a_map_the_page_says_what_to_do(console: Console) -> None:
    console.behind.said["/v1/maps"] = {"maps": []}

    assert "waypost map publish my-map.yaml" in console.page("/outcomes").text


@pytest.mark.parametrize(
    ("params", "status"), [({"map": NASTY}, 404), ({"every": "day"}, 422), ({"format": "pdf"}, 422)]
)
def test_what_cannot_be_shown_is_answered_with_a_page(console: Console, params: dict[str, str], status: int) -> None:
    answer = console.page("/outcomes", **params)

    assert answer.status_code == status
    assert NASTY not in answer.text


@pytest.mark.parametrize(
    ("kind", "content", "name", "begins"),
    [
        ("csv", "text/csv; charset=utf-8", "onboarding-outcomes.csv", '\ufeff"what"'),
        ("md", "text/markdown; charset=utf-8", "onboarding-outcomes.md", "# 70 in 100"),
    ],
)
def test_the_report_can_be_taken_away(console: Console, kind: str, content: str, name: str, begins: str) -> None:
    answer = console.page("/outcomes", map="onboarding", format=kind)

    assert answer.text.startswith(begins)
    assert answer.headers["content-type"] == content
    assert answer.headers["content-disposition"] == f'attachment; filename="{name}"'


def test_a_file_has_a_plain_name_whatever_the_map_is_called(console: Console) -> None:
    nasty = 'x"; evil=\u202e/..'
    path = "/v1/maps/x%22%3B%20evil%3D%E2%80%AE%2F../outcomes"
    console.behind.said |= {"/v1/maps": {"maps": [{"map": nasty}]}, path: report(), "/v1/maps/" + nasty: report()}
    console.behind.said[f"/v1/maps/{nasty}/outcomes"] = report()
    answer = console.page("/outcomes", map=nasty, format="csv")

    assert answer.headers["content-disposition"] == 'attachment; filename="xevil..-outcomes.csv"'
