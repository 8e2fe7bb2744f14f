"""The golden cases, worked by hand before any code: map, history, what is to be seen when."""

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path as File

import pytest

from services.journey.domain.judgement.fold import Atlas, PublishedMap, replay
from services.journey.domain.judgement.model import Journey
from services.journey.domain.maps.load import load_map
from shared.events import Touchpoint
from tests.unit.judgement.records import DAY, day, happened

EVENTS = {
    "S": "Signed Up",
    "K": "Contract Signed",
    "H": "Kickoff Held",
    "I": "Import Succeeded",
    "fail": "Import Failed",
    "X": "Security Review Passed",
    "L": "Went Live",
    "R": "First Report Shared",
    "Cancelled": "Subscription Cancelled",
}
STEPS = {
    "contract": "K",
    "import-data": "I",
    "security-review": "X",
    "go-live": "L",
    "first-report": "R",
    "renewal": "N",
}
MAPS = {
    "bare": "{map: m, path: [A, B, C, D, E, F]}",
    "four": "{map: m, path: [A, B, C, D]}",
    "choice": """{map: m, opens_on: [Lead], path: [{choice: [{step: P, within: 5d},
        [{step: S, within: 10d}, {optional: T}]]}, {step: C, within: 3d}, D]}""",
    "requires": "{map: m, path: [{any_order: [A, {step: B, requires: [A]}]}, C]}",
    "counted": "{map: m, subject: account, unmapped: count, path: [S, A]}",
}
# Worked with these kinds left aside, except where a case names them.
ASIDE = {"optional_skipped", "hand_off_break"}


@dataclass(frozen=True)
class Seen:
    """What is to be seen of the last journey; None is not looked at."""

    at: str | None = None
    since: float | None = None
    stage: str | None = None
    route: str | None = None
    cost: int | None = None
    stall: tuple[str, float] | str | None = None  # step and since, or "none"
    deviations: set[str] | None = None  # kind(step) cost [closed]
    state: str = "open"
    optional: set[str] = field(default_factory=set)  # steps of optional_skipped


def history(text: str, names: dict[str, str]) -> list[Touchpoint]:
    """Read `S0 K10 Deferred(B)2`."""
    touchpoints = []
    for word in text.split():
        name = word.rstrip("0123456789.")
        on = float(word[len(name) :])
        if name.startswith("Deferred("):
            step = name.removeprefix("Deferred(").removesuffix(")")
            touchpoints.append(happened("Step Deferred", on, properties={"step": step}))
        elif name.startswith("plan="):
            touchpoints.append(happened("", on, type="identify", traits={"plan": name[5:]}))
        else:
            touchpoints.append(happened(names.get(name, name), on))
    return touchpoints


@cache
def atlas(name: str) -> Atlas:
    text = MAPS.get(name) or (File(__file__).parent / "golden.yaml").read_text()
    if name == "person":
        text = text.replace("subject: account", "subject: person")
    return Atlas([PublishedMap(load_map(text), 1, 0)])


def journeys(name: str, text: str, until: float) -> tuple[Journey, ...]:
    return replay(atlas(name), history(text, {} if name in MAPS else EVENTS), day(until))


def shown(journey: Journey) -> set[str]:
    return {
        f"{one.kind}({one.step}) {one.cost}{' closed' if one.status == 'closed' else ''}"
        for one in journey.deviations
        if one.kind not in ASIDE
    }


def check(journey: Journey, seen: Seen) -> None:
    assert journey.state == seen.state
    if seen.at is not None:
        assert " ".join(journey.position.steps) == seen.at
    if seen.since is not None:
        assert journey.position.since == day(seen.since)
    if seen.stage is not None:
        assert journey.position.stage == seen.stage
    if seen.route is not None:
        route = journey.route or ()
        assert " ".join(STEPS.get(one.step, one.step) for one in route) == seen.route
    if seen.cost is not None:
        assert journey.cost == seen.cost
        assert sum(one.cost for one in journey.deviations) == seen.cost
    if seen.stall == "none":
        assert journey.stall is None
    elif seen.stall is not None:
        assert journey.stall is not None
        assert (journey.stall.step, journey.stall.since) == (seen.stall[0], day(float(seen.stall[1])))
    if seen.deviations is not None:
        assert shown(journey) == seen.deviations


