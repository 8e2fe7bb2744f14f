"""What holds for every map and every history: the fold is pure, exact and incremental."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from services.journey.domain.judgement.fold import Atlas, Path, PublishedMap, replay
from services.journey.domain.maps.model import Block, JourneyMap, Matcher, Outcome, Stage
from services.journey.domain.maps.model import Sequence as Series
from shared.events import Touchpoint
from tests.unit.engine.random_maps import WEIGHTS, blocks, distinct, map_of, steps_of
from tests.unit.judgement.records import DAY, day, happened

NAMES = st.sampled_from(["A", "B", "C", "D", "E"])
WITHIN = st.one_of(st.none(), st.integers(1, 6))


@st.composite
def maps(draw: st.DrawFn) -> JourneyMap:
    """Draw a map: blocks of all kinds, perhaps two stages, times, requirements, failures, recurring steps, outcomes."""
    first, second = draw(blocks(NAMES)), draw(blocks(NAMES))
    path: Block = Series((first, second))
    if draw(st.booleans()):
        path = distinct(path)
    map = map_of(path, draw(WEIGHTS), draw(WEIGHTS))
    names = steps_of(path)
    steps = {}
    for number, (name, step) in enumerate(map.steps.items()):
        earlier = st.sampled_from(names[:number]) if number else st.nothing()
        steps[name] = replace(
            step,
            within=None if (within := draw(WITHIN)) is None else within * DAY,
            requires=(draw(earlier),) if number and draw(st.integers(0, 3)) == 0 else (),
            failed_by=(Matcher(f"{name} Failed"),),
            recurs=draw(st.integers(0, 4)) == 0,
        )
    stages: tuple[Stage, ...] = (Stage("", path),)
    if isinstance(path, Series) and draw(st.booleans()):
        stages = (Stage("early", path.blocks[0]), Stage("late", path.blocks[1]))
    return replace(
        map,
        stages=stages,
        steps=steps,
        unmapped=draw(st.sampled_from(["list", "count"])),
        subject=draw(st.sampled_from(["person", "account"])),
        reentry=draw(st.sampled_from(["never", "after_end"])),
        outcomes=(Outcome("lost", Matcher("Lost")), Outcome("reached", Matcher("Won"), ends=draw(st.booleans()))),
        decision_boundary=draw(st.sampled_from([None, 3 * DAY])),
    )


@st.composite
def histories(draw: st.DrawFn, map: JourneyMap) -> list[Touchpoint]:
    """Draw a history of the map's steps, with failures, odd events, decisions and ends between, a day apart."""
    steps = list(map.steps) or ["A"]
    one = st.sampled_from(steps)
    decision = st.tuples(st.sampled_from(["Step Done", "Step Waived", "Step Deferred", "Step Resumed"]), one)
    other = st.one_of(st.sampled_from(["Odd", "Won", "Lost"]), one.map("{} Failed".format), decision)
    events = draw(st.lists(st.one_of(one, one, one, other), min_size=1, max_size=9))
    return [
        happened(event, number, userId=draw(st.sampled_from(["u1", "u2"])))
        if isinstance(event, str)
        else happened(event[0], number, properties={"step": event[1]})
        for number, event in enumerate(events)
    ]


def atlas_of(map: JourneyMap, memory: int = 1_000) -> Atlas:
    return Atlas([PublishedMap(map, 1, 0)], memory=memory)


@settings(max_examples=120, deadline=None)
@given(data=st.data(), map=maps())
def test_the_cost_is_the_sum_of_the_deviations(data: st.DataObject, map: JourneyMap) -> None:
    history = data.draw(histories(map))
    for journey in replay(atlas_of(map), history, day(30)):
        assert journey.cost == sum(one.cost for one in journey.deviations)
        assert len({one.key for one in journey.deviations}) == len(journey.deviations)
        assert all(one.proof and one.text.endswith(".") for one in journey.deviations)


@settings(max_examples=40, deadline=None)
@given(data=st.data(), map=maps())
def test_advancing_step_by_step_is_replaying_every_prefix(data: st.DataObject, map: JourneyMap) -> None:
    history = data.draw(histories(map))
    shared = atlas_of(map)
    path = Path(shared)
    for number, touchpoint in enumerate(history, 1):
        path.advance(touchpoint)
        until = touchpoint.occurred_at + DAY // 2
        judged = path.journeys(until)
        assert judged == replay(atlas_of(map), history[:number], until)
        assert judged == replay(atlas_of(map, memory=0), history[:number], until)


@settings(max_examples=40, deadline=None)
@given(data=st.data(), map=maps())
def test_asking_changes_nothing_and_arrival_is_free(data: st.DataObject, map: JourneyMap) -> None:
    history = data.draw(histories(map))
    shared = atlas_of(map)
    path = Path(shared)
    for touchpoint in history:
        path.advance(touchpoint)
    later = replay(shared, data.draw(st.permutations(history)), day(40))
    assert path.journeys(day(20)) == path.journeys(day(20))
    assert path.journeys(day(40)) == later


@settings(max_examples=40, deadline=None)
@given(data=st.data(), map=maps())
def test_a_stall_is_overdue_and_the_next_time_to_judge_lies_ahead(data: st.DataObject, map: JourneyMap) -> None:
    history = data.draw(histories(map))
    until = day(data.draw(st.integers(0, 30)))
    for journey in replay(atlas_of(map), [one for one in history if one.occurred_at <= until], until):
        for stall in journey.stalls:
            assert stall.since == stall.enabled_at + stall.threshold
            assert stall.since < (until if stall.ended_at is None else stall.ended_at)
        assert journey.due_at is None or journey.due_at >= until
        assert (journey.state == "open") == (journey.ended_at is None)
        assert journey.ended_at is None or (journey.route is None and journey.stall is None)
