"""The end of an import: who is where, who is on no map and why that may be, and what raised an alarm."""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from services.journey.domain.maps.load import load_map
from shared.client import CannotReachError
from shared.clock import monotonic
from shared.times import microseconds_of
from shared.words import counted
from waypost.commands.import_judged import PAUSE_S, Reads
from waypost.map_events import known_events
from waypost.why import named

PATIENCE_S: Final = 60.0  # machine seconds; large maps are counted every twenty seconds or so
MOST: Final = 5  # events that are named

Json = dict[str, Any]


def standing(
    client: Reads, only: str | None, events: Counter[str], wait: Callable[[float], None] = time.sleep
) -> Iterator[str]:
    """Say who is where on the map just imported for, or on all of them, and what of the file's events no map knows.

    Raises CannotReachError.
    """
    names = [each["map"] for each in client.get("journey", "/v1/maps")["maps"]]
    if not names:
        yield "No map is published: publish one to see who is where, e.g. by `waypost import FILE --map MAP`."
        return
    moment = microseconds_of(client.get("journey", "/v1/status")["now"])
    known: dict[str, str] = {}
    found: list[Json] = []
    for name in names:
        designed = load_map(client.get("journey", f"/v1/maps/{name}")["yaml"])
        known |= known_events(designed)
        if only in (None, name):
            found.append(_counted_since(client, name, moment, wait))
            yield from on_map(found[-1], {step.name: step.title for step in designed.steps.values() if step.title})
    yield from footnotes(found)
    yield from strangers(client.get("journey", "/v1/status")["on_no_map"]["customers"], events, known)
    yield from _alarms(client, wait)


def _counted_since(client: Reads, name: str, moment: int, wait: Callable[[float], None]) -> Json:
    """Return who is where, counted after a moment: a large map is not counted for every question."""
    deadline = monotonic() + PATIENCE_S
    while True:
        found: Json = client.get("journey", f"/v1/maps/{name}/positions")
        if microseconds_of(found["as_of"]) >= moment or monotonic() > deadline:
            return found
        wait(PAUSE_S)


def on_map(found: Json, titles: Mapping[str, str]) -> list[str]:
    """Say where everybody stands on one map, its steps by their titles."""
    states = {state: number for state, number in found["states"].items() if number}
    said = ", ".join(f"{number:,} {state}" for state, number in states.items())
    journeys = counted(sum(states.values()), "journey")
    lines = [f"Map {found['map']}, version {found['version']}: {journeys}{f': {said}' if said else ''}"]
    for step, here in sorted(found["steps"].items(), key=lambda pair: -pair[1]["here"]):
        stalled = f"; {counted(here['stalled'], 'waits', 'wait')} too long for it" if here["stalled"] else ""
        lines.append(f"  {here['here']:>7,} at {titles.get(step, step)}{stalled}")
    return lines


def footnotes(maps: list[Json]) -> Iterator[str]:
    """Say how to read the numbers, where they could be read otherwise."""
    if any(sum(here["here"] for here in found["steps"].values()) > found["open"] for found in maps):
        yield "Who may do one of several steps is counted at each."
    if any(here["stalled"] for found in maps for here in found["steps"].values()):
        yield "A stall heard of long after it was due (WAYPOST_HISTORICAL_DAYS) is historical and raises no alarm."


def strangers(customers: int, events: Counter[str], known: Mapping[str, str]) -> Iterator[str]:
    """Say how many customers are on no map, whenever they came, and which events of the file no map knows."""
    if customers:
        yield f"{counted(customers, 'customer here is', 'customers here are')} on no map: `waypost status` says more."
    else:
        yield "Nobody here is on no map."
    unknown = [(event, count) for event, count in events.most_common() if event not in known]
    if unknown:
        words = ", ".join(f"{named(event, known)} ({count:,})" for event, count in unknown[:MOST])
        more = f" and {len(unknown) - MOST:,} more" if len(unknown) > MOST else ""
        yield f"No map knows {counted(len(unknown), 'event name')} of the file: {words}{more}."


def _alarms(client: Reads, wait: Callable[[float], None]) -> Iterator[str]:
    """Say how many alerts wait for somebody once all is heard; nothing where the alerts service does not answer."""
    deadline = monotonic() + PATIENCE_S
    try:
        while client.get("alerts", "/v1/status")["behind"] and monotonic() < deadline:
            wait(PAUSE_S)
        number = client.get("alerts", "/v1/alerts/summary")["open"]
    except CannotReachError:
        return
    if number:
        yield f"{counted(number, 'alert is', 'alerts are')} open: `waypost alerts list`."
