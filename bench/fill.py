"""Fills a data folder with millions of stored touchpoints in a minute, and a log that waits to be drained.

Two simulations go through the real journey transaction: customers of the past, whose journeys are over or given up,
and customers of today, up to a moment in the middle of their journeys. Their rows are then copied under other names
until enough is stored. What today's customers do next goes into the log.
"""

import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from bench.crowd import LATENESS, MAP, START, TENANT, Crowd, crowd, days, stored_bytes, token
from bench.measure import scaled
from migrations.run import upgrade
from services.journey.store.maps import MapRow, publish
from services.journey.track.tracker import Tracker, TrackSettings
from shared.database import connect, transaction
from shared.events import event_hash
from shared.log.event_log import TOUCHPOINTS, Append, NewRecord, Record
from shared.log.sql_log import SqlLog

PAST, TODAY = 10000, 20000  # seeds; copies count on from there
CUSTOMERS = 2000  # of each simulation
COPIES_OF_TODAY = scaled(12)
SETTINGS = TrackSettings(lateness=LATENESS)

TOPIC = TOUCHPOINTS

_NUMBERS = {"id_no", "customer_no", "merged_into", "id_a", "id_b", "account_no"}
_TEXTS = {"value", "event_id", "last_event", "blob", "steps", "content", "body"}
_ORDER = {"touchpoints": "ORDER BY received_at", "ids": "ORDER BY id_no"}


def fill(folder: Path) -> int:
    """Fill a folder; return how many touchpoints are stored in journey.db. log.db holds what is to be drained."""
    past, today = crowd(CUSTOMERS, PAST, START - days(200)), crowd(CUSTOMERS, TODAY, START)
    now = len(today.sent) * 55 // 100
    path = folder / "journey.db"
    upgrade("journey", path)
    with closing(connect(path)) as db:
        _template(db, past, today, now)
        db.execute("PRAGMA synchronous = OFF")
        copies = max(1, (scaled(2_150_000) - now * COPIES_OF_TODAY) // len(past.sent))
        _copy(db, copies)
        log_id = _waiting(folder, today, now)
        with transaction(db):
            db.execute("DELETE FROM log_segments")
            db.execute("UPDATE offsets SET next = 0, log_id = ?", (log_id,))
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        db.execute("ANALYZE")
        stored: int = db.execute("SELECT count(*) FROM touchpoints").fetchone()[0]
    return stored


def _template(db: sqlite3.Connection, past: Crowd, today: Crowd, now: int) -> None:
    with transaction(db):
        publish(db, MapRow(TENANT, "onboarding", 1, 1, START - days(400), "bench", MAP.read_text()))
        db.execute("INSERT INTO offsets VALUES (?, 0, 0, 0, 'template')", (TOPIC,))
    tracker = Tracker(db, SETTINGS)
    values = stored_bytes(past.sent) + stored_bytes(today.sent[:now])
    for first in range(0, len(values), 2000):
        part = values[first : first + 2000]
        tracker.process([Record(TOPIC, 0, first + n, b"", value, 0) for n, value in enumerate(part)])
    tracker.heartbeat(0, len(values), today.sent[now].arrival)
    while tracker.sweep():
        pass


def _copy(db: sqlite3.Connection, copies: int) -> None:
    """Copy the rows of the template: the past `copies` times, today COPIES_OF_TODAY times, itself included."""
    stride = db.execute("SELECT max(id_no) FROM ids").fetchone()[0]
    first_today = db.execute("SELECT min(id_no) FROM ids WHERE value LIKE ?", (f"%{token(TODAY)}%",)).fetchone()[0]
    index = db.execute("SELECT sql FROM sqlite_master WHERE name = 'touchpoints_key'").fetchone()[0]
    db.execute("DROP INDEX touchpoints_key")
    with transaction(db):
        for table, column in (
            ("ids", "id_no"),
            ("assertions", "id_a"),
            ("customers", "customer_no"),
            ("journeys", "customer_no"),
            ("findings", "customer_no"),
            ("touchpoints", "id_no"),
        ):
            for seed, where, count in (
                (PAST, f"{column} < {first_today}", copies),
                (TODAY, f"{column} BETWEEN {first_today} AND {stride}", COPIES_OF_TODAY),
            ):
                _copy_rows(db, f"{table} WHERE {where} {_ORDER.get(table, '')}", (seed, count, stride))
    db.execute(index)


def _copy_rows(db: sqlite3.Connection, source: str, plan: tuple[int, int, int]) -> None:
    cursor = db.execute(f"SELECT * FROM {source}")  # noqa: S608 (constants)
    columns = [column[0] for column in cursor.description]
    rows = cursor.fetchall()
    marks = ", ".join("?" * len(columns))
    db.executemany(f"INSERT INTO {source.split(maxsplit=1)[0]} VALUES ({marks})", _copies(columns, rows, plan))  # noqa: S608


def _copies(columns: list[str], rows: list[tuple[Any, ...]], plan: tuple[int, int, int]) -> Iterator[tuple[Any, ...]]:
    """Yield each row once for each copy, row by row, as if all copies had arrived side by side."""
    seed, count, stride = plan
    numbers = [n for n, name in enumerate(columns) if name in _NUMBERS]
    texts = [n for n, name in enumerate(columns) if name in _TEXTS]
    hashed = columns.index("event_hash") if "event_hash" in columns else None
    event_id, source = (columns.index(name) if name in columns else 0 for name in ("event_id", "source"))
    names = [(copy, token(seed + copy)) for copy in range(1, count)]
    old = token(seed)
    for row in rows:
        for copy, new in names:
            fresh = list(row)
            for n in numbers:
                if fresh[n] is not None:
                    fresh[n] += copy * stride
            for n in texts:
                if isinstance(fresh[n], bytes):
                    fresh[n] = fresh[n].replace(old.encode(), new.encode())
                elif fresh[n] is not None:
                    fresh[n] = fresh[n].replace(old, new)
            if hashed is not None:
                fresh[hashed] = event_hash(fresh[source], fresh[event_id])
            yield tuple(fresh)


def _waiting(folder: Path, today: Crowd, now: int) -> str:
    upgrade("log", folder / "log.db")
    log = SqlLog(folder / "log.db")
    chance, names = random.Random(5), [token(TODAY + copy).encode() for copy in range(COPIES_OF_TODAY)]
    wanted = scaled(100_000) // COPIES_OF_TODAY
    waiting: list[NewRecord] = []
    for value in stored_bytes(today.sent[now : now + wanted]):
        chance.shuffle(names)
        waiting += [NewRecord(b"", value.replace(token(TODAY).encode(), name)) for name in names]
    for first in range(0, len(waiting), 1000):
        log.append([Append(TOPIC, waiting[first : first + 1000])])
    log.close()
    return log.log_id
