"""The queue of a large team: filters, counts and CSV, each cheap with 10,000 live alerts among 100,000.

Cheap is counted in steps of SQLite's machine, which no other load on this one changes.
"""

import csv
import io
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from services.alerts.app import create_app
from services.alerts.domain.alert import Alert, said_by, subject_of
from services.alerts.store import alerts, reads
from services.alerts.store.reads import Filter
from shared.auth import StoredKey, hash_key, write_snapshot
from shared.database import connect, transaction
from shared.events import NextStep
from tests.integration.alerts.house import House
from tests.integration.alerts.test_api import Caller, numbers
from tests.unit.alerts.facts import at, failed, skipped, stall

ALL, LIVE = 100_000, 10_000
STEPS = 25 * LIVE  # what looks at each live alert once and at no closed one
SCAN_STEPS = 6 * ALL  # what finds nothing among the closed has looked at the index of all of them, and at no row
COUNTED = 100  # steps between two counts
COPIES = """
    WITH RECURSIVE copies(n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM copies WHERE n < :all)
    SELECT n, tenant, n % 60000, rule, 'step-' || n, iif(n % :step, 'ended', 'open'),
        severity, n / :step % 4, n % 300, 'csm-' || (n / :step % 50), finding, content, opened_at, changed_at,
        NULL, NULL, iif(n % 1000, 'onboarding', 'rare')
    FROM copies, alerts WHERE alert_no = 1
"""


@pytest.fixture
def admin(house: House) -> Caller:
    write_snapshot(house.folder, [StoredKey("acme", hash_key("acme"), "admin", "test")])
    return Caller(TestClient(create_app(house.settings, house.clock)), "acme")


def test_filters_narrow_by_map_and_by_one_or_more_severities(house: House, admin: Caller) -> None:
    house.take([stall(), skipped(customer=2, map="renewal"), failed(customer=3, map="renewal", severity="low")])
    assert numbers(admin.get("/v1/alerts", map="renewal")) == [2, 3]
    assert numbers(admin.get("/v1/alerts", map="renewals")) == []
    assert numbers(admin.get("/v1/alerts", severity="medium, low")) == [1, 3]
    assert numbers(admin.get("/v1/alerts", severity="high", map="renewal")) == [2]
    answer = admin.get("/v1/alerts", 422, severity="shrill")
    assert (
        answer["message"] == "severity is one or more of low, medium, high, critical, joined by commas; not `shrill`."
    )


def test_the_ids_of_a_customer_are_those_of_now(house: House, admin: Caller) -> None:
    house.take([stall(ids=["anonymous:7"])], [stall(2, ids=["user:1"])])
    assert numbers(admin.get("/v1/alerts", customer="user:1")) == [1]
    assert numbers(admin.get("/v1/alerts", customer="anonymous:7")) == []


def test_the_summary_counts_what_is_live_by_what_it_has_in_common(house: House, admin: Caller) -> None:
    house.take(
        [stall(), stall(customer=2, map="renewal", next=NextStep("x", "y", "sales")), skipped(), failed(customer=3)]
    )
    admin.post("/v1/alerts/4/resolve", {"by": "ana", "reason": "done"})
    assert admin.get("/v1/alerts/summary") == {
        "live": 3,
        "open": 3,
        "acknowledged": 0,
        "snoozed": 0,
        "by_rule": {"stall": 2, "prerequisite_skipped": 1},
        "by_severity": {"medium": 2, "high": 1},
        "by_owner": {"csm": 1, "sales": 1, "": 1},
        "by_map": {"onboarding": 2, "renewal": 1},
    }
    assert admin.get("/v1/alerts/summary", map="renewal")["by_owner"] == {"sales": 1}
    assert admin.get("/v1/alerts/summary", owner="csm")["live"] == 1
    admin.post("/v1/alerts/1/acknowledge", {"by": "ana"})
    admin.post("/v1/alerts/2/snooze", {"by": "ana", "until": "2024-01-10T00:00:00Z"})
    for status, rules in {
        "live": {"stall": 2, "prerequisite_skipped": 1},
        "open": {"prerequisite_skipped": 1},
        "acknowledged": {"stall": 1},
        "snoozed": {"stall": 1},
    }.items():
        found = admin.get("/v1/alerts/summary", status=status)
        assert (found["live"], found["open"], found["acknowledged"], found["snoozed"]) == (3, 1, 1, 1)
        assert found["by_rule"] == rules