PARALLEL = "import-data security-review training"
GOLDEN: list[tuple[str, str, str, float, Seen]] = [
    ("1", "golden", "S0 K10 H12 I20", 33, Seen("security-review training", 20, "onboard", "X L R N", 0, "none", set())),
    ("1", "golden", "S0 K10 H12 I20", 33.1, Seen(stall=("security-review", 33))),
    (
        "2",
        "golden",
        "S0 K10 H12 I20 L25",
        26,
        Seen("first-report", 25, "value", "X R N", 1, "none", {"prerequisite_skipped(security-review) 1"}),
    ),
    ("2", "golden", "S0 K10 H12 I20 L25", 34, Seen(stall=("security-review", 33))),
    (
        "3",
        "golden",
        "S0 K10 H12 L25",
        26,
        Seen(
            PARALLEL,
            12,
            "onboard",
            "I X R N",
            1,
            "none",
            {"prerequisite_skipped(import-data) 1", "prerequisite_skipped(security-review) 0"},
        ),
    ),
    ("3", "golden", "S0 K10 H12 L25", 27, Seen(stall=("import-data", 26))),
    (
        "3",
        "golden",
        "S0 K10 H12 L25 R40",
        40.5,
        Seen(
            "refine renewal",
            40,
            "renew",
            "I X N",
            2,
            None,
            {"prerequisite_skipped(import-data) 1", "prerequisite_skipped(security-review) 1"},
        ),
    ),
    (
        "4",
        "golden",
        "S0 K10 H12 I20 L25 X28",
        29,
        Seen("first-report", 25, "value", "R N", 1, "none", {"out_of_order(security-review) 1"}),
    ),
    (
        "4",
        "golden",
        "S0 K10 H12 I20 L25 X28 R40",
        41,
        Seen("refine renewal", 40, "renew", "N", 2, "none", {"out_of_order(security-review) 2"}),
    ),
    (
        "5",
        "golden",
        "S0 H5",
        30,
        Seen(PARALLEL, 5, "onboard", "K I X L R N", 1, "none", {"prerequisite_skipped(contract) 1"}),
    ),
    ("5", "golden", "S0 H5", 31, Seen(stall=("contract", 30))),
    ("5", "golden", "S0 H5 K7", 21, Seen(PARALLEL, 5, None, "I X L R N", 1, "none", {"out_of_order(contract) 1"})),
    ("5", "golden", "S0 H5 K7", 21.1, Seen(stall=("import-data", 21))),
    (
        "6",
        "golden",
        "S0 K10 I12",
        12.5,
        Seen("security-review training", 12, None, "X L R N", 1, None, {"skipped(kickoff) 1"}),
    ),
    (
        "6",
        "golden",
        "S0 K10 I12 H15",
        15.5,
        Seen("security-review training", 12, None, "X L R N", 1, None, {"out_of_order(import-data) 1"}),
    ),
    (
        "7",
        "golden",
        "S0 K10 H12 fail14 fail16 I20 I22 X25 L30 R40 R41 I45",
        46,
        Seen(
            "refine renewal",
            40,
            "renew",
            "N",
            3,
            None,
            {
                "failed(import-data) 0 closed",
                "repeat(import-data) 1",
                "repeat(first-report) 1",
                "regression(import-data) 1",
                "tangle(onboard) 0",
            },
        ),
    ),
    ("8", "bare", "A0 C1", 2, Seen("D", 1, None, "D E F", 1, "none", {"skipped(B) 1"})),
    ("8", "bare", "A0 C1 B2", 3, Seen("D", 1, None, "D E F", 1, "none", {"out_of_order(C) 1"})),
    ("8", "bare", "A0 C1 B2 D3", 4, Seen("E", 3, None, "E F", 2, "none", {"out_of_order(C) 2"})),
    ("8", "bare", "A0 A1 B2", 3, Seen("C", 2, None, "C D E F", 1, "none", {"repeat(A) 1"})),
    ("8", "bare", "A0 D1", 2, Seen("B", 0, None, "B C E F", 1, "none", {"out_of_order(D) 1"})),
    ("8", "bare", "A0 D1 E2", 3, Seen("F", 2, None, "F", 2, "none", {"skipped(B) 1", "skipped(C) 1"})),
    ("8", "bare", "B0 C1 A2", 3, Seen("D", 1, None, "D E F", 2, "none", {"out_of_order(A) 2"})),
    ("9", "person", "plan=free0 S0 I3 X5 L6", 7, Seen("first-report", 6, "value", "R N", 0, "none", set())),
    (
        "9",
        "person",
        "plan=free0 S0 I3 X5 L6 K9",
        10,
        Seen("first-report", 6, "value", "R N", 0, "none", {"ad_hoc(contract) 0"}),
    ),
    (
        "9",
        "person",
        "plan=free0 S0 I3 X5 L6 plan=enterprise10",
        31,
        Seen("first-report", 6, "value", "R N", 2, "none", optional={"contract", "kickoff"}),
    ),
    ("9", "person", "plan=free0 S0 I3 X5 L6 plan=enterprise10", 31.1, Seen(cost=2, stall=("first-report", 31))),
    ("10", "choice", "Lead0", 7, Seen("P S", 0, None, None, 0, "none", set())),
    ("10", "choice", "Lead0", 11, Seen("P S", 0, None, None, 0, ("S", 10), set())),
    ("10", "choice", "Lead0 P3 S8", 9, Seen("C", 3, None, "C D", 1, ("C", 6), {"ad_hoc(S) 1"})),
    ("10", "choice", "Lead0 C4", 5, Seen("D", 4, None, "D", 1, "none", {"skipped(P) 1"})),
    ("11", "requires", "B1", 2, Seen("A", 1, None, "A C", 0, "none", {"prerequisite_skipped(A) 0"})),
    ("11", "requires", "B1 A2", 3, Seen("C", 2, None, "C", 0, "none", {"out_of_order(A) 0"})),
    ("11", "four", "A0 Deferred(B)2", 3, Seen("C", 2, None, "C D", 0, "none", {"deferred(B) 0"})),
    ("11", "four", "A0 Deferred(B)2 C5", 6, Seen("D", 5, None, "D", 0, "none", {"deferred(B) 0"})),
    (
        "11",
        "four",
        "A0 Deferred(B)2 C5 B15",
        16,
        Seen("D", 5, None, "D", 0, "none", {"deferred(B) 0 closed", "ad_hoc(B) 0"}),
    ),
    ("11", "four", "A0 Deferred(B)2 C5 B15 D16", 17, Seen("", None, None, "", 0, "none", None, "completed")),
]


