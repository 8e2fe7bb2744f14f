"""One alert in full: what proves it, its numbers in words, and everything that happened to it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from services.console.domain.counted import began
from services.console.domain.customer import name_in_address
from services.console.domain.inbox import (
    LOUD,
    Titles,
    line_of,
    next_step,
    state_of,
    title_of,
    why_now,
)
from services.console.domain.words import moment, time

Json = Mapping[str, Any]

NUMBERS = {
    "enabled_at": "Possible since",
    "due_at": "Was due",
    "threshold": "Limit",
    "threshold_level": "Limit set by",
    "waited": "Waited",
    "attempts": "Attempts",
    "blocks": "Steps that depend on it",
    "ended_at": "Ended",
    "alternatives": "Would do as well",
    "needed_by": "Needed by",
}
LEVELS = {"designed": "the plan of the map"}
ICONS = {"withdrawn": "cross", "resolved": "check", "ended": "check", "snoozed": "clock", "acknowledged": "meeting"}


@dataclass(frozen=True, slots=True)
class Seen:
    """A line with a time: a touchpoint that proves an alert, or a change of it."""

    at: str
    icon: str
    words: str
    more: str = ""


@dataclass(frozen=True, slots=True)
class Detail:
    """An alert in full."""

    number: int
    name: str
    customer: str  # the journey, as the customer's page is asked for it
    ids: tuple[str, ...]
    what: str
    why: str
    next: str
    next_why: str
    move: str
    never: str  # the step that did not come; empty: something came that should not
    severity: str
    loud: bool
    live: bool
    state: str
    owner: str
    acknowledged_by: str
    since: str
    map: str
    numbers: tuple[tuple[str, str], ...]
    proof: tuple[Seen, ...]
    trail: tuple[Seen, ...]


def detail_of(alert: Json, titles: Titles, now: str) -> Detail:
    """Return an alert in full."""
    line = line_of(alert, titles, now)
    why = str((alert.get("next") or {}).get("why") or "")
    about = title_of(str(alert["map"]), str(alert["about"]), titles)
    return Detail(
        number=line.number,
        name=line.name,
        customer=name_in_address(alert),
        ids=tuple(str(each) for each in alert["ids"]),
        what=line.what,
        why=why_now(alert, now),
        next=next_step(alert, titles),
        next_why="" if why == "next" else why,
        move=began(line.move),
        never=about if alert["rule"] in ("stall", "prerequisite_skipped") and line.live else "",
        severity=line.severity,
        loud=alert["severity"] in LOUD,
        live=line.live,
        state=state_of(alert, now),
        owner=line.owner,
        acknowledged_by=str(alert.get("acknowledged_by") or ""),
        since=time(alert["since"], now),
        map=line.map,
        numbers=tuple(_number(name, value, now) for name, value in (alert.get("numbers") or {}).items() if value),
        proof=tuple(_proof(each, now) for each in alert.get("proof") or ()),
        trail=tuple(_change(each, now) for each in reversed(alert.get("trail") or ())),
    )


def _number(name: str, value: object, now: str) -> tuple[str, str]:
    words = NUMBERS.get(name, name.replace("_", " ").capitalize())
    if name.endswith("_at"):
        return words, time(str(value), now)
    return words, LEVELS.get(str(value), str(value))


def _proof(touchpoint: Json, now: str) -> Seen:
    source = str(touchpoint.get("source") or "")
    return Seen(time(touchpoint["occurred_at"], now), "check", str(touchpoint["event"]), source)


def _change(change: Json, now: str) -> Seen:
    kind, because = str(change["change"]), change.get("because") or {}
    by, reason = str(because.get("by") or "somebody"), str(because.get("reason") or "")
    return Seen(time(change["at"], now), ICONS.get(kind, "up"), _said(kind, by, because, now), reason)


def _said(kind: str, by: str, because: Json, now: str) -> str:
    words = {
        "opened": "Raised",
        "updated": "Renewed: the finding says it otherwise now",
        "moved": f"Went on as customer {because.get('now', '')}: two turned out to be one",
        "acknowledged": f"{by} looks after it",
        "snoozed": f"{by} snoozed it until {time(str(because.get('until') or ''), now)}",
        "woken": "Woken: its time has come",
        "resolved": f"{by} resolved it",
        "ended": "Ended by itself: the customer moved on, or the journey ended",
        "withdrawn": "Withdrawn: it was never true",
        "reopened": "Opened again: it is true after all",
    }.get(kind, kind)
    return words + _cause(because, now)


def _cause(because: Json, now: str) -> str:
    """Say the late touchpoint, the map or the other alert that did it."""
    if "joined" in because:
        return f". Joined with alert {because['joined']}, which is about the same"
    late = because.get("late")
    if late and moment(late.get("occurred_at")):
        return f", since {late['event']} of {time(late['occurred_at'], now)} came late"
    if because.get("map_version"):
        return f", by version {because['map_version']} of the map"
    return ""
