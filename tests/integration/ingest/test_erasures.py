"""Erasure at the door: a record in the log's order, and a log that afterwards says nothing of whom it named."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from services.ingest.store.erasures import ErasureStore
from shared.clock import DAY, SteppedClock
from shared.erasure import ERASE, HASHED, id_hash
from shared.events import decode_touchpoint
from shared.log.event_log import TOUCHPOINTS
from tests.integration.ingest.running import Ingest, read
from tests.servers import until

ME = "somebody-who-will-leave"
NOW = 1_800_000_000_000_000


def event(n: int, **more: Any) -> dict[str, Any]:  # noqa: ANN401 (JSON)
    return {"event": "Used", "messageId": f"m{n}", "timestamp": "2026-11-01T10:00:00Z", **more}


def erase(ingest: Ingest, *ids: str, tenant: str = "acme") -> dict[str, Any]:
    answer = ingest.ask("POST", "/v1/erasures", scope="admin", tenant=tenant, json={"ids": ids})
    assert answer.status_code == 202, answer.text
    said: dict[str, Any] = answer.json()
    return said


def erasures(ingest: Ingest, tenant: str = "acme") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = ingest.ask("GET", "/v1/erasures", scope="read", tenant=tenant).json()["erasures"]
    return found


def wait_until_scrubbed(ingest: Ingest) -> None:
    until(lambda: all(each["scrubbed_at"] for each in erasures(ingest)), 20.0, "the log being scrubbed")


def stored(ingest: Ingest) -> list[str]:
    """Return what the log holds, place by place."""
    found = [None if r.scrubbed else decode_touchpoint(r.value) for r in read(ingest.log, TOUCHPOINTS)]
    return ["" if t is None else t.type if t.type == ERASE else t.event_id for t in found]


def files(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file())


def test_an_erasure_names_hashes_and_stands_behind_what_it_erases(tmp_path: Path) -> None:
    with Ingest(tmp_path, clock=SteppedClock(NOW)) as ingest:
        ingest.post("/v1/touchpoints", [event(1, userId="u2")])
        said = erase(ingest, f"user:{ME}", f"user:{ME}", "anonymous:a-1")
        found = ingest.touchpoints()[-1]
    assert said["ids"] == 2
    assert found.type == ERASE
    assert found.occurred_at == found.received_at == NOW
    assert sorted(found.ids) == sorted(
        (HASHED, id_hash("acme", kind, value)) for kind, value in (("user", ME), ("anonymous", "a-1"))
    )


def test_nothing_of_whom_was_erased_is_left_in_any_file(tmp_path: Path) -> None:
    mine = [event(n, userId=ME, anonymousId="a-1", properties={"n": n}) for n in range(1500)]
    others = [event(2000 + n, userId="u2", anonymousId="a-1") for n in range(30)]
    refused = [
        {"userId": ME, "type": "track"},
        {"anonymousId": 7, "ids": {"email": [ME]}, "type": "nonsense"},
        {"userId": "u2", "type": "track"},
    ]
    with Ingest(tmp_path) as ingest:
        ingest.post("/v1/touchpoints", [*mine[:900], *others, *refused])
        ingest.post("/v1/touchpoints", gzip.compress(json.dumps(mine[900:]).encode()))
        ingest.post("/v1/touchpoints", b'{"userId": "' + ME.encode() + b'", "event": "Half\\u12"}\n{"userId": "u3"}\n')
        before = ingest.letters()
        erase(ingest, f"user:{ME}", f"email:{ME}", "anonymous:a-1")
        wait_until_scrubbed(ingest)
        left = ingest.ask("GET", "/v1/dead-letters?status=all", scope="read").json()["dead_letters"]
        waiting = ingest.ask("GET", "/v1/dead-letters/summary", scope="read").json()["reasons"]
        places = stored(ingest)
        others_now = [decode_touchpoint(r.value).ids for r in read(ingest.log, TOUCHPOINTS)[900:930]]
        raw = files(tmp_path)
    assert len(before) == 5
    assert len(left) == 2
    assert sum(reason["count"] for reason in waiting) == 2
    assert places.count("") == 1500
    assert places[900:930] == [f"m{2000 + n}" for n in range(30)]
    assert others_now == [[("user", "u2")]] * 30
    assert places[-1] == ERASE
    assert ME.encode() not in raw
    assert b"a-1" not in raw


def test_an_erasure_is_of_one_tenant_and_leaves_what_came_later(tmp_path: Path) -> None:
    clock = SteppedClock(NOW)
    with Ingest(tmp_path, clock=clock) as ingest:
        ingest.post("/v1/touchpoints", [event(1, userId=ME)])
        ingest.post("/v1/touchpoints", [event(2, userId=ME)], tenant="globex")
        clock.step(DAY)
        erase(ingest, f"user:{ME}")
        clock.step(DAY)
        ingest.post("/v1/touchpoints", [{"event": "Back", "messageId": "m3", "userId": ME}])
        wait_until_scrubbed(ingest)
        assert stored(ingest) == ["", "m2", ERASE, "m3"]
        assert erasures(ingest, "globex") == []


def test_scrubbing_that_was_cut_off_is_taken_up_after_a_restart(tmp_path: Path) -> None:
    with Ingest(tmp_path) as ingest:
        ingest.post("/v1/touchpoints", [event(1, userId=ME), event(2, userId="u2")])
        now = ingest.touchpoints()[0].received_at
    store = ErasureStore(tmp_path / "ingest.db")
    store.add("acme", now, [("user", ME)])
    store.close()
    with Ingest(tmp_path) as ingest:
        wait_until_scrubbed(ingest)
        assert stored(ingest) == ["", "m2"]
        assert ME.encode() not in files(tmp_path)


def test_stamps_go_on_after_a_restart_on_a_log_whose_end_is_scrubbed(tmp_path: Path) -> None:
    clock = SteppedClock(NOW)
    with Ingest(tmp_path, clock=clock) as ingest:
        ingest.post("/v1/touchpoints", [event(1, userId=ME)])
        store = ErasureStore(tmp_path / "ingest.db")
        store.add("acme", NOW, [("user", ME)])
        store.close()
    with Ingest(tmp_path, clock=clock) as ingest:
        wait_until_scrubbed(ingest)
    with Ingest(tmp_path, clock=clock) as ingest:
        ingest.post("/v1/touchpoints", [event(2, userId="u2")])
        assert stored(ingest) == ["", "m2"]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"ids": []}, "ids"),
        ({"ids": ["42"]}, "is no id: write `kind:value`"),
        ({"ids": ["user:"]}, "is no id"),
        ({"ids": ["user:1"] * 501}, "at most 500"),
        ({"ids": ["user:1"], "all": True}, "all"),
        ({}, "ids"),
    ],
)
def test_what_names_nobody_is_refused_and_erases_nothing(tmp_path: Path, body: dict[str, Any], said: str) -> None:
    with Ingest(tmp_path) as ingest:
        answer = ingest.ask("POST", "/v1/erasures", scope="admin", json=body)
        assert answer.status_code == 422
        assert said in answer.json()["message"]
        assert ingest.touchpoints() == []
        assert ingest.ask("POST", "/v1/erasures", json={"ids": ["user:1"]}).status_code == 403
