"""Erasure in the real store: what is left equals the pure fold of what counts, in any order and through crashes."""

import random
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec import structs

from migrations.run import upgrade
from services.journey.track.tracker import Tracker
from shared.clock import DAY, HOUR
from shared.database import connect, empty_wal
from shared.erasure import erasure
from shared.events import Touchpoint
from tests.integration.journey.histories import START, Crowd, touchpoint
from tests.integration.journey.outbox import check_outbox, read_facts
from tests.integration.journey.pure import counting, project, stored_projection
from tests.integration.journey.test_kill import feed
from tests.integration.journey.test_kill import run as run_worker
from tests.integration.journey.test_properties import (
    MAPS,
    CrashError,
    batches,
    finish,
    open_tracker,
    publish_maps,
    records,
)
from tests.integration.journey.worker import YEAR

Ids = list[tuple[str, str]]
U1, U2, U3 = ("user", "u1"), ("user", "u2"), ("user", "u3")
DEVICE, CRM, ACME = ("anonymous", "shared-device"), ("crm", "x-1"), ("account", "acme")


@pytest.fixture
def database(tmp_path: Path) -> Path:
    upgrade("journey", tmp_path / "journey.db")
    return tmp_path / "journey.db"


def erase(at: int, ids: Ids, tenant: str = "t") -> Touchpoint:
    return structs.replace(erasure(tenant, "web", f"erase-{at}", ids), occurred_at=at, received_at=at)


