"""A crash between any two statements loses and doubles nothing; neither does kill -9 of the running service."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from shared.events import Because, Watermark
from shared.log.event_log import NewRecord
from tests.integration.alerts.house import FACT, House
from tests.integration.alerts.test_any_order import live_of
from tests.integration.alerts.world import World
from tests.unit.alerts.facts import at, ended, failed, merged, skipped, stall, withdrawn

TABLES = {
    "alerts": "SELECT * FROM alerts ORDER BY alert_no",
    "alert_trail": "SELECT * FROM alert_trail ORDER BY trail_no",
    "fact_marks": "SELECT * FROM fact_marks ORDER BY finding",
    "merged_customers": "SELECT * FROM merged_customers ORDER BY customer_no",
    "offsets": "SELECT topic, part, next, heard_until, judged_until FROM offsets ORDER BY part",
    "deliveries": "SELECT tenant, trail_no, alert_no, channel, status FROM deliveries ORDER BY trail_no, channel",
    "log_heads": "SELECT * FROM log_heads ORDER BY topic, part",
}


class Crash(BaseException):
    """Stands for kill -9: nothing catches it."""


class Dying(sqlite3.Connection):
    """A connection whose process dies before its n-th statement, and stays dead."""

    left = 10**9

    def _count(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise Crash

    def execute(self, *args: Any) -> sqlite3.Cursor:  # noqa: ANN401 (sqlite3's own)
        """Execute, or die."""
        self._count()
        return super().execute(*args)

    def executemany(self, *args: Any) -> sqlite3.Cursor:  # noqa: ANN401 (sqlite3's own)
        """Execute, or die."""
        self._count()
        return super().executemany(*args)


def dying(path: Path, statements: int) -> Dying:
    db = sqlite3.connect(path, factory=Dying, isolation_level=None, check_same_thread=False)
    db.execute("PRAGMA synchronous = OFF")  # processes die here, machines do not
    db.left = statements
    return db


def everything(house: House) -> dict[str, Sequence[object]]:
    with house.database() as db:
        return {name: db.execute(question).fetchall() for name, question in TABLES.items()}


def fill(house: House) -> None:
    """Write a history that takes every way: open, update, end, withdraw, merge, join, poison, watermark."""
    house.webhook_url = "https://example.com/hook"
    house.slack_webhook_url = "https://example.com/slack"
    house.write(stall(3, customer=5), skipped(customer=5), stall(customer=2, step="kickoff"))
    house.write_records([NewRecord(b"", b"nonsense", FACT)])
    house.write(stall(customer=3), failed(customer=3), stall(customer=1))
    house.write(
        stall(8, customer=2, because=Because(was=["5/onboarding/1/stall:security-review:1"])),
        merged(5, 2, 4),
        withdrawn(stall(customer=5), 4, Because(merged_into=2)),
        withdrawn(skipped(customer=5), 4, Because(merged_into=2)),
        watermark=Watermark(0, at(20), at(19)),
    )
    house.write(merged(3, 1, 2), withdrawn(stall(customer=3), 2, Because(merged_into=1)), ended(stall(customer=1), 2))


@pytest.fixture
def undisturbed(house: House, tmp_path_factory: pytest.TempPathFactory, migrated: Path) -> Iterator[dict[str, Any]]:
    other = House(tmp_path_factory.mktemp("undisturbed"))
    for file in migrated.iterdir():
        (other.folder / file.name).write_bytes(file.read_bytes())
    fill(other)
    other.read()
    fill(house)
    yield everything(other)
    other.close()


def test_a_crash_before_any_statement_is_as_if_it_had_not_been(house: House, undisturbed: dict[str, Any]) -> None:
    fresh = (house.folder / "alerts.db").read_bytes()
    crashes = 0
    for statements in range(1, 1000):
        for name in ("alerts.db", "alerts.db-wal", "alerts.db-shm"):
            (house.folder / name).unlink(missing_ok=True)
        (house.folder / "alerts.db").write_bytes(fresh)
        try:
            house.read(dying(house.folder / "alerts.db", statements), batch=3)
        except Crash:
            crashes += 1
            house.read(dying(house.folder / "alerts.db", 10**9))
        else:
            break
        assert everything(house) == undisturbed
    assert crashes > 100


def test_a_process_that_dies_again_and_again_comes_to_the_same_end(house: House, undisturbed: dict[str, Any]) -> None:
    steps = 0
    while True:
        steps += 1
        try:
            house.read(dying(house.folder / "alerts.db", 40 + steps), batch=2)
        except Crash:
            continue
        break
    assert steps > 2
    assert everything(house) == undisturbed


PROGRAM = """
from services.alerts.app import create_consumer
from shared.clock import SteppedClock
from shared.settings import Settings
consumer = create_consumer(Settings(), SteppedClock(0))
consumer.batch = 20
print("up", flush=True)
consumer.run()
"""


@contextmanager
def running(house: House) -> Iterator[None]:
    """Run a consumer as a process of its own until the end of the block, then kill -9."""
    environment = os.environ | {"WAYPOST_DATA": str(house.folder), "WAYPOST_LOG_LEVEL": "error"}
    with subprocess.Popen([sys.executable, "-c", PROGRAM], env=environment, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout
            assert process.stdout.readline() == b"up\n"
            yield
        finally:
            process.kill()


def test_kill_9_of_the_consumer_at_any_moment_loses_and_doubles_nothing(house: House) -> None:
    world = World(7).run(500)
    for n in range(0, 500, 250):
        with running(house):
            for facts in world.transactions[n : n + 250]:
                house.write(*facts)
    house.read()
    assert live_of(house) == world.expected()
    with house.database() as db:
        doubled = db.execute("SELECT count(*) - count(DISTINCT alert_no) FROM alert_trail WHERE change = 'opened'")
        assert doubled.fetchone() == (0,)
        assert db.execute("SELECT next FROM offsets").fetchall() == [(sum(map(len, world.transactions)),)]
