"""The first steps of a new Waypost, and which of them are done: worked out from what the services have."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.console.domain.words import name_of

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Arrived:
    """A touchpoint that came in."""

    event: str
    name: str
    ids: tuple[str, ...]
    source: str
    received_at: str


@dataclass(frozen=True, slots=True)
class FirstSteps:
    """What is there already, in the order in which it comes."""

    maps: tuple[str, ...]
    arrived: tuple[Arrived, ...]  # the newest first
    on_map: bool  # somebody has a journey
    alerted: bool

    @property
    def done(self) -> int:
        """How many of the four steps are done."""
        return sum(map(bool, (self.maps, self.arrived, self.on_map, self.alerted)))

    @property
    def head(self) -> str:
        """The sentence that the page starts with: what is missing next."""
        if not self.maps:
            return "No map is published yet. Publish one."
        if not self.arrived:
            return "Nobody is on the map yet. Send one touchpoint."
        if not self.on_map:
            return "Touchpoints arrive, and none has opened a journey yet"
        if not self.alerted:
            return "Customers are on the map. The first warning comes when one of them is stuck or lost"
        return "Everything runs: customers are on the map, and the first warning has come"


def arrived_of(answer: Json | None) -> tuple[Arrived, ...]:
    """Return the touchpoints of an answer of the journey service."""
    return tuple(
        Arrived(
            event=str(each.get("event") or each.get("type") or ""),
            name=name_of(each.get("ids") or (), str(each.get("name") or ""), each.get("customer")),
            ids=tuple(each.get("ids") or ()) if each.get("customer") else (),
            source=str(each.get("source") or ""),
            received_at=str(each.get("received_at") or ""),
        )
        for each in (answer or {}).get("touchpoints", ())
    )


def first_steps_of(
    maps: Sequence[str], touchpoints: Json | None, on_maps: Sequence[Json | None], alerts: Json | None
) -> FirstSteps:
    """Return what is there of the first steps, as the services answered; one that did not answer has nothing yet."""
    return FirstSteps(
        maps=tuple(maps),
        arrived=arrived_of(touchpoints),
        on_map=any(answer and answer.get("customers") for answer in on_maps),
        alerted=bool(alerts and alerts.get("alerts")),
    )
