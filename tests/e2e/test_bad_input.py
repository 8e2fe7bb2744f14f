"""What happens when a disk refuses: nothing that was acknowledged is lost, and nobody else stops.

The disk of one process is made to fail for real, by the limit of the size of the files that it may write.
"""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from shared.clock import WallClock
from tests.e2e.crowd import (
    ENVIRONMENT,
    MAP,
    STOP,
    Crowd,
    deliver,
    expected,
    held,
    make_crowd,
    settle,
    stored_event_ids,
)
from tests.servers.system import System
from tests.servers.waiting import until


@contextmanager
def full_disk(system: System, service: str) -> Iterator[None]:
    """Let every write of a service fail until the end of the block."""
    pid = system.processes[service].pid
    soft, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (soft, hard))


@pytest.fixture
def crowd() -> Crowd:
    """Make the customers of a test."""
    return make_crowd(seed=8, customers=30)


@pytest.fixture
def system(tmp_path: Path) -> Iterator[System]:
    """Run a Waypost with the crowd's map, whose clock stands still after all that the crowd does."""
    with System(tmp_path / "data", ENVIRONMENT, WallClock(start=STOP, speed=0.0)) as running:
        running.publish("crowd", MAP)
        yield running


def test_when_the_journey_store_fails_ingest_goes_on_and_journey_recovers(system: System, crowd: Crowd) -> None:
    half = len(crowd.events) // 2
    deliver(system, crowd.events[:half])
    system.wait_until_consumed()
    with full_disk(system, "journey"):
        deliver(system, crowd.events[half:])
        until(lambda: not system.is_ready("journey"), what="journey saying that it cannot work")
        wrong = system.http.get(system.url("journey", "/readyz")).json()["wrong"]
        alive = system.processes["journey"].poll() is None
        stored = len(stored_event_ids(system))
    settle(system)

    assert wrong
    assert alive
    assert system.dead_letters() == 0
    assert stored == half
    assert held(system) == expected(crowd.events)


def test_when_the_log_fails_the_answer_is_503_and_ingest_recovers(system: System, crowd: Crowd) -> None:
    half = len(crowd.events) // 2
    deliver(system, crowd.events[:half])
    with full_disk(system, "ingest"):
        refused = system.request(
            "POST", "ingest", "/v1/touchpoints", system.keys["a"].write, json=crowd.events[half : half + 1]
        )
        until(lambda: not system.is_ready("ingest"), what="ingest saying that it cannot work")
    deliver(system, crowd.events[half:])
    settle(system)

    assert refused.status_code == 503
    assert int(refused.headers["Retry-After"]) >= 1
    assert stored_event_ids(system) == sorted(event["messageId"] for event in crowd.events)
    assert held(system) == expected(crowd.events)


def test_when_the_alert_store_fails_journeys_go_on_and_alerts_recover(system: System, crowd: Crowd) -> None:
    with full_disk(system, "alerts"):
        deliver(system, crowd.events)
        until(lambda: held(system) == expected(crowd.events), 60.0, "the journeys")
        until(lambda: not system.is_ready("alerts"), what="alerts saying that they cannot work")
        during = system.alerts()
    settle(system)

    assert during == []
    assert system.alerts()
