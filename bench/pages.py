"""How long each question of the API and each page of the console takes among very many customers and open alerts.

The folder is the drain's: about 180,000 customers at full scale. The alerts are those that the alerts service makes of
facts about customers who wait too long. The clock stands still, so nothing else happens while we ask.
"""

import sqlite3
import statistics
import time
from contextlib import closing
from pathlib import Path

import httpx2 as httpx
import msgspec

from bench.crowd import TENANT
from bench.fill import fill
from bench.measure import Measure, rounds, scaled, scratch
from bench.running import Running, running
from migrations.run import upgrade_all
from services.journey.domain.facts import Content
from services.journey.store import offsets
from services.journey.track.facts import FACT
from shared.clock import DAY, WallClock, write_clock
from shared.database import connect, transaction
from shared.events import Fact, encode
from shared.log.event_log import FACTS, Append, NewRecord
from shared.log.sql_log import SqlLog
from shared.settings import SERVICES
from shared.times import rfc3339

ALERTS = scaled(10_000, 500)
MAP = "onboarding"
LIMIT = "<= 100"  # milliseconds
PATIENCE_S = 300.0

QUESTIONS = {
    "journey": (
        f"/v1/maps/{MAP}/overview",
        f"/v1/maps/{MAP}/outcomes",
        f"/v1/maps/{MAP}/positions",
        "/v1/customers/{customer}",
        "/v1/customers/{customer}/path",
        f"/v1/customers?map={MAP}&step=import-data&order=longest",
        "/v1/customers?name=7",
        "/v1/customers?on_no_map=true",
        f"/v1/customers?map={MAP}&step=import-data&stall=overdue&order=longest",
        "/v1/touchpoints",
        "/v1/status",
    ),
    "alerts": (
        "/v1/alerts?status=live&limit=50",
        f"/v1/alerts?status=live&map={MAP}&limit=50",
        "/v1/alerts?status=live&customer={customer}",
        "/v1/alerts/summary",
        "/v1/alerts/{alert}",
        "/v1/status",
        "/v1/kpis",
    ),
    "ingest": ("/v1/sources", "/v1/status", "/v1/dead-letters/summary"),
}
PAGES = (
    "/",
    f"/customers?map={MAP}&step=import-data",
    f"/customers?map={MAP}&step=import-data&stall=overdue",
    "/customers/{id}",
    "/inbox",
    f"/inbox?map={MAP}&rule=stall",
    "/inbox/{alert}",
    "/outcomes",
    "/system",
    "/first-run",
)


def measure() -> list[Measure]:
    """Ask everything several times; the 95th of a hundred answers counts."""
    with scratch("pages") as folder:
        fill(folder)
        upgrade_all(folder)
        customers, told = _tell(folder)
        with running(folder, SERVICES, WAYPOST_LATENESS_S="3600") as system:
            _await(system, told)
            found = [Measure("  customers", customers), Measure("  alerts that are open", told)]
            with httpx.Client(follow_redirects=False, timeout=60) as http:
                found += list(_questions(system, http)) + list(_pages(system, http))
    return found


def _tell(folder: Path) -> tuple[int, int]:
    """Put facts about customers who wait too long into the outbox, and stop the clock where they are judged."""
    path = folder / "journey.db"
    with closing(connect(path)) as db:
        write_clock(folder, WallClock(stop=offsets.heard_until(db) + DAY))
        customers: int = db.execute("SELECT count(*) FROM customers").fetchone()[0]
        facts = [_fact(db, row) for row in _stalled(db)]
        with transaction(db):
            db.execute('UPDATE log_heads SET "begin" = next')  # the facts of the filling are gone
    with closing(SqlLog(path)) as outbox:
        for first in range(0, len(facts), 500):
            outbox.append([Append(FACTS, facts[first : first + 500])])
    return customers, len(facts)


