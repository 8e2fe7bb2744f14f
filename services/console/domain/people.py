"""The list of customers behind a figure: who, since when, where they stand, and what is wrong."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from services.console.domain.counted import began
from services.console.domain.customer import ACT, name_in_address
from services.console.domain.inbox import PLANNED
from services.console.domain.words import NBSP, customer_address, day, name_of, planned, since, span

Json = Mapping[str, Any]

STALLS = {"overdue": "stalled", "beyond": "too late", "cruising": "quiet, but alive"}  # those too late are stalled too
STATES = {
    "open": "on the way",
    "completed": "at the end",
    "reached": "ended with the outcome",
    "lost": "left",
}
OVERDUE = ("stalled", "beyond")
OUTCOMES = {"reached": "reached", "lost": "left without it", "open": "neither so far"}


@dataclass(frozen=True, slots=True)
class Person:
    """A customer in the list."""

    name: str
    ids: tuple[str, ...]
    address: str
    map: str
    steps: tuple[str, ...]
    since: str
    wait: str
    state: str
    stall: str
    detours: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """What the list shows: on which map, at which step, in which state, stalled how, with what outcome, called how.

    Or who is on no map, of whom nothing else is known.
    """

    map: str = ""
    step: str = ""
    state: str = ""
    stall: str = ""
    outcome: str = ""
    order: str = ""
    name: str = ""
    on_no_map: str = ""  # "true": those without a journey, and nothing else chosen

    def params(self, **other: str) -> dict[str, str]:
        """Return the choice as parameters of an address, with some of them otherwise; empty ones are left out.

        Who waits longest is known of one map only, so without a map there is no such order.
        """
        given = asdict(self) | other
        return {name: value for name, value in given.items() if value and (name != "order" or given["map"])}


def person_of(customer: Json, chosen: Choice, now: str) -> Person:
    """Return a customer as a line: the journey that the list was asked for, else the last one that is open."""
    journey = journey_of(customer["journeys"], chosen)
    ids = tuple(str(each) for each in customer["ids"])
    name = name_of(ids, str(customer.get("name") or ""), customer["customer"])
    if journey is None:
        return Person(name, ids, customer_address(ids), "", (), "", "", membership_of(customer) or "on no map", "", ())
    position, stall = journey["position"], journey.get("stall")
    titles = position.get("titles") or position["steps"]
    at = position["since"] if journey["state"] == "open" else journey.get("ended_at") or journey.get("reached_at")
    return Person(
        name=name,
        ids=ids,
        address=f"{customer_address(ids)}?journey={name_in_address(journey)}",
        map=str(journey.get("title") or journey["map"]),
        steps=tuple(str(title) for title in titles),
        since=day(at, now),
        wait=span(since(at, now)) if at and journey["state"] == "open" else "",
        state=STATES.get(str(journey["state"]), str(journey["state"])),
        stall=stalled_at(stall, now) if stall else "",
        detours=tuple(_detours([each for each in journey["deviations"] if each["status"] == "open"])),
    )


def membership_of(customer: Json) -> str:
    """Say to which account somebody belongs; empty: to none."""
    names = [str(each).partition(":")[2] for each in customer.get("accounts") or ()]
    return f"member of {', '.join(names[:2])}{' and others' if len(names) > 2 else ''}" if names else ""


def stalled_at(stall: Json, now: str) -> str:
    """Say where somebody is stalled, since when it is due, and against which limit."""
    limit, level = planned(str(stall.get("threshold") or "")), str(stall["level"])
    usual = PLANNED.get(str(stall.get("threshold_level")), "usual")
    at = began(f"{STALLS.get(level, level)} at {stall.get('title') or stall['step']}")
    due = f"{at}, due{NBSP}{day(stall['since'], now)}"
    return f"{due}, {limit}{NBSP}{usual}" if limit else due


def _detours(found: Sequence[Json]) -> Iterator[str]:
    """Yield what needs somebody first, and what was left out without harm last, each sentence once."""
    harmless = [str(each.get("title") or each["step"]) for each in found if each["kind"] == "optional_skipped"]
    others = [each for each in found if each["kind"] != "optional_skipped"]
    yield from dict.fromkeys(str(each["text"]) for each in sorted(others, key=lambda each: each["kind"] not in ACT))
    if harmless:
        yield f"Left out {', '.join(harmless)}."


def _as_chosen(journey: Json, chosen: Choice) -> bool:
    state, stall = str(journey["state"]), str((journey.get("stall") or {}).get("level") or "")
    outcome = "reached" if journey.get("reached_at") else "lost" if journey.get("ended_at") else "open"
    is_stalled = not chosen.stall or (stall in OVERDUE if chosen.stall == "overdue" else chosen.stall == stall)
    return is_stalled and chosen.state in ("", state) and chosen.outcome in ("", outcome)


def journey_of(journeys: Sequence[Json], chosen: Choice) -> Json | None:
    """Return the journey that a list shows of a customer."""
    fitting = [each for each in journeys if not chosen.map or each["map"] == chosen.map]
    if chosen.step:
        at = [each for each in fitting if chosen.step in each["position"]["steps"]]
        late = [each for each in fitting if (each.get("stall") or {}).get("step") == chosen.step]
        fitting = at or late or fitting
    fitting = [each for each in fitting if _as_chosen(each, chosen)] or fitting
    opened = [each for each in fitting if each["state"] == "open"]
    found = opened or fitting
    return found[-1] if found else None
