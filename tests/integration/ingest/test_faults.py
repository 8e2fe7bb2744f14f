"""When the log fails or is full, clients are told to come back, and nothing that was acknowledged is missing."""

import asyncio
import sqlite3
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from services.ingest.accept.counting import Counting
from services.ingest.accept.housekeeping import Housekeeping
from services.ingest.accept.pressure import Pressure, Room
from services.ingest.store.sources import Heard, SourceStore
from shared.clock import DAY, SECOND, SteppedClock
from shared.log.event_log import DEAD_LETTERS, TOUCHPOINTS, Append, LogUnavailableError, NewRecord
from shared.log.sql_log import SqlLog
from tests.integration.ingest.running import Ingest, make_folder
from tests.servers import until

TRACK: dict[str, Any] = {"event": "Paid", "userId": "u"}
NOW = 1_795_283_847 * SECOND


class FailingLog(SqlLog):
    """A log whose disk fails as long as it is told to."""

    failing = False

    def append(self, appends: Sequence[Append]) -> list[int]:
        """Append, or fail."""
        if self.failing:
            message = "disk I/O error"
            raise LogUnavailableError(message)
        return super().append(appends)


class SlowLog(SqlLog):
    """A log that takes nothing before it is let go."""

    def __init__(self, path: Path) -> None:
        """Hold everything back."""
        super().__init__(path)
        self.go = threading.Event()

    def append(self, appends: Sequence[Append]) -> list[int]:
        """Wait, then append."""
        if appends:
            self.go.wait(20.0)
        return super().append(appends)


def test_a_log_that_fails_answers_503_and_recovers_by_itself(tmp_path: Path) -> None:
    make_folder(tmp_path)
    log = FailingLog(tmp_path / "log.db")
    with Ingest(tmp_path, log=log) as ingest:
        acknowledged = [ingest.post("/v1/touchpoints", TRACK)["results"][0]["event_id"]]
        log.failing = True
        failed = [ingest.ask("POST", path, json=TRACK) for path in ("/v1/track", "/v1/touchpoints")]
        unready = ingest.http.get("/readyz")
        log.failing = False
        acknowledged.append(ingest.post("/v1/touchpoints", TRACK)["results"][0]["event_id"])
        until(lambda: ingest.http.get("/readyz").status_code == 200, what="being ready again")
        stored = [t.event_id for t in ingest.touchpoints()]
        [source] = ingest.ask("GET", "/v1/sources", scope="read").json()["sources"]

    assert [(a.status_code, a.json()["code"], a.headers["retry-after"]) for a in failed] == [
        (503, "unavailable", "1")
    ] * 2
    assert (unready.status_code, unready.json()["wrong"]) == (503, {"log": "disk I/O error"})
    assert stored == acknowledged
    assert source["accepted"] == 2


def test_a_replay_while_the_log_fails_leaves_the_letter_waiting(tmp_path: Path) -> None:
    make_folder(tmp_path)
    log, clock = FailingLog(tmp_path / "log.db"), SteppedClock(NOW)
    wish: dict[str, Any] = {"all": True}
    with Ingest(tmp_path, log=log, clock=clock) as ingest:
        ingest.post("/v1/track", TRACK | {"messageId": "m", "timestamp": "2026-11-28T17:57:27Z"})
        clock.step(7 * DAY)
        log.failing = True
        failed = ingest.ask("POST", "/v1/dead-letters/replay", scope="admin", json=wish)
        waiting = ingest.ask("GET", "/v1/dead-letters", scope="read").json()["dead_letters"]
        log.failing = False
        mended = ingest.ask("POST", "/v1/dead-letters/replay", scope="admin", json=wish).json()
        stored = [t.event_id for t in ingest.touchpoints()]

    assert (failed.status_code, failed.json()["code"]) == (503, "unavailable")
    assert [(w["event_id"], w["status"]) for w in waiting] == [("m", "waiting")]
    assert mended["replayed"] == 1
    assert stored == ["m"]


def test_nobody_is_answered_before_the_log_has_it(tmp_path: Path) -> None:
    make_folder(tmp_path)
    log = SlowLog(tmp_path / "log.db")
    with Ingest(tmp_path, log=log) as ingest:
        answers: list[int] = []
        sender = threading.Thread(
            target=lambda: answers.append(ingest.ask("POST", "/v1/track", json=TRACK).status_code)
        )
        sender.start()
        sender.join(0.5)
        before, stored = list(answers), ingest.touchpoints()
        log.go.set()
        sender.join()

    assert (before, stored) == ([], [])
    assert answers == [200]


