"""The bench measures what it says: ratios, copies that keep their meaning, rows noted, latencies matched to offsets."""

import json
from contextlib import closing
from pathlib import Path

import pytest

from bench.drain import Recorder
from bench.fill import _copies
from bench.flow import _latencies
from bench.measure import Measure, ratio, write
from bench.state import _reachable
from migrations.run import upgrade
from shared.database import transaction
from shared.events import event_hash
from shared.log.event_log import TOUCHPOINTS, Append, NewRecord
from shared.log.sql_log import SqlLog


@pytest.mark.parametrize(
    ("value", "target", "missed"),
    [(0.6, ">= 0.6", False), (0.59, ">= 0.6", True), (300, "<= 300", False), (301.0, "<= 300", True), (5, "", False)],
)
def test_a_figure_is_missed_when_it_lies_beyond_its_target(value: float, target: str, missed: bool) -> None:  # noqa: FBT001 (a table)
    assert Measure("x", value, target).missed is missed


def test_a_ratio_compares_neighbouring_rounds() -> None:
    assert ratio([10, 1, 30], [20, 2, 30]) == 0.5


def test_figures_are_left_for_machines_as_name_value_target(tmp_path: Path) -> None:
    write([Measure("a / b", 0.5, ">= 0.4"), Measure("a", 1)], tmp_path / "build" / "bench.json")
    assert json.loads((tmp_path / "build" / "bench.json").read_text()) == [
        {"name": "a / b", "value": 0.5, "target": ">= 0.4"},
        {"name": "a", "value": 1, "target": ""},
    ]


def test_copied_rows_have_new_names_numbers_and_hashes() -> None:
    columns = ["id_no", "account_no", "event_hash", "event_id", "source", "body", "digest"]
    row = (3, None, event_hash("web", "s10000-1"), "s10000-1", "web", b'{"event_id":"s10000-1"}', 9)
    first, second = _copies(columns, [row], (10000, 3, 100))
    assert first == (103, None, event_hash("web", "s10001-1"), "s10001-1", "web", b'{"event_id":"s10001-1"}', 9)
    assert second[:4] == (203, None, event_hash("web", "s10002-1"), "s10002-1")


def test_a_recorder_notes_the_rows_of_each_transaction_by_statement(tmp_path: Path) -> None:
    upgrade("journey", tmp_path / "journey.db")
    db = Recorder(tmp_path)
    with transaction(db):  # type: ignore[arg-type] # stands in for a connection
        db.execute("SELECT count(*) FROM ids").fetchone()
        db.executemany("INSERT INTO ids VALUES (?, ?, ?, ?, ?)", ((n, "t", "user", str(n), n) for n in (1, 2)))
        db.execute("UPDATE ids SET customer_no = ? WHERE id_no = ?", (1, 2))
        db.execute("INSERT INTO ids VALUES (?, ?, ?, ?, ?)", (3, "t", "user", "3", 3))
    assert [[(sql[:6], len(rows)) for sql, rows in done] for done in db.transactions] == [
        [("INSERT", 3), ("UPDATE", 1)],
    ]
    assert db.execute("SELECT count(*) FROM ids").fetchone() == (3,)
    db.close()


def test_a_record_is_visible_when_the_next_offset_first_lies_beyond_it(tmp_path: Path) -> None:
    upgrade("log", tmp_path / "log.db")
    with closing(SqlLog(tmp_path / "log.db")) as log:
        log.append([Append(TOUCHPOINTS, [NewRecord(b"", b"x")] * 4)])
        reader = log.subscribe(TOUCHPOINTS, "g", lambda _: None, lambda _: None)
        at = reader.poll(0)[0].machine_at / 1e6
        reader.close()
    found = _latencies(tmp_path, 1, 4, [(at + 0.1, 1), (at + 0.2, 3), (at + 0.5, 4)])
    assert found == pytest.approx([200, 200, 500], abs=0.01)


def test_memory_that_is_shared_counts_once() -> None:
    shared = ["a" * 1000]
    known: set[int] = set()
    assert _reachable([shared], known) > 1000
    assert _reachable([(shared, "b" * 10)], known) < 200
