"""Attained against target: gaps as worked out by hand, and a verdict that never says more than is known."""

import pytest

from services.journey.domain.maps.load import load_map
from services.journey.domain.maps.model import Target
from services.journey.domain.outcomes import Attained, Cohort, Ends, attain
from services.journey.domain.outcomes_by import Every, Passage, by_period, by_stage, thinned
from services.journey.domain.outcomes_texts import sentence
from services.journey.domain.survival import Quantile
from services.journey.learn.outcomes import outcomes_of
from shared.times import DAY

UNTIL = 100
TARGET = Target(0.75, 60 * DAY)


def ends(opened: int, reached: int | None = None, ended: int | None = None) -> Ends:
    """Return a journey from days."""
    return Ends(opened * DAY, *(None if day is None else day * DAY for day in (reached, ended)))


def many(count: int, *days: int | None) -> list[Ends]:
    return [ends(*days)] * count  # type: ignore[arg-type]  # the first is never None


def held(journeys: list[Ends], target: Target | None = TARGET, *, complete: bool | None = None) -> Attained:
    return attain(Cohort.of(journeys, UNTIL * DAY), target, complete=complete)


def test_the_gap_is_what_one_works_out_by_hand() -> None:
    """18 of 25 within 60 days are 72 %: three points short of 75 %. Two more came too late, one was lost, four wait."""
    journeys = many(18, 0, 40) + many(2, 0, 70) + many(1, 0, None, 30) + many(4, 0)
    found = held(journeys)

    assert (found.journeys, found.reached, found.lost, found.open) == (25, 20, 1, 4)
    assert found.share is not None
    assert found.share.share == pytest.approx(18 / 25)
    assert found.gap == pytest.approx(-0.03)
    assert found.verdict == "missed"
    assert sentence(found) == (
        "72 % of 25 journeys reach it within 60 d. The target is 75 %: 3 points short of it. The target is missed."
    )


VERDICTS: dict[str, tuple[list[Ends], Target | None, str]] = {
    "no target": (many(9, 0, 5), None, "not measurable"),
    "no journey": ([], TARGET, "not measurable"),
    "only journeys after the watermark": (many(3, UNTIL + 1), TARGET, "not measurable"),
    "nobody followed long enough": (many(10, 90, 95) + many(30, 90), TARGET, "too early"),
    "enough have reached it already": (many(30, 90, 95) + many(10, 90), TARGET, "met"),
    "too few can reach it still": (many(11, 90, None, 95) + many(29, 90), TARGET, "missed"),
    "all decided, just enough": (many(3, 0, 60) + many(1, 0), TARGET, "met"),
    "all decided, one day too late": (many(3, 0, 61) + many(1, 0), TARGET, "missed"),
    "surely met, some undecided": (many(190, 0, 10) + many(10, 0) + many(90, 95), TARGET, "met"),
    "surely missed, some undecided": (many(50, 0, 10) + many(150, 0) + many(290, 99), TARGET, "missed"),
    "above the target, but few": (many(8, 0, 10) + many(2, 0) + many(20, 95), TARGET, "on track"),
    "below the target, but few": (many(7, 0, 10) + many(3, 0) + many(20, 95), TARGET, "too early"),
    "loss is no absence of news": (many(50, 0, 10) + many(50, 0, None, 5) + many(9, 99), TARGET, "missed"),
    "reached before it was lost": (many(4, 0, 10, 20), TARGET, "met"),
    "reached and lost after the watermark": (many(3, 30, UNTIL + 1) + many(1, 30, None, UNTIL + 1), TARGET, "missed"),
    "everybody is the target": (many(5, 0, 10), Target(1.0, 60 * DAY), "met"),
}


@pytest.mark.parametrize(("journeys", "target", "verdict"), VERDICTS.values(), ids=VERDICTS.keys())
def test_the_verdict(journeys: list[Ends], target: Target | None, verdict: str) -> None:
    found = held(journeys, target)
    assert found.verdict == verdict
    assert "None" not in sentence(found)


def test_what_happens_after_the_watermark_is_not_yet_known() -> None:
    found = held([*many(3, 50, 60), ends(50, UNTIL + 1, UNTIL + 2), ends(UNTIL + 1, UNTIL + 2)])
    assert (found.journeys, found.reached, found.lost, found.open) == (4, 3, 0, 1)


def test_a_cohort_waits_until_its_verdict_can_not_change() -> None:
    journeys = many(8, 30, 40) + many(2, 30)
    assert held(journeys, complete=True).verdict == "met"
    assert held(many(7, 50, 55) + many(3, 50), complete=True).verdict == "too early"
    assert held(many(7, 30, 35) + many(3, 30), complete=True).verdict == "missed"
    assert held(journeys, complete=False).verdict == "too early"


