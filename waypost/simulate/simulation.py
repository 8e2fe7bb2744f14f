"""Simulated customers of any map, with the truth about them; pure, so the same seed gives the same bytes."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from services.journey.domain.maps.model import JourneyMap
from shared.clear_error import ClearError
from shared.clock import DAY, HOUR
from waypost.simulate.customer import Customer, Setting, draw_customer
from waypost.simulate.dice import dice
from waypost.simulate.shapes import Shapes
from waypost.simulate.touches import Touch

LEAST_DAYS, MOST_DAYS = 14, 730


class CannotSimulateError(ClearError):
    """Raised when no way through a map was found, or none that a client's touchpoints can show. Says which."""


@dataclass(frozen=True, slots=True)
class Simulation:
    """All that is sent, and the truth. Times: microseconds of domain time."""

    map: JourneyMap
    start: int
    stop: int
    lateness: int
    decided_until: int  # findings since then are not compared: they may hang on what comes after the stop
    customers: tuple[Customer, ...]

    @property
    def sent(self) -> list[Touch]:
        """Return every touchpoint in order of arrival, duplicates included."""
        return sorted((t for c in self.customers for t in c.sent), key=lambda t: (t.arrival, t.message))

    def planted(self, kind: str) -> int:
        """Count what was planted of a kind: skip or stall."""
        return sum(planted.kind == kind for customer in self.customers for planted in customer.planted)


def usual_days(map: JourneyMap) -> int:
    """Return how many days a simulation of a map should span: twice what its steps may take one after the other."""
    whole = sum(step.within or DAY for step in map.steps.values())
    return max(LEAST_DAYS, min(MOST_DAYS, 2 * whole // DAY))


def simulate(
    map: JourneyMap,
    customers: int,
    seed: int,
    *,
    start: int,
    days: float | None = None,
    begin_days: float | None = None,
    lateness: int = HOUR,
    each: Callable[[Sequence[int]], Iterable[int]] = iter,
) -> Simulation:
    """Simulate customers who begin to walk a map within `begin_days` of the start, and walk until `days` after it.

    By default as long as the map needs, the first 7 tenths of it to begin in. `each` goes through the numbers of the
    customers, and may show how far it is. Raises CannotSimulateError.
    """
    begin = start // 1000 * 1000
    whole = days if days is not None else float(usual_days(map))
    span = begin_days if begin_days is not None else whole * 0.7
    setting = Setting(map, Shapes(map), begin, begin + int(whole * DAY), lateness, int(span * DAY))
    stop = setting.stop
    drawn = [draw_customer(setting, f"s{seed}-{n:05d}", dice(seed, n)) for n in each(range(customers))]
    found = tuple(customer for customer in drawn if customer and customer.sent)
    if customers and not found:
        message = f"no customer could walk `{map.name}`: no way opens it, or its matchers ask what no client can send"
        raise CannotSimulateError(message)
    return Simulation(map, begin, stop, lateness, setting.decided_until, found)


def touchpoint_lines(simulation: Simulation) -> Iterator[bytes]:
    """Yield JSON lines in the form POST /v1/touchpoints takes, in order of arrival."""
    for touch in simulation.sent:
        yield msgspec.json.encode(touch.body) + b"\n"


def truth_lines(simulation: Simulation) -> Iterator[bytes]:
    """Yield JSON lines, one a customer: ids, what was planted, and the history with each touchpoint once."""
    for customer in simulation.customers:
        truth: dict[str, Any] = {
            "ids": customer.ids,
            "planted": [{"kind": p.kind, "step": p.step, "at": p.at, "proof": p.proof} for p in customer.planted],
            "touchpoints": [touch.body for touch in customer.history],
        }
        yield msgspec.json.encode(truth) + b"\n"
