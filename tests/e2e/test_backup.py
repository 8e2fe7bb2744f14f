"""A backup of a Waypost at work, and what comes to life from it after everything else was killed."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from typer.testing import CliRunner

from shared.clock import WallClock
from tests.e2e.crowd import (
    ENVIRONMENT,
    STOP,
    Event,
    alerted,
    deliver,
    expected,
    held,
    make_crowd,
    settle,
    stored_event_ids,
)
from tests.e2e.crowd import MAP as CROWD
from tests.servers.system import System
from tests.servers.waiting import until
from waypost.cli import app

STILL = WallClock(start=STOP, speed=0.0)


def run(*words: str) -> str:
    ran = CliRunner().invoke(app, list(words), catch_exceptions=False)
    assert ran.exit_code == 0, ran.output
    return ran.output


@contextmanager
def sending(system: System, events: list[Event], acknowledged: list[str]) -> Iterator[None]:
    """Send one after the other until the end of the block, noting what was acknowledged."""
    over = threading.Event()

    def send() -> None:
        for start in range(0, len(events), 3):
            if over.is_set():
                return
            part = events[start : start + 3]
            deliver(system, part)
            acknowledged.extend(str(event["messageId"]) for event in part)

    thread = threading.Thread(target=send)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


@pytest.mark.timeout(120)
def test_a_backup_taken_under_load_holds_all_that_was_acknowledged_and_lives(tmp_path: Path) -> None:
    events = make_crowd(5, 400).events
    acknowledged: list[str] = []
    with System(tmp_path / "data", ENVIRONMENT, STILL) as system:
        system.publish("crowd", CROWD)
        with sending(system, events, acknowledged):
            until(lambda: len(acknowledged) > 250, 60.0, "load")
            before = list(acknowledged)
            said = run("backup", str(tmp_path / "copy"), "--data", str(system.folder))
        assert len(acknowledged) > len(before), "the load ended before the backup"
        system.kill()
    assert "touchpoints" in said
    said = run("restore", str(tmp_path / "copy"), "--data", str(tmp_path / "new"))
    assert f"waypost up --data {tmp_path / 'new'}" in said

    with System(tmp_path / "new", ENVIRONMENT, STILL) as restored:
        settle(restored)
        stored = stored_event_ids(restored)
        assert set(before) <= set(stored)
        assert len(stored) == len(set(stored))
        assert len(stored) < len(events)
        kept = [event for event in events if event["messageId"] in set(stored)]
        assert held(restored) == expected(kept)
        alerts = alerted(restored)
        assert alerts

        restored.kill("alerts")
        for path in restored.folder.glob("alerts*"):
            path.unlink()
        restored.migrate(restored.folder)
        restored.start()
        settle(restored)
        assert alerted(restored) == alerts

        deliver(restored, events)  # the sources send again what they have
        settle(restored)
        assert stored_event_ids(restored) == sorted(str(event["messageId"]) for event in events)
        assert held(restored) == expected(events)
