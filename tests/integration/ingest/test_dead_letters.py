"""Dead letters over HTTP: listed page by page, replayed through their door, each tenant its own."""

from pathlib import Path
from typing import Any

import pytest

from shared.clock import DAY, SECOND, SteppedClock
from tests.integration.ingest.running import Ingest

TRACK: dict[str, Any] = {"type": "track", "event": "Paid", "userId": "u", "messageId": "m"}
NOW = 1_795_283_847 * SECOND
IN_A_WEEK = TRACK | {"timestamp": "2026-11-28T17:57:27Z"}  # seven days after NOW


def listed(ingest: Ingest, tenant: str = "acme", **params: Any) -> dict[str, Any]:  # noqa: ANN401 (query parameters)
    answer = ingest.ask("GET", "/v1/dead-letters", tenant=tenant, scope="read", params=params)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def replayed(ingest: Ingest, wanted: dict[str, Any], tenant: str = "acme") -> dict[str, Any]:
    answer = ingest.ask("POST", "/v1/dead-letters/replay", tenant=tenant, scope="admin", json=wanted)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_a_letter_says_which_event_why_and_what_it_held(ingest: Ingest) -> None:
    ingest.post("/v1/track", {"event": "Paid", "userId": "null", "messageId": "m"})
    [letter] = listed(ingest)["dead_letters"]

    assert {k: letter[k] for k in ("offset", "source", "event_id", "reason", "stage", "status")} == {
        "offset": 0, "source": "web", "event_id": "m", "reason": "no_identity", "stage": "ingest", "status": "waiting"
    }  # fmt: skip
    assert '"messageId":"m"' in letter["body"].replace(" ", "")
    assert "userId" in letter["error"]


def test_letters_come_page_by_page_with_the_newest_last(ingest: Ingest) -> None:
    ingest.post("/v1/batch", {"batch": [{"messageId": str(n)} for n in range(7)]})
    seen, after = [], -1
    while True:
        page = listed(ingest, limit=3, after=after)
        seen.append([letter["event_id"] for letter in page["dead_letters"]])
        if page["next"] is None:
            break
        after = page["next"]

    assert seen == [["0", "1", "2"], ["3", "4", "5"], ["6"]]


@pytest.mark.parametrize("params", [{"limit": 0}, {"limit": "x"}, {"after": -2}, {"after": 10**30}, {"status": "x"}])
def test_wrong_parameters_are_refused(ingest: Ingest, params: dict[str, Any]) -> None:
    answer = ingest.ask("GET", "/v1/dead-letters", scope="read", params=params)

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


@pytest.mark.parametrize("wanted", [{}, {"offsets": []}, {"all": True, "offsets": [1]}, {"offsets": [-1]}, {"all": "x"},
                                    {"offsets": [10**30]}, {"offsets": "0"}, {"every": True}, [], 5])  # fmt: skip
def test_a_wrong_wish_to_replay_is_refused(ingest: Ingest, wanted: object) -> None:
    answer = ingest.ask("POST", "/v1/dead-letters/replay", scope="admin", json=wanted)

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


@pytest.mark.parametrize("path", ["/v1/batch", "/v1/track", "/v1/touchpoints"])
def test_once_the_cause_is_gone_a_replay_stores_the_event_under_its_own_id(tmp_path: Any, path: str) -> None:  # noqa: ANN401
    clock = SteppedClock(NOW)
    with Ingest(tmp_path, clock=clock) as ingest:
        ingest.post(path, {"batch": [IN_A_WEEK, TRACK]} if path == "/v1/batch" else IN_A_WEEK)
        still = replayed(ingest, {"all": True})
        clock.step(7 * DAY)
        done = replayed(ingest, {"offsets": [0]})
        again = replayed(ingest, {"all": True})
        stored = [t for t in ingest.touchpoints() if t.original_at]
        waiting, gone = listed(ingest)["dead_letters"], listed(ingest, status="replayed")["dead_letters"]

    assert [(r["offset"], r["accepted"], r["code"]) for r in still["results"]] == [(0, False, "in_future")]
    assert done == {"replayed": 1, "results": [{"offset": 0, "event_id": "m", "accepted": True}], "next": None}
    assert again["results"] == []
    assert [(t.event_id, t.source, t.occurred_at) for t in stored] == [("m", "web", NOW + 7 * DAY)]
    assert waiting == []
    assert [(letter["offset"], letter["status"]) for letter in gone] == [(0, "replayed")]


def test_letters_that_fail_again_stay_and_do_not_multiply(ingest: Ingest) -> None:
    ingest.post("/v1/batch", {"batch": [{"messageId": "a"}, {"type": "track", "event": "x", "messageId": "b"}]})
    results = [replayed(ingest, {"all": True}) for _ in range(3)]

    assert [r["replayed"] for r in results] == [0, 0, 0]
    assert len(ingest.letters()) == 2
    assert ingest.touchpoints() == []


def test_an_offset_that_is_none_is_told(ingest: Ingest) -> None:
    [result] = replayed(ingest, {"offsets": [99]})["results"]

    assert (result["offset"], result["accepted"], result["code"]) == (99, False, "not_found")


