"""Sources: what each was heard to say and when, counted beside the requests, each tenant its own."""

import sqlite3
from pathlib import Path
from typing import Any

from shared.clock import SECOND, SteppedClock
from tests.integration.ingest.running import Ingest
from tests.servers import until

TRACK: dict[str, Any] = {"event": "Paid", "userId": "u"}
NOW = 1_795_283_847 * SECOND


def sources(ingest: Ingest, tenant: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = ingest.ask("GET", "/v1/sources", tenant=tenant, scope="read").json()["sources"]
    return found


def test_a_source_says_when_it_was_last_heard_and_how_much_it_said(tmp_path: Path) -> None:
    with Ingest(tmp_path, clock=SteppedClock(NOW)) as ingest:
        assert sources(ingest, "acme") == []
        for _ in range(3):
            ingest.post("/v1/track", TRACK)
        ingest.post("/v1/batch", {"batch": [TRACK, TRACK | {"type": "track"}]}, tenant="globex")
        acme, globex = sources(ingest, "acme"), sources(ingest, "globex")

    assert acme == [
        {
            "source": "web",
            "last_heard": "2026-11-21T17:57:27Z",
            "accepted": 3,
            "refused": 0,
            "last_event": "Paid",
            "lag_s": 0.0,
        }
    ]
    assert [(s["accepted"], s["refused"]) for s in globex] == [(1, 1)]


def test_how_late_a_source_is_says_the_median_of_its_last_touchpoints(tmp_path: Path) -> None:
    def late(minutes: int) -> dict[str, Any]:
        return {"event": f"{minutes} late", "userId": "u", "timestamp": (NOW - minutes * 60 * SECOND) / SECOND}

    with Ingest(tmp_path, clock=SteppedClock(NOW)) as ingest:
        for minutes in (5, 600, 4):
            ingest.post("/v1/touchpoints", late(minutes))
        [live] = sources(ingest, "acme")
        ingest.post("/v1/touchpoints", [late(60 * 24 * 365)] * 15)  # an import
        [imported] = sources(ingest, "acme")
        ingest.post("/v1/touchpoints", {"event": "nobody's"})
        [refused] = sources(ingest, "acme")

    assert (live["last_event"], live["lag_s"]) == ("4 late", 5 * 60.0)
    assert imported["lag_s"] == 365 * 24 * 3600.0
    assert (refused["last_event"], refused["refused"]) == ("525600 late", 1)


def test_counts_are_written_down_by_themselves_and_outlive_the_service(tmp_path: Path) -> None:
    with Ingest(tmp_path) as ingest:
        ingest.post("/v1/track", TRACK)
        database = sqlite3.connect(tmp_path / "ingest.db")
        until(lambda: database.execute("SELECT accepted FROM sources").fetchall() == [(1,)], what="counting")
        ingest.post("/v1/track", TRACK)
    kept = database.execute("SELECT tenant, source, accepted, refused FROM sources").fetchall()
    database.close()

    assert kept == [("acme", "web", 2, 0)]
