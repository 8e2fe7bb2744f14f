"""The inbox: which alerts are asked for, each as one line, and the sentence above them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias
from urllib.parse import urlencode

from services.console.domain.counted import began, counted
from services.console.domain.tree import Step
from services.console.domain.words import day, name_of, number, since, span, strongest, time, whose

Json = Mapping[str, Any]
Titles: TypeAlias = Mapping[str, Mapping[str, Step]]  # what each map says of its steps

ALERTS = 50  # on a page
NOBODY = "-"  # the owner of those that have none, in addresses and in the API
STATES = {"open": "Open", "acknowledged": "Acknowledged", "snoozed": "Snoozed", "closed": "Closed"}
CLOSED = "resolved,ended,withdrawn"  # the statuses of what is closed; the other states are statuses
RULES = {"stall": "Stalled", "prerequisite_skipped": "Went on without", "failed": "Failed again"}
SEVERITIES = ("critical", "high", "medium", "low")
LOUD = frozenset({"critical", "high"})
ENDED = {"resolved": "Resolved", "ended": "Ended by itself", "withdrawn": "Withdrawn, it was never true"}
HEADS = {  # above a list that has lines, and above one that has none
    "acknowledged": ("Alerts that somebody looks after", "Nobody looks after an alert now"),
    "snoozed": ("Alerts that wait for a later day", "Nothing is snoozed"),
    "closed": ("Alerts that are closed", "No alert like this was closed yet"),
}
PLANNED = {"designed": "planned"}  # by the level of a threshold; the others are learned, so they are usual


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which alerts are asked for; an empty part: any."""

    state: str = "open"
    map: str = ""
    rule: str = ""
    owner: str = ""
    severity: str = ""

    def asked(self) -> dict[str, str]:
        """Return the parameters of the alerts service."""
        return {
            "status": CLOSED if self.state == "closed" else self.state,
            "map": self.map,
            "rule": self.rule,
            "owner": self.owner,
            "severity": self.severity,
        }

    def address(self, **other: str) -> str:
        """Return the address of the inbox with some parts otherwise; those that are empty are left out."""
        parts = {"state": self.state, "map": self.map, "rule": self.rule, "owner": self.owner}
        given = parts | {"severity": self.severity} | other
        found = {name: value for name, value in given.items() if value and (name, value) != ("state", "open")}
        return f"/inbox?{urlencode(found)}" if found else "/inbox"

    @property
    def counted(self) -> str:
        """Which alerts the filters count; those that are closed are not counted."""
        return "live" if self.state == "closed" else self.state

    @property
    def narrowed(self) -> bool:
        """Whether any part but the state is asked for."""
        return bool(self.map or self.rule or self.owner or self.severity)


@dataclass(frozen=True, slots=True)
class Line:
    """An alert as one line: who, what, why now, next step and whose move, since."""

    number: int
    customer: int
    name: str
    sort: str  # the id, where the name is another
    map: str
    what: str
    why: str
    next: str
    move: str
    owner: str
    wait: str
    since: str
    severity: str
    loud: bool
    live: bool
    open: bool  # nobody looks after it yet
    state: str


def line_of(alert: Json, titles: Titles, now: str) -> Line:
    """Return an alert as a line."""
    ids = [str(each) for each in alert["ids"]]
    name = name_of(ids, str(alert.get("name") or ""), alert["customer"])
    best = strongest(ids)
    called = best if best.partition(":")[2].strip() != name else ""
    return Line(
        number=int(alert["alert"]),
        customer=int(alert["customer"]),
        name=name,
        sort=called[:120],
        map=str(alert["map"]),
        what=str(alert["reason"]),
        why=why_now(alert, now),
        next=next_step(alert, titles),
        move=whose_move(alert, titles),
        owner=str(alert.get("owner") or ""),
        wait=span(since(alert["since"], now)),
        since=day(alert["since"], now),
        severity=str(alert["severity"]),
        loud=alert["severity"] in LOUD,
        live=alert["status"] in ("open", "acknowledged", "snoozed"),
        open=alert["status"] == "open",
        state=state_of(alert, now),
    )


def why_now(alert: Json, now: str) -> str:
    """Say why an alert stands now, with the number and what is usual."""
    numbers: Json = alert.get("numbers") or {}
    proof: Sequence[Json] = alert.get("proof") or ()
    if alert["rule"] == "stall" and numbers.get("enabled_at"):
        limit = numbers.get("threshold")
        usual = PLANNED.get(str(numbers.get("threshold_level")), "usual")
        return f"Waiting {span(since(numbers['enabled_at'], now))}" + (f", {limit} {usual}." if limit else ".")
    if alert["rule"] == "failed" and numbers.get("attempts"):
        last = f", the last on {day(proof[-1]['occurred_at'], now)}" if proof else " so far"
        return f"{began(counted(int(numbers['attempts']), 'attempt'))}{last}."
    blocked = int(numbers.get("blocks") or 0)
    if blocked:
        return f"{began(counted(blocked, 'later step'))} {'depends' if blocked == 1 else 'depend'} on it."
    if proof:
        return f"{proof[-1]['event']}, {day(proof[-1]['occurred_at'], now)}."
    return f"True for {span(since(alert['since'], now))}."