def test_tenants_see_and_replay_their_own_letters_only(ingest: Ingest) -> None:
    for tenant in ("acme", "globex"):
        ingest.post("/v1/batch", {"batch": [{"messageId": tenant}]}, tenant=tenant)

    assert [letter["event_id"] for letter in listed(ingest, "acme")["dead_letters"]] == ["acme"]
    assert [letter["event_id"] for letter in listed(ingest, "globex")["dead_letters"]] == ["globex"]
    [result] = replayed(ingest, {"offsets": [1]}, "acme")["results"]
    assert result["code"] == "not_found"
    assert [r["event_id"] for r in replayed(ingest, {"all": True}, "globex")["results"]] == ["globex"]


def test_reading_needs_a_key_that_reads_and_replaying_one_that_administers(ingest: Ingest) -> None:
    wish = {"all": True}

    assert ingest.http.get("/v1/dead-letters").status_code == 401
    assert ingest.ask("GET", "/v1/dead-letters", scope="write").status_code == 403
    assert ingest.ask("GET", "/v1/sources", scope="write").status_code == 403
    assert ingest.http.post("/v1/dead-letters/replay", json=wish).status_code == 401
    assert ingest.ask("POST", "/v1/dead-letters/replay", scope="read", json=wish).status_code == 403
    assert ingest.ask("POST", "/v1/dead-letters/replay", scope="write", json=wish).status_code == 403


def summary(ingest: Ingest, tenant: str = "acme") -> list[tuple[str, str, int]]:
    reasons = ingest.ask("GET", "/v1/dead-letters/summary", tenant=tenant, scope="read").json()["reasons"]
    return [(each["reason"], each["source"], each["count"]) for each in reasons]


def dismissed(ingest: Ingest, wanted: dict[str, Any]) -> dict[str, Any]:
    answer = ingest.ask("POST", "/v1/dead-letters/dismiss", scope="admin", json=wanted)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_letters_are_counted_by_reason_with_what_to_do(ingest: Ingest) -> None:
    ingest.post("/v1/batch", {"batch": [{"messageId": str(n)} for n in range(3)]})
    ingest.post("/v1/touchpoints", {"event": "nobody's"})
    ingest.post("/v1/touchpoints", {"event": "theirs"}, tenant="globex")
    [most, one] = ingest.ask("GET", "/v1/dead-letters/summary", scope="read").json()["reasons"]

    assert (most["reason"], most["source"], most["count"], most["offset"]) == ("unknown_type", "web", 3, 2)
    assert (one["reason"], one["count"]) == ("no_identity", 1)
    assert "userId" in one["error"]
    assert "Say who" in one["hint"]
    assert one["first_at"] == one["last_at"]
    assert summary(ingest, "globex") == [("no_identity", "web", 1)]


def test_the_counts_follow_what_comes_is_replayed_and_is_dismissed(tmp_path: Path) -> None:
    clock = SteppedClock(NOW)
    with Ingest(tmp_path, clock=clock) as ingest:
        ingest.post("/v1/touchpoints", [IN_A_WEEK, {"event": "a"}, {"event": "b"}])
        counts = [summary(ingest)]
        ingest.post("/v1/touchpoints", {"event": "c"})
        counts.append(summary(ingest))
        clock.step(7 * DAY)
        done = replayed(ingest, {"reason": "in_future"})
        counts.append(summary(ingest))
        gone = dismissed(ingest, {"offsets": [1, 99]})
        counts.append(summary(ingest))
        rest = dismissed(ingest, {"reason": "no_identity", "source": "web"})
        counts.append(summary(ingest))
        fates = [letter["status"] for letter in listed(ingest, status="all")["dead_letters"]]
    with Ingest(tmp_path, clock=clock) as ingest:
        counts.append(summary(ingest))

    assert counts == [
        [("no_identity", "web", 2), ("in_future", "web", 1)],
        [("no_identity", "web", 3), ("in_future", "web", 1)],
        [("no_identity", "web", 3)],
        [("no_identity", "web", 2)],
        [],
        [],
    ]
    assert (done["replayed"], len(done["results"])) == (1, 1)
    assert gone == {"dismissed": 1, "missing": [99], "next": None}
    assert rest == {"dismissed": 2, "missing": [], "next": None}
    assert fates == ["replayed", "dismissed", "dismissed", "dismissed"]


def test_letters_that_left_the_log_are_counted_no_longer(tmp_path: Path) -> None:
    with Ingest(tmp_path) as ingest:
        ingest.post("/v1/touchpoints", {"event": "a"})
        before = summary(ingest)
        ingest.log.trim("dead_letters", 1 << 62)
        after = summary(ingest)

    assert (before, after) == ([("no_identity", "web", 1)], [])


def test_letters_of_one_source_or_reason_are_listed_alone(ingest: Ingest) -> None:
    ingest.post("/v1/touchpoints", [{"event": "a"}, {"type": "?", "userId": "u"}])

    assert [each["offset"] for each in listed(ingest, reason="unknown_type")["dead_letters"]] == [1]
    assert [each["offset"] for each in listed(ingest, source="web")["dead_letters"]] == [0, 1]
    assert listed(ingest, source="app")["dead_letters"] == []


def test_dismissing_needs_a_key_that_administers(ingest: Ingest) -> None:
    assert ingest.ask("POST", "/v1/dead-letters/dismiss", scope="read", json={"all": True}).status_code == 403