@pytest.mark.parametrize(("number", "name", "text", "until", "seen"), GOLDEN)
def test_golden(number: str, name: str, text: str, until: float, seen: Seen) -> None:  # noqa: ARG001  the number is for the reader
    journey = journeys(name, text, until)[-1]
    check(journey, seen)
    assert seen.optional <= {one.step for one in journey.deviations if one.kind == "optional_skipped"}


def test_a_passed_optional_step_is_proven_by_what_passed_it() -> None:
    (journey,) = journeys("golden", "S0 K10 H12 I20", 21)
    (tour,) = [one for one in journey.deviations if one.kind == "optional_skipped"]
    assert (tour.step, [proof.event for proof in tour.proof]) == ("tour", ["Contract Signed"])


def test_a_skipped_prerequisite_is_proven_by_the_step_that_needed_it() -> None:
    (journey,) = journeys("golden", "S0 K10 H12 I20 L25", 26)
    (review,) = [one for one in journey.deviations if one.kind == "prerequisite_skipped"]
    assert [proof.event for proof in review.proof] == ["Went Live"]
    assert review.key == "path:security-review:1"


def test_a_prerequisite_done_late_amends_the_same_finding() -> None:
    (before,) = journeys("golden", "S0 K10 H12 I20 L25", 26)
    (after,) = journeys("golden", "S0 K10 H12 I20 L25 X28", 29)
    keys = [{one.key for one in journey.deviations if one.step == "security-review"} for journey in (before, after)]
    assert keys[0] == keys[1] == {"path:security-review:1"}


def test_every_failed_and_every_further_try_is_an_attempt() -> None:
    (journey,) = journeys("golden", "S0 K10 H12 fail14 fail16 I20 I22 X25 L30 R40 R41 I45", 46)
    (tries,) = [one for one in journey.deviations if one.key == "again:import-data:1"]
    assert dict(tries.numbers)["attempts"] == 4
    assert journey.reached_at == day(40)


def test_an_undecided_choice_passed_over_names_its_alternatives() -> None:
    (journey,) = journeys("choice", "Lead0 C4", 5)
    (skipped,) = journey.deviations
    assert dict(skipped.numbers)["alternatives"] == "S"
    assert skipped.text == "Had neither P nor S."


def test_a_customer_who_comes_back_after_losing_begins_a_journey_of_its_own() -> None:
    first, second = journeys("golden", "S0 K10 H12 Cancelled20 I25 S400", 401)
    assert (first.state, first.ended_at, first.position.steps, first.route) == ("lost", day(20), (), None)
    assert (second.n, second.opened_at, second.position.steps) == (2, day(400), ("tour", "contract"))


def test_the_same_step_by_two_persons_of_an_account_is_an_echo() -> None:
    both = [happened("S", 0, userId="u1"), happened("S", 1, userId="u2")]
    (journey,) = replay(atlas("counted"), both, day(2))
    assert (journey.cost, journey.deviations) == (0, ())


def test_an_event_that_the_map_lacks_is_one_finding_with_a_count() -> None:
    calls = [happened("S", 0), happened("Support Call", 1), happened("Support Call", 2)]
    (counted,) = replay(atlas("counted"), calls, day(3))
    assert [(one.kind, one.cost, dict(one.numbers)["count"]) for one in counted.deviations] == [("unmapped", 2, 2)]
    (listed,) = replay(atlas("golden"), [happened("Signed Up", 0), *calls[1:]], day(3))
    assert [(one.kind, one.cost) for one in listed.deviations] == [("unmapped", 0)]


def test_a_stall_ends_and_stays_known() -> None:
    (journey,) = journeys("golden", "S0 K10 H12 I30 X31", 32)
    assert [(one.key, one.ended_at) for one in journey.stalls] == [("stall:import-data:1", day(30))]
    assert journey.stall is None
    assert journey.stalls[0].threshold == 14 * DAY