def next_step(alert: Json, titles: Titles) -> str:
    """Name the next best step as the map does; empty: no way leads on."""
    following: Json = alert.get("next") or {}
    step = str(following.get("step") or "")
    return str(following.get("title") or "") or title_of(str(alert["map"]), step, titles) if step else ""


def title_of(map: str, step: str, titles: Titles) -> str:
    """Return what a map calls a step; where the map is not known, the step's own name."""
    found = titles.get(map, {}).get(step)
    return found.title if found else step


def whose_move(alert: Json, titles: Titles) -> str:
    """Say whose move the next step is: theirs, where the map says that the customer decides it."""
    following: Json = alert.get("next") or {}
    owner = str(alert.get("owner") or following.get("owner") or "")
    step = titles.get(str(alert["map"]), {}).get(str(following.get("step")))
    return whose(owner, theirs=bool(step and step.theirs))


def state_of(alert: Json, now: str) -> str:
    """Say what became of an alert; empty: it is open, and nobody looks after it."""
    status, by = str(alert["status"]), str(alert.get("acknowledged_by") or "")
    if status == "acknowledged":
        return f"{by} looks after it"
    if status == "snoozed":
        return f"Snoozed until {time(alert['snoozed_until'], now)}"
    return ENDED.get(status, "")


def head_of(lines: Sequence[Line], wanted: Wanted, waiting: int | None, *, more: bool) -> str:
    """Return the sentence above the list. `waiting`: open alerts in all; None: that is not known."""
    if wanted.state in HEADS:
        some, none = HEADS[wanted.state]
        return some if lines else none
    if not lines:
        return "Nothing here matches" if wanted.narrowed else "Nobody needs somebody now"
    if not more:
        people = len({line.customer for line in lines})
        return began(f"{counted(people, 'customer')} {'wants' if people == 1 else 'want'} somebody today")
    if wanted.narrowed or waiting is None:
        return f"More than {number(len(lines))} alerts want somebody"
    return f"{number(waiting)} alerts want somebody"


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the links of a filter; `count` None: not counted."""

    words: str
    address: str
    chosen: bool
    count: int | None = None


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter: its name and its links, the widest first; those that most visitors need not see stand in `rest`."""

    name: str
    choices: tuple[Choice, ...]
    rest: tuple[Choice, ...] = ()


MOST_CHOICES = 6


def filters_of(wanted: Wanted, summary: Json, maps: Sequence[str], me: str) -> list[Filter]:
    """Return the filters, with the number of alerts in the wanted state behind each link.

    `summary`: of the alerts service for that state; what is closed is not counted. `me`: how the visitor is called.
    """
    states = tuple(
        Choice(words, wanted.address(state=state), state == wanted.state, summary.get(state))
        for state, words in STATES.items()
    )
    found = [Filter("State", states)]
    by_map = _counts(wanted, summary, "by_map")
    found += [_filter("Map", "map", wanted, {name: name for name in maps}, by_map)] if len(maps) > 1 else []
    found.append(_filter("What", "rule", wanted, RULES, _counts(wanted, summary, "by_rule")))
    found.append(_owners(wanted, summary.get("by_owner") or {}, me))
    levels = {name: name for name in SEVERITIES}
    found.append(_filter("Severity", "severity", wanted, levels, _counts(wanted, summary, "by_severity")))
    return found


def _counts(wanted: Wanted, summary: Json, name: str) -> Json | None:
    return None if wanted.state == "closed" else summary.get(name) or {}


def _filter(name: str, part: str, wanted: Wanted, words: Mapping[str, str], counts: Json | None) -> Filter:
    chosen = str(getattr(wanted, part))
    links = [
        Choice(
            said,
            wanted.address(**{part: value}),
            value == chosen,
            None if counts is None else int(counts.get(value) or 0),
        )
        for value, said in words.items()
    ]
    every = Choice("All", wanted.address(**{part: ""}), not chosen)
    shown = links[:MOST_CHOICES]
    shown += [link for link in links[MOST_CHOICES:] if link.chosen]
    return Filter(name, (every, *shown), tuple(link for link in links if link not in shown))


def _owners(wanted: Wanted, counts: Json, me: str) -> Filter:
    words = {me: f"{me} (you)"} if me else {}
    words[NOBODY] = "Nobody"
    words |= {owner: owner for owner in sorted(counts, key=lambda each: -int(counts[each])) if owner not in ("", me)}
    if wanted.owner and wanted.owner not in words:
        words[wanted.owner] = wanted.owner
    known = None if wanted.state == "closed" else {**counts, NOBODY: counts.get("") or 0}
    return _filter("Owner", "owner", wanted, words, known)
