"""What the page says: made from what the services answer, in words for people."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from services.console.domain.tree import Stage, Tree, places, worded

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Here:
    """How many stand at a step, and how many of them wait too long."""

    here: int = 0
    stalled: int = 0


@dataclass(frozen=True, slots=True)
class Note:
    """An open alert as the page shows it."""

    who: str
    what: str
    since: str
    step: str
    next: str
    why: str
    owner: str
    severity: str
    status: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """Who needs somebody: on the map that is shown, and how many on each other map; further: more than were read."""

    notes: tuple[Note, ...]
    stalls: int  # customers of this map with an alert about a stall
    elsewhere: dict[str, int]
    further: bool


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who stands at the step asked for."""

    who: str
    since: str
    stall: str
    detours: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Freshness:
    """Up to when absence was judged, and how far that is behind the clock."""

    judged_until: str
    behind: str
    records: int
    wrong: str


def here_of(positions: Json) -> dict[str, Here]:
    """Return the counts of a positions answer by step."""
    return {step: Here(int(n["here"]), int(n["stalled"])) for step, n in positions["steps"].items()}


def stage_here(stage: Stage, here: Mapping[str, Here]) -> tuple[int, int]:
    """Return the most that stand, and that stall, at one step of a stage: at parallel steps they are the same."""
    counts = [here.get(step, Here()) for step in dict.fromkeys(places(stage.path))]
    return max((c.here for c in counts), default=0), max((c.stalled for c in counts), default=0)


def name_of(ids: Sequence[str]) -> str:
    """Return how people call a customer: the strongest id without its kind."""
    order = {"user": 0, "account": 0, "anonymous": 2}
    first = min(ids, key=lambda each: order.get(each.partition(":")[0], 1), default="")
    return first.partition(":")[2] or first


def note_of(alert: Json, tree: Tree | None) -> Note:
    """Return an alert as a line."""
    step, following = str(alert["about"]), alert.get("next") or {}
    return Note(
        who=name_of(alert["ids"]) or f"customer {alert['customer']}",
        what=str(alert["reason"]),
        since=short_time(alert["since"]),
        step=title_of(step, tree),
        next=title_of(str(following.get("step", "")), tree),
        why=_why(str(following.get("why", ""))),
        owner=str(following.get("owner") or alert.get("owner") or ""),
        severity=str(alert["severity"]),
        status=str(alert["status"]),
    )


def _why(why: str) -> str:
    """Return why a step is next; that it is next, and no more, is said by its place on the page."""
    return "" if why == "next" else why


def wanted_of(alerts: Sequence[Json], map: str, tree: Tree | None, *, further: bool) -> Wanted:
    """Sort alerts into those of a map, as lines, and the others, counted by map: the most first."""
    own = [alert for alert in alerts if alert["map"] == map]
    elsewhere = Counter(str(alert["map"]) for alert in alerts if alert["map"] != map)
    return Wanted(
        tuple(note_of(alert, tree) for alert in own),
        len({alert["customer"] for alert in own if alert["rule"] == "stall"}),
        dict(elsewhere.most_common()),
        further,
    )


def stalled(here: Mapping[str, Here]) -> int:
    """Return the stalled customers of a map: each counts once, at the step that is waited for."""
    return sum(each.stalled for each in here.values())


def person_of(customer: Json, map: str, step: str) -> Person:
    """Return a customer of the list behind a step."""
    journeys = [j for j in customer["journeys"] if j["map"] == map and step in j["position"]["steps"]]
    journey = journeys[0] if journeys else {"position": {"since": None}, "stall": None, "deviations": []}
    stall = journey["stall"]
    return Person(
        who=name_of(customer["ids"]) or f"customer {customer['customer']}",
        since=short_time(journey["position"]["since"]),
        stall=stall["text"] if stall and stall["step"] == step else "",
        detours=tuple(d["text"] for d in journey["deviations"] if d["status"] == "open"),
    )


def title_of(step: str, tree: Tree | None) -> str:
    """Return what the map calls a step."""
    known = tree.steps.get(step) if tree else None
    return known.title if known else worded(step)


def moment(text: str | None) -> datetime | None:
    """Read a time of the API; None where there is none."""
    try:
        return datetime.fromisoformat(text) if text else None
    except ValueError:
        return None


def short_time(text: str | None) -> str:
    """Write a time of the API as people read it: `14 Oct, 09:30`."""
    at = moment(text)
    return f"{at.day} {at:%b, %H:%M}" if at else ""


def freshness_of(status: Json) -> Freshness:
    """Return how fresh the figures are."""
    until, now = moment(status["judged_until"]), moment(status["now"])
    heard = until is not None and until.year > 1970
    return Freshness(
        judged_until=f"{until.day} {until:%b %Y, %H:%M:%S} UTC" if heard and until else "",
        behind=span(now - until) if heard and until and now else "",
        records=int(status["behind"]),
        wrong=str(status.get("wrong") or ""),
    )


def span(length: timedelta) -> str:
    """Write a time span in the largest unit that fits: 12 d, 5 h, 3 min, 8 s."""
    seconds = max(0.0, length.total_seconds())
    for unit, name in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= unit:
            return f"{seconds / unit:.3g}\N{NO-BREAK SPACE}{name}"
    return f"{seconds:.0f}\N{NO-BREAK SPACE}s"


def people(count: int) -> str:
    """Write how many customers."""
    return f"{count:,} customer{'' if count == 1 else 's'}"
