"""When the log fails or is full, clients are told to come back, and nothing that was acknowledged is missing."""

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from services.ingest.accept.pressure import Pressure, Room
from shared.log.event_log import Append, LogUnavailableError
from shared.log.sql_log import SqlLog
from tests.integration.ingest.running import Ingest, make_folder
from tests.servers import until

TRACK: dict[str, Any] = {"event": "Paid", "userId": "u"}


class FailingLog(SqlLog):
    """A log whose disk fails as long as it is told to."""

    failing = False

    def append(self, appends: Sequence[Append]) -> list[int]:
        """Append, or fail."""
        if self.failing:
            message = "disk I/O error"
            raise LogUnavailableError(message)
        return super().append(appends)


class SlowLog(SqlLog):
    """A log that takes nothing before it is let go."""

    def __init__(self, path: Path) -> None:
        """Hold everything back."""
        super().__init__(path)
        self.go = threading.Event()

    def append(self, appends: Sequence[Append]) -> list[int]:
        """Wait, then append."""
        if appends:
            self.go.wait(20.0)
        return super().append(appends)


def test_a_log_that_fails_answers_503_and_recovers_by_itself(tmp_path: Path) -> None:
    make_folder(tmp_path)
    log = FailingLog(tmp_path / "log.db")
    with Ingest(tmp_path, log=log) as ingest:
        acknowledged = [ingest.post("/v1/touchpoints", TRACK)["results"][0]["event_id"]]
        log.failing = True
        failed = [ingest.ask("POST", path, json=TRACK) for path in ("/v1/track", "/v1/touchpoints")]
        unready = ingest.http.get("/readyz")
        log.failing = False
        acknowledged.append(ingest.post("/v1/touchpoints", TRACK)["results"][0]["event_id"])
        until(lambda: ingest.http.get("/readyz").status_code == 200, what="being ready again")
        stored = [t.event_id for t in ingest.touchpoints()]
        [source] = ingest.ask("GET", "/v1/sources", scope="read").json()["sources"]

    assert [(a.status_code, a.json()["code"], a.headers["retry-after"]) for a in failed] == [
        (503, "unavailable", "1")
    ] * 2
    assert (unready.status_code, unready.json()["wrong"]) == (503, {"log": "disk I/O error"})
    assert stored == acknowledged
    assert source["accepted"] == 2


def test_a_replay_while_the_log_fails_leaves_the_letter_waiting(tmp_path: Path) -> None:
    make_folder(tmp_path)
    log = FailingLog(tmp_path / "log.db")
    with Ingest(tmp_path, log=log) as ingest:
        ingest.post("/v1/touchpoints", {"event": "A", "messageId": "m"})
        letter = ingest.letters()[0]
        log.failing = True
        answer = ingest.ask("POST", "/v1/track", json=TRACK)
        waiting = ingest.ask("GET", "/v1/dead-letters", scope="read").json()["dead_letters"]

    assert answer.status_code == 503
    assert [(w["event_id"], w["status"]) for w in waiting] == [(letter.event_id, "waiting")]


def test_nobody_is_answered_before_the_log_has_it(tmp_path: Path) -> None:
    make_folder(tmp_path)
    log = SlowLog(tmp_path / "log.db")
    with Ingest(tmp_path, log=log) as ingest:
        answers: list[int] = []
        sender = threading.Thread(
            target=lambda: answers.append(ingest.ask("POST", "/v1/track", json=TRACK).status_code)
        )
        sender.start()
        sender.join(0.5)
        before, stored = list(answers), ingest.touchpoints()
        log.go.set()
        sender.join()

    assert (before, stored) == ([], [])
    assert answers == [200]


def test_a_log_over_its_bound_answers_429_until_there_is_room(tmp_path: Path) -> None:
    with Ingest(tmp_path, log_max_mb=1) as ingest:
        big = {"batch": [TRACK | {"type": "track", "properties": {"a": "x" * 30_000}} for _ in range(15)]}
        answers = [ingest.ask("POST", "/v1/batch", json=big) for _ in range(5)]
        until(lambda: ingest.ask("POST", "/v1/track", json=TRACK).status_code == 429, what="the bound")
        refused = ingest.ask("POST", "/v1/track", json=TRACK)
        unready = ingest.http.get("/readyz").json()
        alive = ingest.http.get("/healthz").status_code

    assert {a.status_code for a in answers} <= {200, 429}
    assert (refused.json()["code"], int(refused.headers["retry-after"]) > 0) == ("too_busy", True)
    assert "room" in unready["wrong"]
    assert alive == 200


def test_a_disk_without_room_is_noticed_and_so_is_room_again(tmp_path: Path) -> None:
    make_folder(tmp_path)
    log = SqlLog(tmp_path / "log.db")
    full = Pressure(log, tmp_path, Room(log_max_mb=1000, disk_free_mb=1 << 40))
    free = Pressure(log, tmp_path, Room(log_max_mb=1000, disk_free_mb=0))
    full.look()
    free.look()
    log.close()

    assert "disk" in full.wrong
    assert free.wrong == ""


def test_what_is_older_than_retention_leaves_the_log(tmp_path: Path) -> None:
    with Ingest(tmp_path) as ingest:
        ingest.post("/v1/track", TRACK)
        ingest.post("/v1/track", TRACK)
        assert len(ingest.touchpoints()) == 2
    with Ingest(tmp_path, retention_days=1) as ingest:
        until(lambda: ingest.http.get("/readyz").status_code == 200)
        assert len(ingest.touchpoints()) == 2