def test_csv_holds_every_alert_and_runs_in_no_spreadsheet(house: House, admin: Caller) -> None:
    house.take(
        [stall(customer=n, ids=["user:=HYPERLINK(1)"], name="@SUM(1)", text='=cmd|"/c calc"!A1') for n in range(1, 702)]
    )
    text = admin.text("/v1/alerts", format="csv", limit=5)
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
    assert sorted(int(row["alert"]) for row in rows) == list(range(1, 702))
    assert {row["reason"] for row in rows} == {'\'=cmd|"/c calc"!A1'}
    assert rows[0]["name"] == "'@SUM(1)"
    assert (rows[0]["ids"], rows[0]["owner"], rows[0]["since"]) == ("user:=HYPERLINK(1)", "csm", "2023-12-17T22:13:20Z")
    assert len(admin.text("/v1/alerts", format="csv", customer="7").splitlines()) == 2


@pytest.fixture(scope="module")
def large(migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Fill a database with 100,000 alerts of 60,000 customers; every tenth is live."""
    path = tmp_path_factory.mktemp("large") / "alerts.db"
    shutil.copy(migrated / "alerts.db", path)
    fact = stall(next=NextStep("call", "next", "csm"))
    with closing(connect(path)) as db, transaction(db):
        alerts.save(db, Alert(0, subject_of(fact), "ended", said_by(fact), at(1), at(1)))
        db.execute(f"INSERT INTO alerts {COPIES}", {"all": ALL, "step": ALL // LIVE})
        db.execute(
            "INSERT INTO alert_ids SELECT tenant, 'user:' || customer_no, alert_no FROM alerts WHERE alert_no > 1"
        )
    with closing(connect(path)):
        yield path


QUESTIONS: dict[str, Callable[[sqlite3.Connection], object]] = {
    f"{name} {limit}": (lambda db, wanted=wanted, limit=limit: reads.ranked(db, "acme", wanted, "", limit))
    for name, wanted, limit in [
        ("live", Filter(("open", "acknowledged", "snoozed")), 50),
        ("open, of a rare map", Filter(("open",), map="rare"), 50),
        ("open, of one owner", Filter(("open",), owner="csm-40"), 50),
        ("open, of one severity", Filter(("open",), severities=("low",)), 50),
        ("open, of a rule without any", Filter(("open",), rule="failed"), 50),
        ("all, of a map without any", Filter(map="none"), 50),
        ("all of one id", Filter(customer="user:7"), 50),
        ("open of one id", Filter(("open",), customer="user:31"), 50),
        ("all of one number", Filter(customer="7"), 50),
    ]
} | {"summary": lambda db: reads.summary(db, "acme", Filter()), "counts": lambda db: reads.live_counts(db, "acme")}


@pytest.mark.parametrize("name", QUESTIONS)
def test_every_question_is_cheap_among_many(large: Path, name: str) -> None:
    with closing(connect(large, read_only=True)) as db:
        assert steps(db, QUESTIONS[name]) < (SCAN_STEPS if name.startswith("all, of a map") else STEPS)


def test_a_question_that_looks_at_every_row_is_not_cheap(large: Path) -> None:
    with closing(connect(large, read_only=True)) as db:
        assert steps(db, lambda db: db.execute("SELECT max(length(content)) FROM alerts").fetchone()) > STEPS


def steps(db: sqlite3.Connection, ask: Callable[[sqlite3.Connection], object]) -> int:
    """Ask, and return how many steps that took."""
    counts: list[None] = []
    db.set_progress_handler(lambda: counts.append(None), COUNTED)
    assert ask(db) is not None
    return len(counts) * COUNTED