SENTENCES: dict[str, tuple[list[Ends], Target | None, str]] = {
    "nothing": ([], TARGET, "No journey has been opened yet."),
    "no target": (
        many(2, 0, 5),
        None,
        "100 % of 2 journeys reach it (95 % interval 15.8 % to 100 %). Without a target nothing says how many should.",
    ),
    "early": (
        many(1, 99),
        TARGET,
        "0 of 1 journey reached it so far; none was followed long enough yet. The target is 75 % within 60 d.",
    ),
    "above": (
        many(19, 0, 9) + many(6, 0),
        TARGET,
        "76 % of 25 journeys reach it within 60 d. The target is 75 %: 1 point above it. The target is met.",
    ),
    "exactly": (many(3, 0, 9) + many(1, 0), TARGET, "75 % of 4 journeys reach it within 60 d. The target is 75 %. "),
}


@pytest.mark.parametrize(("journeys", "target", "said"), SENTENCES.values(), ids=SENTENCES.keys())
def test_people_read_sentences(journeys: list[Ends], target: Target | None, said: str) -> None:
    assert sentence(held(journeys, target)).startswith(said)


def passage(state: str, opened: int, reached: int | None, ended: int | None, **entered: int) -> Passage:
    stands = list(entered)[-1] if ended is None else None
    passed = tuple((name, day * DAY) for name, day in entered.items())
    return Passage(ends(opened, reached, ended), state, passed, stands)


def test_stages_count_who_entered_left_was_lost_and_stays() -> None:
    passages = [
        passage("reached", 0, 30, 30, buy=0, use=10),
        passage("lost", 0, None, 14, buy=0, use=10),
        passage("lost", 0, None, 4, buy=0),
        passage("open", 0, None, None, buy=0),
        passage("open", 0, None, None, use=20, buy=90),  # back again for a step put off
        passage("open", 0, None, None, buy=0, old=5, use=UNTIL + 1),  # entered after the watermark
    ]
    buy, use, rest = by_stage(passages, ["buy", "use", "rest"], UNTIL * DAY)

    assert (buy.entered, buy.left, buy.lost, buy.open) == (6, 2, 1, 3)
    assert (use.entered, use.left, use.lost, use.open) == (3, 2, 1, 0), "who went back is not there any more"
    assert use.duration.length == 4 * DAY  # 4, 20, and one that nobody knows the length of
    assert use.reached_share == pytest.approx(1 / 3)
    assert rest == ("rest", 0, 0, 0, 0, Quantile(None, None, None), None)


@pytest.mark.parametrize(
    ("every", "names"), [("week", ["1970-W01", "1970-W06", "1970-W15"]), ("month", ["1970-01", "1970-02", "1970-04"])]
)
def test_periods_are_weeks_and_months_of_the_opening(every: Every, names: list[str]) -> None:
    journeys = many(3, 0, 10) + many(1, 3) + many(2, 37, 40) + many(1, 98, 99)
    found = by_period(Cohort.of(journeys, UNTIL * DAY), every, Target(0.75, 20 * DAY))

    assert [period.name for period in found] == names
    assert [period.attained.verdict for period in found] == ["met", "met", "too early"]
    assert [period.attained.journeys for period in found] == [4, 2, 1]
    assert found[0].median == 10 * DAY
    assert (found[1].begin, found[1].end) == ((32 * DAY, 39 * DAY) if every == "week" else (31 * DAY, 59 * DAY))


def test_the_answer_is_bounded_and_whole() -> None:
    map = load_map(
        "map: m\noutcomes: {reached: [B], target: {share: 75%, within: 60d}}\nstages:\n"
        "  - {stage: s, phase: pre-sale, path: A}\n  - {stage: t, phase: post-sale, path: B}\n"
    )
    passages = [Passage(Ends(0, None if n % 3 else n, None), "open", (("s", 0),), "s") for n in range(1, 1500)]
    answer = outcomes_of(map, passages, 2 * 10**9)["week"]

    assert answer["target"] == {"share": 0.75, "within_s": 60 * 86_400}
    assert len(answer["time_to_value"]["curve"]) == 200
    assert answer["time_to_value"]["curve"][-1]["at_s"] == pytest.approx(1497e-6)
    assert [stage["stage"] for stage in answer["stages"]] == ["s", "t"]
    assert outcomes_of(map, [], 0)["month"]["attained"]["verdict"] == "not measurable"
    assert list(thinned(5, 3)) == [0, 2, 4]


def test_a_map_without_an_outcome_says_so_rather_than_that_nobody_reaches_it() -> None:
    map = load_map("map: m\npath: [A, B]")
    attained = outcomes_of(map, [Passage(ends(0), "open", (), None)], UNTIL * DAY)["week"]["attained"]
    assert (attained["share"], attained["verdict"]) == (None, "not measurable")
    assert attained["text"].startswith("The map names no outcome that customers reach")
