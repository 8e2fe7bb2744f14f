"""The outbox is trimmed by age, and never beyond what alerts has read."""

from contextlib import closing
from pathlib import Path

import pytest

from migrations.run import upgrade
from services.journey.track.retaining import Retaining
from shared.clock import DAY
from shared.database import connect, transaction
from shared.log.event_log import DEAD_LETTERS, FACTS, Append, LogMismatchError, NewRecord
from shared.log.sql_log import SqlLog, append_in

OLD = 1_000_000 * DAY // 1_000_000  # long ago


@pytest.fixture
def outbox(tmp_path: Path) -> SqlLog:
    path = tmp_path / "journey.db"
    upgrade("journey", path)
    with closing(connect(path)) as db, transaction(db):
        for n in range(10):
            append_in(db, [Append(topic, [NewRecord(b"", b"%d" % n)]) for topic in (FACTS, DEAD_LETTERS)], OLD)
    log = SqlLog(path)
    log.append([Append(FACTS, [NewRecord(b"", b"new")])])
    return log


def read_until(outbox: SqlLog, offset: int) -> None:
    with closing(outbox.subscribe(FACTS, "alerts", lambda _: None, lambda _: None)) as reader:
        reader.report(0, offset)


def test_facts_stay_until_alerts_has_read_them(outbox: SqlLog) -> None:
    retaining = Retaining(outbox, facts=30 * DAY, letters=400 * DAY)
    retaining.trim()
    assert (outbox.begin(FACTS, 0), outbox.begin(DEAD_LETTERS, 0)) == (0, 10)
    read_until(outbox, 4)
    retaining.trim()
    assert outbox.begin(FACTS, 0) == 4


def test_facts_that_are_not_old_stay_though_they_were_read(outbox: SqlLog) -> None:
    read_until(outbox, 11)
    Retaining(outbox, facts=30 * DAY, letters=400 * DAY).trim()
    assert (outbox.begin(FACTS, 0), outbox.end(FACTS, 0)) == (10, 11)


def test_a_reader_that_lost_its_place_is_told_so(outbox: SqlLog) -> None:
    read_until(outbox, 11)
    Retaining(outbox, facts=30 * DAY, letters=400 * DAY).trim()
    reader = outbox.subscribe(FACTS, "alerts", lambda _: None, lambda _: None)
    with closing(reader), pytest.raises(LogMismatchError, match="its records were trimmed"):
        reader.seek(0, 3)
