"""Whatever happens on the way, the store holds what the pure fold of the touchpoints says."""

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from migrations.run import upgrade
from services.journey.domain.judgement.fold import PublishedMap
from services.journey.domain.maps.load import load_map
from services.journey.store.maps import MapRow, publish
from services.journey.track.tracker import Tracker, TrackSettings
from shared.clock import DAY, HOUR
from shared.database import connect, transaction
from shared.events import Touchpoint
from shared.log.event_log import TOUCHPOINTS, Record
from tests.integration.journey.histories import START, Crowd, record
from tests.integration.journey.outbox import check_outbox
from tests.integration.journey.pure import project, stored_projection

PERSON_MAP = """
map: person
owner_from: traits.csm
opens_on: [A, Lead]
outcomes: {lost: [Gone]}
reentry: after_end
path:
  - {step: A, within: 3d}
  - any_order: [{step: B, within: 5d, failed_by: [B Failed]}, {optional: C}]
  - {step: D, requires: [B], within: 4d}
  - E
"""
ACCOUNT_MAP = """
map: account
owner_from: traits.csm
subject: account
path: [{step: A, within: 3d}, {step: B, within: 5d}, {choice: [C, D]}, {step: E, within: 9d}]
"""
MAPS = [PublishedMap(load_map(text), 1, START) for text in (PERSON_MAP, ACCOUNT_MAP)]


class CrashError(Exception):
    """Raised by a test in the middle of a transaction."""


@pytest.fixture
def database(tmp_path: Path) -> Path:
    upgrade("journey", tmp_path / "journey.db")
    return tmp_path / "journey.db"


def publish_maps(tracker: Tracker, tenant: str = "t", texts: tuple[str, ...] = (PERSON_MAP, ACCOUNT_MAP)) -> None:
    with transaction(tracker.db):
        for text in texts:
            publish(tracker.db, MapRow(tenant, load_map(text).name, 0, 0, START, text, text))


def open_tracker(path: Path, at: Callable[[str], None] = lambda _: None, cache: int = 1000) -> Tracker:
    tracker = Tracker(connect(path), TrackSettings(lateness=HOUR, cache_customers=cache), at)
    tracker.db.execute("PRAGMA synchronous = OFF")  # what survives a power cut is not the question here
    with transaction(tracker.db):
        tracker.db.execute("INSERT INTO offsets VALUES ('touchpoints', 0, 0, 0, 'log') ON CONFLICT DO NOTHING")
    return tracker


def records(touchpoints: list[Touchpoint]) -> list[Record]:
    made = [record(t) for t in touchpoints]
    return [Record(TOUCHPOINTS, 0, n, new.key, new.value, 0) for n, new in enumerate(made)]


def batches(rng: random.Random, log: list[Record]) -> Iterator[list[Record]]:
    place = 0
    while place < len(log):
        size = rng.choice((1, 2, 7, 30))
        yield log[place : place + size]
        place += size


def finish(tracker: Tracker, touchpoints: list[Touchpoint]) -> int:
    """Judge everything long after the last touchpoint; return until when."""
    end = max(t.received_at for t in touchpoints) + 400 * DAY
    tracker.heartbeat(0, len(touchpoints), end)
    while tracker.sweep():
        pass
    return end - HOUR


def check(tracker: Tracker, touchpoints: list[Touchpoint], judged_until: int) -> None:
    expected = project(touchpoints, MAPS, judged_until)
    assert expected
    assert stored_projection(tracker.db, "t") == expected
    check_outbox(Path(tracker.db.execute("PRAGMA database_list").fetchone()[2]), tracker.db)


@pytest.mark.parametrize("seed", range(60))
def test_any_batching_late_doubled_merged_and_split_gives_the_pure_fold(seed: int, database: Path) -> None:
    rng = random.Random(seed)
    touchpoints = Crowd(rng, people=rng.choice((1, 2, 4, 8)), accounts=("acme", "umbra")).draw(rng.choice((20, 120)))
    tracker = open_tracker(database, cache=rng.choice((1, 3, 1000)))
    publish_maps(tracker)
    for batch in batches(rng, records(touchpoints)):
        tracker.process(batch)
        if rng.random() < 0.1:
            tracker.forget()
        if rng.random() < 0.2:
            tracker.sweep()
    check(tracker, touchpoints, finish(tracker, touchpoints))


@pytest.mark.parametrize("seed", range(20))
def test_any_order_of_arrival_gives_the_same_journeys(seed: int, database: Path) -> None:
    rng = random.Random(1000 + seed)
    touchpoints = Crowd(rng, people=3).draw(60)
    rng.shuffle(touchpoints)
    tracker = open_tracker(database)
    publish_maps(tracker)
    for batch in batches(rng, records(touchpoints)):
        tracker.process(batch)
    check(tracker, touchpoints, finish(tracker, touchpoints))


@pytest.mark.parametrize("seed", range(12))
def test_a_rollback_at_any_step_changes_nothing(seed: int, database: Path) -> None:
    rng = random.Random(2000 + seed)
    touchpoints = Crowd(rng, people=3).draw(60)

    def crash(step: str) -> None:
        if step != "committed" and rng.random() < 0.08:
            raise CrashError(step)

    tracker = open_tracker(database, crash)
    publish_maps(tracker)
    crashes = 0
    for batch in batches(rng, records(touchpoints)):
        while True:
            try:
                tracker.process(batch)
                break
            except CrashError:
                crashes += 1
    assert crashes
    tracker.at = lambda _: None
    check(tracker, touchpoints, finish(tracker, touchpoints))


@pytest.mark.parametrize("seed", range(8))
def test_a_map_published_after_the_data_judges_all_of_it(seed: int, database: Path) -> None:
    rng = random.Random(3000 + seed)
    touchpoints = Crowd(rng, people=4).draw(80)
    tracker = open_tracker(database)
    for batch in batches(rng, records(touchpoints)):
        tracker.process(batch)
    assert stored_projection(tracker.db, "t") == {}
    publish_maps(tracker)
    check(tracker, touchpoints, finish(tracker, touchpoints))


def test_tenants_with_the_same_ids_do_not_meet(database: Path) -> None:
    rng = random.Random(4000)
    ours = Crowd(rng, people=3).draw(60)
    theirs = Crowd(rng, people=3, tenant="other").draw(60)
    mixed = [t for pair in zip(ours, theirs, strict=False) for t in pair] + ours[len(theirs) :] + theirs[len(ours) :]
    tracker = open_tracker(database)
    publish_maps(tracker)
    for batch in batches(rng, records(mixed)):
        tracker.process(batch)
    judged_until = finish(tracker, mixed)
    check(tracker, ours, judged_until)
    assert stored_projection(tracker.db, "other") == {}
    publish_maps(tracker, "other")
    while tracker.sweep():
        pass
    assert stored_projection(tracker.db, "other") == project(theirs, MAPS, judged_until)