def _stalled(db: sqlite3.Connection) -> list[tuple[int, int, str, int, bytes]]:
    return db.execute(
        "SELECT customer_no, n, slot, seq, content FROM findings WHERE tenant = ? AND map = ? AND stands"
        " AND kind IN ('stalled', 'beyond') AND json_extract(CAST(content AS TEXT), '$.status') = 'open'"
        " GROUP BY customer_no LIMIT ?",
        (TENANT, MAP, ALERTS),
    ).fetchall()


def _fact(db: sqlite3.Connection, row: tuple[int, int, str, int, bytes]) -> NewRecord:
    customer, n, slot, seq, data = row
    content = msgspec.structs.asdict(msgspec.json.decode(data, type=Content))
    ids = db.execute("SELECT kind || ':' || value FROM ids WHERE customer_no = ?", (customer,)).fetchall()
    finding = f"{customer}/{MAP}/{n}/{slot}"
    fact = Fact(
        id=f"{finding}@{seq}",
        source="/waypost/journey",
        time=rfc3339(content["as_of"]),
        tenant=TENANT,
        customer=customer,
        ids=[name for (name,) in ids],
        finding=finding,
        seq=seq,
        map=MAP,
        n=n,
        map_version=1,
        engine_version=1,
        machine_at=customer,
        **content | {"type": f"waypost.{content['type']}", "historical": False, "journey_over": False},
    )
    return NewRecord(b"", encode(fact), FACT)


def _headers(system: Running) -> dict[str, str]:
    return {"Authorization": f"Bearer {system.keys.admin}"}


def _url(system: Running, service: str, path: str) -> str:
    return f"http://127.0.0.1:{system.servers[service].port}{path}"


def _await(system: Running, told: int) -> None:
    """Wait until the log is drained and every fact has become an alert."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        journey, alerts = (
            httpx.get(_url(system, name, "/v1/status"), headers=_headers(system), timeout=60).json()
            for name in ("journey", "alerts")
        )
        if not journey["behind"] and not journey["waiting_for_map"] and sum(alerts["live"].values()) >= told:
            return
        if time.monotonic() > deadline:
            message = f"not ready after {PATIENCE_S:.0f} s: {journey}, {alerts}"
            raise RuntimeError(message)
        time.sleep(1.0)


def _places(system: Running, http: httpx.Client) -> dict[str, str]:
    """Return a customer who has an alert, by number and id, and the alert."""
    url = _url(system, "alerts", "/v1/alerts?status=live&limit=1")
    [alert] = http.get(url, headers=_headers(system)).json()["alerts"]
    return {"customer": alert["ids"][0], "id": alert["ids"][0], "alert": str(alert["alert"])}


def _questions(system: Running, http: httpx.Client) -> list[Measure]:
    places = _places(system, http)
    return [
        measured
        for service, paths in QUESTIONS.items()
        for path in paths
        for measured in _timed(http, _url(system, service, path.format(**places)), f"{service} {path}", system)
    ]


def _pages(system: Running, http: httpx.Client) -> list[Measure]:
    places = _places(system, http)
    return [
        measured
        for path in PAGES
        for measured in _timed(http, _url(system, "console", path.format(**places)), f"page {path}", system)
    ]


def _timed(http: httpx.Client, url: str, name: str, system: Running) -> list[Measure]:
    """Ask a question as often as the run allows; the first answer, which fills caches, is told apart."""
    took = []
    for _ in range(1 + 8 * rounds()):
        began = time.perf_counter()
        answer = http.get(url, headers=_headers(system))
        took.append((time.perf_counter() - began) * 1000)
        if answer.status_code != httpx.codes.OK:
            message = f"{url} answered {answer.status_code}: {answer.text[:200]}"
            raise RuntimeError(message)
    first, *rest = took
    p95 = statistics.quantiles(rest, n=20)[-1]
    return [
        Measure(f"{name}, ms, 95 in 100 are below", p95, LIMIT),
        Measure("  the first one", first),
        Measure("  median", statistics.median(rest)),
    ]
