"""The clock: domain time runs, stops and is shared through the data folder."""

from pathlib import Path

import pytest

from shared.clock import (
    DAY,
    HOUR,
    SECOND,
    BrokenClockError,
    SteppedClock,
    WallClock,
    machine_now,
    monotonic,
    read_clock,
    stopped,
    write_clock,
)


def test_without_a_clock_file_domain_time_is_the_machines_time(tmp_path: Path) -> None:
    clock = read_clock(tmp_path)

    before = machine_now()
    now = clock.now()

    assert before <= now <= machine_now()
    assert clock.speed == 1.0


def test_a_clock_starts_where_it_is_told_and_runs_at_its_speed() -> None:
    anchor = machine_now() - 2 * SECOND  # started two machine seconds ago
    clock = WallClock(anchor=anchor, start=1000 * DAY, speed=86_400.0)

    assert clock.now() >= 1002 * DAY
    assert clock.now() < 1003 * DAY


def test_a_stopped_clock_never_passes_its_stop() -> None:
    clock = stopped(WallClock(anchor=machine_now() - SECOND, start=0, speed=86_400.0), at=5 * HOUR)

    assert clock.now() == 5 * HOUR


def test_a_clock_is_the_same_after_a_restart(tmp_path: Path) -> None:
    clock = WallClock(anchor=machine_now(), start=7 * DAY, speed=12.5, stop=9 * DAY)

    write_clock(tmp_path, clock)

    assert read_clock(tmp_path) == clock


@pytest.mark.parametrize(
    "broken", [b"", b"{", b'{"anchor": "x"}', b"[]", b'{"speed": -1}', b'{"speed": 1e300}', b'{"now": 5}', b"null"]
)
def test_a_broken_clock_file_stops_the_start_instead_of_judging_by_a_wrong_time(tmp_path: Path, broken: bytes) -> None:
    (tmp_path / "clock.json").write_bytes(broken)

    with pytest.raises(BrokenClockError, match=r"clock.json cannot be read \(.+\): put it right, or remove it"):
        read_clock(tmp_path)


def test_a_stepped_clock_moves_only_when_told() -> None:
    clock = SteppedClock(10)

    assert clock.now() == 10
    assert clock.step(5) == 15
    assert clock.now() == 15


def test_monotonic_time_never_falls() -> None:
    readings = [monotonic() for _ in range(100)]

    assert readings == sorted(readings)
