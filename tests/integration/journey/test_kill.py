"""kill -9 at every step of the journey transaction: after a restart nothing is lost, doubled or told twice."""

import random
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from migrations.run import upgrade
from services.journey.store.maps import MapRow, publish
from shared.clock import HOUR
from shared.database import connect, transaction
from shared.events import Touchpoint
from shared.log.event_log import TOUCHPOINTS, Append
from shared.log.sql_log import SqlLog
from tests.integration.journey.histories import START, Crowd, record
from tests.integration.journey.outbox import check_outbox
from tests.integration.journey.pure import project, stored_projection
from tests.integration.journey.test_properties import ACCOUNT_MAP, MAPS, PERSON_MAP
from tests.integration.journey.worker import YEAR

STEPS = (
    "batch begins",
    "inserted",
    "identified",
    "judged",
    "written",
    "appended",
    "before commit",
    "committed",
    "heartbeat begins",
    "sweep begins",
)


def run(folder: Path, step: str, count: int) -> int:
    command = [sys.executable, "-m", "tests.integration.journey.worker", str(folder), step, str(count)]
    return subprocess.run(command, check=False, timeout=60).returncode


def feed(folder: Path, touchpoints: list[Touchpoint]) -> sqlite3.Connection:
    """Make a data folder with a log of touchpoints and two maps; return its journey database."""
    for database in ("log", "journey"):
        upgrade(database, folder / f"{database}.db")
    log = SqlLog(folder / "log.db")
    for each in touchpoints:
        log.append([Append(TOUCHPOINTS, [record(each)])])
    log.close()
    db = connect(folder / "journey.db")
    with transaction(db):
        for text, published in zip((PERSON_MAP, ACCOUNT_MAP), MAPS, strict=True):
            publish(db, MapRow("t", published.map.name, 0, 0, START, text, text))
    return db


@pytest.mark.parametrize("step", STEPS)
def test_a_process_killed_at_a_step_goes_on_where_it_stood(step: str, tmp_path: Path) -> None:
    rng = random.Random(step)
    touchpoints = Crowd(rng, people=4).draw(60)
    db = feed(tmp_path, touchpoints)
    assert run(tmp_path, step, 1) == -signal.SIGKILL
    assert run(tmp_path, step, 2) in (-signal.SIGKILL, 0)  # a last step comes once
    assert run(tmp_path, "never", 1) == 0
    assert stored_projection(db, "t") == project(touchpoints, MAPS, START + 3 * YEAR - HOUR)
    check_outbox(tmp_path / "journey.db", db)
    assert db.execute("SELECT next FROM offsets").fetchone()[0] == len(touchpoints)