def with_erasures(rng: random.Random, touchpoints: list[Touchpoint]) -> list[Touchpoint]:
    """Let some be forgotten now and then: one id, several, whoever is known by them, an account."""
    found: list[Touchpoint] = []
    seen: Ids = []
    for each in touchpoints:
        found.append(each)
        seen += each.ids
        seen += [("account", each.account)] if each.account else []
        if rng.random() < 0.05:
            chosen = rng.sample(sorted(set(seen)), min(len(set(seen)), rng.choice((1, 1, 2, 4))))
            found.append(erase(each.received_at + HOUR // 2, chosen))
    return found


def check(tracker: Tracker, given: list[Touchpoint]) -> None:
    judged_until = finish(tracker, given)
    while tracker.scrub():
        pass
    assert stored_projection(tracker.db, "t") == project(given, MAPS, judged_until)
    check_outbox(Path(tracker.db.execute("PRAGMA database_list").fetchone()[2]), tracker.db)
    assert tracker.db.execute("SELECT count(*) FROM touchpoints").fetchone()[0] <= len(counting(given))
    lost = "SELECT count(*) FROM customers WHERE merged_into NOT IN (SELECT customer_no FROM customers)"
    assert tracker.db.execute(lost).fetchone() == (0,)


@pytest.mark.parametrize("seed", range(24))
def test_erasures_between_touchpoints_leave_the_pure_fold_of_what_still_counts(seed: int, database: Path) -> None:
    rng = random.Random(seed)
    given = with_erasures(rng, Crowd(rng, people=rng.choice((2, 4, 8)), accounts=("acme", "umbra")).draw(80))
    tracker = open_tracker(database, cache=rng.choice((1, 3, 1000)))
    publish_maps(tracker)
    for batch in batches(rng, records(given)):
        tracker.process(batch)
        if rng.random() < 0.2:
            tracker.sweep()
        if rng.random() < 0.2:
            tracker.scrub()
    check(tracker, given)


@pytest.mark.parametrize("seed", range(24))
def test_erasures_in_any_order_of_arrival_give_the_same(seed: int, database: Path) -> None:
    rng = random.Random(5000 + seed)
    given = with_erasures(rng, Crowd(rng, people=3).draw(60))
    rng.shuffle(given)
    tracker = open_tracker(database)
    publish_maps(tracker)
    for batch in batches(rng, records(given)):
        tracker.process(batch)
    check(tracker, given)


@pytest.mark.parametrize("seed", range(10))
def test_a_rollback_at_any_step_of_an_erasure_changes_nothing(seed: int, database: Path) -> None:
    rng = random.Random(6000 + seed)
    given = with_erasures(rng, Crowd(rng, people=3).draw(60))

    def crash(step: str) -> None:
        if step != "committed" and rng.random() < 0.15:
            raise CrashError(step)

    tracker = open_tracker(database, crash)
    publish_maps(tracker)
    for batch in batches(rng, records(given)):
        while True:
            try:
                tracker.process(batch)
                tracker.scrub()
                break
            except CrashError:
                if tracker.db.execute("SELECT next FROM offsets").fetchone()[0] > batch[0].offset:
                    break  # it was the scrub
    tracker.at = lambda _: None
    check(tracker, given)


def story() -> Iterator[Touchpoint]:
    """Tell of u1 and u2, who share a device that is u1's, and of acme, whose people both are."""
    day = START
    for n, (ids, event) in enumerate(
        [
            ((DEVICE,), "A"),
            ((U1, DEVICE), ""),
            ((U1, DEVICE), "B"),
            ((U2, DEVICE), "A"),
            ((U2, DEVICE), "C"),
            ((U3,), "A"),
        ]
    ):
        yield touchpoint(day + n * DAY, event, ids=ids, kind="track" if event else "identify", event_id=f"e{n}")
    for n, user in enumerate((U1, U2)):
        yield touchpoint(day + 7 * DAY + n, ids=(user,), kind="group", account="acme", event_id=f"g{n}")
        yield touchpoint(day + 8 * DAY + n, "B", ids=(user,), account="acme", event_id=f"h{n}")


def told(database: Path) -> list[tuple[str, int, list[str]]]:
    return [(f.type, f.customer, f.ids) for f in read_facts(database) if f.type == "waypost.customer.erased"]


def run(database: Path, given: list[Touchpoint], size: int = 100) -> Tracker:
    tracker = open_tracker(database)
    publish_maps(tracker)
    log = records(given)
    for start in range(0, len(log), size):
        tracker.process(log[start : start + size])
    return tracker


def holds(tracker: Tracker) -> set[str]:
    return {f"{kind}:{value}" for kind, value in tracker.db.execute("SELECT kind, value FROM ids")}


@pytest.mark.parametrize("size", [1, 100])
def test_of_a_shared_device_only_the_customer_who_asked_is_forgotten(size: int, database: Path) -> None:
    given = [*story(), erase(START + 20 * DAY, [U1, DEVICE])]
    tracker = run(database, given, size)
    assert holds(tracker) == {"user:u2", "user:u3", "account:acme"}
    check(tracker, given)
    bodies = b"".join(row[0] for row in tracker.db.execute("SELECT body FROM touchpoints"))
    assert b"shared-device" not in bodies
    assert tracker.db.execute("SELECT count(*) FROM touchpoints").fetchone() == (5,)
    people = {ids for ids in stored_projection(tracker.db, "t") if "account:acme" not in ids}
    assert people == {frozenset(["user:u2"]), frozenset(["user:u3"])}


def test_an_erased_account_leaves_its_people_and_takes_what_named_it_alone(database: Path) -> None:
    alone = touchpoint(START + 9 * DAY, "C", ids=(), account="acme", event_id="alone")
    given = [*story(), alone, erase(START + 20 * DAY, [ACME])]
    tracker = run(database, given)
    assert holds(tracker) == {"user:u1", "user:u2", "user:u3", "anonymous:shared-device"}
    assert b"acme" not in b"".join(row[0] for row in tracker.db.execute("SELECT body FROM touchpoints"))
    assert tracker.db.execute("SELECT count(*) FROM touchpoints").fetchone() == (10,)
    check(tracker, given)


def test_merged_customers_are_told_as_erased_under_every_number_they_had(database: Path) -> None:
    given = [
        touchpoint(START, "A", ids=(U1,)),
        touchpoint(START + DAY, "A", ids=(U2,)),
        touchpoint(START + 2 * DAY, ids=(U1, U2), kind="merge"),
        erase(START + 3 * DAY, [U1, U2]),
    ]
    tracker = run(database, given, 1)
    assert told(database) == [("waypost.customer.erased", 1, []), ("waypost.customer.erased", 2, [])]
    assert tracker.db.execute("SELECT count(*) FROM customers").fetchone() == (0,)


def test_what_is_sent_again_stays_forgotten_and_who_comes_back_is_somebody_new(database: Path) -> None:
    before = list(story())
    back = touchpoint(START + 30 * DAY, "A", ids=(U1, DEVICE), event_id="back")
    given = [*before, erase(START + 20 * DAY, [U1, DEVICE]), *before, back]
    tracker = run(database, given, 3)
    assert tracker.db.execute("SELECT count(*) FROM touchpoints").fetchone() == (6,)
    number = tracker.db.execute("SELECT customer_no FROM ids WHERE value = 'u1'").fetchone()[0]
    assert number > max(customer for _, customer, _ in told(database))
    check(tracker, given)


def test_nothing_of_the_customer_is_left_in_the_file(database: Path) -> None:
    mine = list(story())
    secret = ("user", "somebody-who-will-leave")
    mine += [
        touchpoint(START + n * HOUR, event, ids=(secret, ("anonymous", f"gone-{n}")), event_id=f"s{n}")
        for n, event in enumerate(("A", "B Failed", "B Failed", "Odd", "D", "E") * 40)
    ]
    conflict = touchpoint(START + HOUR, "C", ids=(secret,), event_id="s1", attributes=b'{"other":1}')
    ids = [secret, *(("anonymous", f"gone-{n}") for n in range(240))]
    tracker = run(database, [*mine, conflict], 20)
    assert b"somebody-who-will-leave" in whole(tracker, database)
    end = tracker.db.execute("SELECT next FROM offsets").fetchone()[0]
    [record] = records([erase(START + 99 * DAY, ids)])
    tracker.process([structs.replace(record, offset=end)])
    while tracker.scrub():
        pass
    left = whole(tracker, database)
    assert b"somebody-who-will-leave" not in left
    assert b"gone-7" not in left
    assert b"u3" in left


def whole(tracker: Tracker, database: Path) -> bytes:
    """Return every byte of the database's files, once the write-ahead log is empty."""
    assert empty_wal(tracker.db)
    return b"".join(path.read_bytes() for path in sorted(database.parent.glob("journey*")))


def test_an_account_is_judged_without_the_member_who_was_forgotten(database: Path) -> None:
    given = [
        touchpoint(START, ids=(U1,), kind="group", account="acme", event_id="g1"),
        touchpoint(START + 1, ids=(U2,), kind="group", account="acme", event_id="g2"),
        touchpoint(START + DAY, "A", ids=(U1,), event_id="a"),
        touchpoint(START + 2 * DAY, "B", ids=(U2,), account="acme", event_id="b"),
        erase(START + 3 * DAY, [U1]),
    ]
    tracker = run(database, given, 1)
    check(tracker, given)


def test_a_device_whose_first_user_is_forgotten_is_the_next_users(database: Path) -> None:
    given = [
        touchpoint(START, ids=(U1, DEVICE), kind="identify", event_id="i1"),
        touchpoint(START + DAY, ids=(U2, DEVICE), kind="identify", event_id="i2"),
        touchpoint(START + 2 * DAY, "A", ids=(DEVICE,), event_id="a"),
        erase(START + 3 * DAY, [U1]),
    ]
    tracker = run(database, given, 1)
    check(tracker, given)
    assert frozenset(["user:u2", "anonymous:shared-device"]) in stored_projection(tracker.db, "t")


def test_who_had_become_part_of_an_erased_id_is_part_of_those_who_stay(database: Path) -> None:
    given = [touchpoint(START + n, "A", ids=(user,), event_id=f"a{n}") for n, user in enumerate((U1, U2, U3))]
    given += [
        touchpoint(START + DAY + n, ids=(U1, user), kind="merge", event_id=f"m{n}") for n, user in enumerate((U2, U3))
    ]
    given += [touchpoint(START + 2 * DAY, ids=(U2, U3), kind="merge", event_id="m"), erase(START + 3 * DAY, [U1])]
    tracker = run(database, given, 1)
    check(tracker, given)
    assert tracker.db.execute("SELECT customer_no, merged_into FROM customers").fetchall() == [(2, None), (3, 2)]


@pytest.mark.parametrize("step", ["erased", "written", "scrub begins", "committed"])
def test_a_process_killed_at_a_step_of_an_erasure_goes_on_where_it_stood(step: str, tmp_path: Path) -> None:
    rng = random.Random(step)
    given = with_erasures(rng, Crowd(rng, people=4).draw(60))
    feed(tmp_path, given)
    assert run_worker(tmp_path, step, 1) == -signal.SIGKILL
    assert run_worker(tmp_path, step, 2) in (-signal.SIGKILL, 0)
    assert run_worker(tmp_path, "never", 1) == 0
    db = connect(tmp_path / "journey.db")
    assert stored_projection(db, "t") == project(given, MAPS, START + 3 * YEAR - HOUR)
    check_outbox(tmp_path / "journey.db", db)
    assert db.execute("SELECT count(*) FROM scrubs").fetchone() == (0,)


def test_every_table_that_says_something_of_a_customer_is_known(database: Path) -> None:
    """A new table or column with the number of an id or a customer fails here until erasing knows it."""
    db = connect(database)
    tables = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    columns = {(name, row[1]) for name in tables for row in db.execute(f"PRAGMA table_info({name})")}
    numbered = {each for each in columns if each[1] in {"customer_no", "merged_into", "id_no", "account_no"}}
    assert numbered | {each for each in columns if each[1].startswith("id_")} == {
        ("ids", "id_no"),
        ("ids", "customer_no"),
        ("assertions", "id_a"),
        ("assertions", "id_b"),
        ("touchpoints", "id_no"),
        ("touchpoints", "account_no"),
        ("customers", "customer_no"),
        ("customers", "merged_into"),
        ("journeys", "customer_no"),
        ("findings", "customer_no"),
        ("erased_numbers", "id_no"),
    }
