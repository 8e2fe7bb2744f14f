"""The one clock. Domain time can be sped up, stopped and stepped; machine time is the machine's own.

Judgement, stamps and retention use domain time. Deadlines, back-off, signatures, leases and latency use machine time.
The four numbers lie in `clock.json` of the data folder, so every process and every restart reads the same time.
"""

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Protocol

import msgspec

from shared.files import replace_file
from shared.times import DAY, HOUR, MINUTE, SECOND

__all__ = [
    "CLOCK",
    "DAY",
    "HOUR",
    "MINUTE",
    "SECOND",
    "BrokenClockError",
    "Clock",
    "SteppedClock",
    "WallClock",
    "machine_now",
    "monotonic",
    "read_clock",
    "stopped",
    "write_clock",
]

CLOCK = "clock.json"


class Clock(Protocol):
    """Tells domain time in microseconds UTC, and how fast it runs."""

    @property
    def speed(self) -> float:
        """Return domain seconds for each machine second."""
        ...

    def now(self) -> int:
        """Return domain time in microseconds UTC."""
        ...


def machine_now() -> int:
    """Return the machine's time in microseconds UTC."""
    return time.time_ns() // 1000


def monotonic() -> float:
    """Return seconds that never fall; for deadlines and durations."""
    return time.monotonic()


@dataclass(frozen=True, slots=True)
class WallClock:
    """now = min(stop, start + (wall - anchor) x speed); by default the machine's time."""

    anchor: int = 0
    start: int = 0
    speed: float = 1.0
    stop: int | None = None

    def now(self) -> int:
        """Return domain time in microseconds UTC."""
        wall = machine_now() - self.anchor
        now = self.start + (wall if self.speed == 1.0 else round(wall * self.speed))
        return now if self.stop is None else min(self.stop, now)


@dataclass(slots=True)
class SteppedClock:
    """A clock that moves only when told to: for tests and simulation in process."""

    time: int
    speed: float = 1.0

    def now(self) -> int:
        """Return domain time in microseconds UTC."""
        return self.time

    def step(self, microseconds: int) -> int:
        """Move on and return the new time."""
        self.time += microseconds
        return self.time


class BrokenClockError(Exception):
    """Raised when a data folder's clock cannot be read, or cannot be meant; the text says what to do."""


class _Stored(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    anchor: int = 0
    start: int = 0
    speed: Annotated[float, msgspec.Meta(ge=0, le=1e9)] = 1.0
    stop: int | None = None


def read_clock(folder: Path) -> WallClock:
    """Return the clock of a data folder; without a `clock.json`, the machine's time. Raises BrokenClockError."""
    path = folder / CLOCK
    try:
        stored = msgspec.json.decode(path.read_bytes(), type=_Stored)
    except FileNotFoundError:
        return WallClock()
    except (OSError, msgspec.DecodeError) as error:
        message = f"{path} cannot be read ({error}): put it right, or remove it to go by the machine's time"
        raise BrokenClockError(message) from error
    return WallClock(stored.anchor, stored.start, stored.speed, stored.stop)


def write_clock(folder: Path, clock: WallClock) -> None:
    """Store the clock of a data folder."""
    content = {"anchor": clock.anchor, "start": clock.start, "speed": clock.speed, "stop": clock.stop}
    replace_file(folder / CLOCK, msgspec.json.encode(content))


def stopped(clock: WallClock, at: int) -> WallClock:
    """Return the clock that stands still from a domain time on."""
    return replace(clock, stop=at)
