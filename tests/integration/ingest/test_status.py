"""How ingest stands: log, disk, retention, what waits, who came with a wrong key."""

from pathlib import Path
from typing import Any

from shared.clock import SECOND, SteppedClock
from tests.integration.ingest.running import Ingest

NOW = 1_795_283_847 * SECOND


def status(ingest: Ingest, tenant: str = "acme") -> dict[str, Any]:
    answer = ingest.ask("GET", "/v1/status", tenant=tenant, scope="read")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_the_status_says_how_full_the_log_is_and_what_waits(tmp_path: Path) -> None:
    with Ingest(tmp_path, clock=SteppedClock(NOW), log_max_mb=7, disk_free_mb=3, retention_days=30) as ingest:
        empty = status(ingest)
        ingest.post("/v1/touchpoints", [{"event": "Paid", "userId": "u"}, {"event": "nobody's"}])
        ingest.http.post("/v1/track", json={})
        filled = status(ingest)
        other = status(ingest, "globex")

    assert (empty["oldest_at"], empty["dead_letters_waiting"], empty["wrong"]) == (None, 0, None)
    assert (empty["log_max_bytes"], empty["disk_bound_bytes"], empty["retention_days"]) == (7 << 20, 3 << 20, 30.0)
    assert empty["now"] == "2026-11-21T17:57:27Z"
    assert filled["log_bytes"] > 0
    assert filled["disk_free_bytes"] > 0
    assert filled["oldest_at"].endswith("Z")
    assert (filled["dead_letters_waiting"], other["dead_letters_waiting"]) == (1, 0)
    assert filled["unauthorized"] == empty["unauthorized"] + 1


def test_a_log_beyond_its_bound_is_said(tmp_path: Path) -> None:
    with Ingest(tmp_path, disk_free_mb=1 << 40) as ingest:
        until_wrong = status(ingest)

    assert "disk of the event log is nearly full" in until_wrong["wrong"]