def test_a_log_over_its_bound_answers_429_until_there_is_room(tmp_path: Path) -> None:
    with Ingest(tmp_path, log_max_mb=1) as ingest:
        big = {"batch": [TRACK | {"type": "track", "properties": {"a": "x" * 30_000}} for _ in range(15)]}
        answers = [ingest.ask("POST", "/v1/batch", json=big) for _ in range(5)]
        until(lambda: ingest.ask("POST", "/v1/track", json=TRACK).status_code == 429, what="the bound")
        refused = ingest.ask("POST", "/v1/track", json=TRACK)
        unready = ingest.http.get("/readyz").json()
        alive = ingest.http.get("/healthz").status_code

    assert {a.status_code for a in answers} <= {200, 429}
    assert (refused.json()["code"], int(refused.headers["retry-after"]) > 0) == ("too_busy", True)
    assert "room" in unready["wrong"]
    assert alive == 200


def test_a_disk_without_room_is_noticed_and_so_is_room_again(tmp_path: Path) -> None:
    make_folder(tmp_path)
    log = SqlLog(tmp_path / "log.db")
    full = Pressure(log, tmp_path, Room(log_max_mb=1000, disk_free_mb=1 << 40))
    free = Pressure(log, tmp_path, Room(log_max_mb=1000, disk_free_mb=0))
    full.look()
    free.look()
    log.close()

    assert "disk" in full.wrong
    assert free.wrong == ""


def test_what_is_older_than_retention_leaves_the_log(tmp_path: Path) -> None:
    make_folder(tmp_path)
    log = SqlLog(tmp_path / "log.db")
    for topic in (TOUCHPOINTS, DEAD_LETTERS):
        log.append([Append(topic, [NewRecord(b"k", b"v")] * 3)])
    pressure = Pressure(log, tmp_path, Room(log_max_mb=1000, disk_free_mb=0))
    counting = Counting(SourceStore(tmp_path / "ingest.db"))
    begins = []
    for days in (1.0, 0.0):
        Housekeeping(pressure, counting, log, days, int).round([])
        begins.append([(log.begin(topic, 0), log.end(topic, 0)) for topic in (TOUCHPOINTS, DEAD_LETTERS)])
    log.close()

    assert begins == [[(0, 3), (0, 3)], [(3, 3), (3, 3)]]


def test_counts_that_could_not_be_written_are_written_with_the_next_round(tmp_path: Path) -> None:
    make_folder(tmp_path)
    log, store = SqlLog(tmp_path / "log.db"), SourceStore(tmp_path / "ingest.db")
    pressure = Pressure(log, tmp_path, Room(log_max_mb=1000, disk_free_mb=0))
    housekeeping = Housekeeping(pressure, Counting(store), log, 1.0, int)
    other = sqlite3.connect(tmp_path / "ingest.db")
    other.execute("ALTER TABLE sources RENAME TO away")
    housekeeping.round([Heard("acme", "web", NOW, 3, 1)])
    other.execute("ALTER TABLE away RENAME TO sources")
    housekeeping.round([Heard("acme", "web", NOW + 1, 2, 0)])
    other.close()
    log.close()

    assert store.of("acme") == [Heard("acme", "web", NOW + 1, 5, 1)]


def test_after_a_restart_stamps_go_on_where_the_log_ends(tmp_path: Path) -> None:
    with Ingest(tmp_path, clock=SteppedClock(NOW)) as ingest:
        ingest.post("/v1/track", TRACK)
    with Ingest(tmp_path, clock=SteppedClock(NOW - DAY)) as ingest:
        ingest.post("/v1/track", TRACK)
        stamps = [t.received_at for t in ingest.touchpoints()]

    assert stamps == [NOW, NOW]


def test_a_folder_that_was_moved_is_noticed_and_so_is_its_return(tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    with Ingest(tmp_path / "here", clock=SteppedClock(NOW)) as ingest:

        def sent() -> int:
            return ingest.ask("POST", "/v1/track", json=TRACK).status_code

        assert sent() == 200
        (tmp_path / "here").rename(tmp_path / "there")
        refused = ingest.ask("POST", "/v1/track", json=TRACK)
        until(lambda: ingest.ask("GET", "/readyz").status_code == 503)
        status = ingest.ask("GET", "/readyz")
        (tmp_path / "there").rename(tmp_path / "here")
        until(lambda: sent() == 200)

    assert (refused.status_code, refused.json()["code"]) == (503, "unavailable"), "at once: nothing is lost"
    assert f"there is no log {tmp_path / 'here' / 'log.db'}: put its folder back" in status.json()["wrong"]["log"]


def test_housekeeping_goes_on_after_any_failure(tmp_path: Path) -> None:
    make_folder(tmp_path)
    log, store = SqlLog(tmp_path / "log.db"), SourceStore(tmp_path / "ingest.db")
    pressure = Pressure(log, tmp_path, Room(log_max_mb=1000, disk_free_mb=0))
    rounds = 0

    def fails() -> None:
        nonlocal rounds
        rounds += 1
        message = "a bug"
        raise TypeError(message)

    async def keep_house() -> None:
        await asyncio.wait_for(Housekeeping(pressure, Counting(store), log, 1.0, int, scrub=fails).run(), 2.5)

    with pytest.raises(TimeoutError):
        asyncio.run(keep_house())
    log.close()
    store.close()

    assert rounds >= 2
