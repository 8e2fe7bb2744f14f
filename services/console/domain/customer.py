"""What the page of one customer says: which journey it is about, what comes next, and the detours with their proof."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.console.domain.counted import began
from services.console.domain.tree import Tree
from services.console.domain.words import day, planned, time, whose
from shared.times import microseconds_in, microseconds_of, rfc3339

Json = Mapping[str, Any]

MOST_PROOF = 6  # touchpoints that prove one finding; the rest is counted
ACT = frozenset({"prerequisite_skipped"})  # detours that need somebody
LEVELS = {"beyond": "too late: the outcome was decided before", "cruising": "quiet, with signs of life"}
STATUS = {"open": "", "closed": "closed", "withdrawn": "withdrawn: what came later explains it"}


def name_in_address(journey: Json) -> str:
    """Return how an address names a journey of a known customer, or that of an alert: `onboarding/1`."""
    return "/".join(str(journey["journey"]).split("/")[1:])


@dataclass(frozen=True, slots=True)
class Chosen:
    """The journey that the page shows, and the others."""

    journey: Json | None
    others: tuple[tuple[str, str], ...]  # what `?journey=` says, and what people call it

    @property
    def name(self) -> str:
        """What `?journey=` says of the journey shown; empty: none."""
        return name_in_address(self.journey) if self.journey else ""


def choose(journeys: Sequence[Json], asked: str) -> Chosen:
    """Return the journey asked for, else the one that was opened last of those that are open, else of all."""
    if not journeys:
        return Chosen(None, ())
    by_name = {name_in_address(each): each for each in journeys}
    newest = sorted(journeys, key=lambda each: (each["state"] == "open", str(each["opened_at"])))
    found = by_name.get(asked, newest[-1])
    maps = [str(each["map"]) for each in journeys]
    called = []
    for name, each in by_name.items():
        again = f", since {day(each['opened_at'])}" if maps.count(str(each["map"])) > 1 else ""
        called.append((name, f"{each.get('title') or each['map']}{again}"))
    return Chosen(found, tuple(called))


@dataclass(frozen=True, slots=True)
class NextStep:
    """The next best step: what, why, and whose move it is."""

    step: str
    title: str
    why: str
    need: str
    move: str  # whose it is
    within: str


def next_of(journey: Json | None, tree: Tree | None, owner: str = "") -> NextStep | None:
    """Return the first step of the route ahead; None where the journey is over or no way leads on.

    `owner`: of the alert about the journey, who goes before the owner of the step, as in the inbox.
    """
    if journey is None or not journey.get("route"):
        return None
    first = journey["route"][0]
    name, why = str(first["step"]), str(first.get("why") or "")
    step = tree.steps.get(name) if tree else None
    owner = owner or str(first.get("owner") or (step.owner if step else ""))
    return NextStep(
        step=name,
        title=str(first.get("title") or (tree.title_of(name) if tree else name)),
        why="" if why == "next" else why,
        need=step.need if step else "",
        move=began(whose(owner, theirs=bool(step and step.theirs))),
        within=step.within if step else "",
    )


def stall_of(journey: Json | None, now: str) -> list[tuple[str, str]]:
    """Return a stall in numbers, in the words of an alert; empty where nothing is waited for too long."""
    stall = journey.get("stall") if journey else None
    if not stall:
        return []
    due, limit = str(stall["since"]), str(stall["threshold"])
    possible = rfc3339(microseconds_of(due) - microseconds_in(limit))
    plan = ", as the map plans it" if stall.get("threshold_level") == "designed" else ""
    level = str(stall["level"])
    return [
        ("Step", str(stall.get("title") or stall["step"])),
        ("Possible since", time(possible, now)),
        ("Was due", time(due, now)),
        ("Limit", planned(limit) + plan),
        ("Level", LEVELS.get(level, level)),
    ]


@dataclass(frozen=True, slots=True)
class Detour:
    """A deviation with what proves it."""

    text: str
    act: bool
    tag: str
    certain: bool
    since: str
    proof: tuple[str, ...]
    alert: int | None


def detours_of(journey: Json | None, now: str, alerts: Sequence[Json]) -> list[Detour]:
    """Return the deviations of a journey: those that need somebody first, then the open, then the rest."""
    if journey is None:
        return []
    by_finding = {str(alert.get("finding")): int(alert["alert"]) for alert in alerts}
    found = []
    for each in journey["deviations"]:
        alert = by_finding.get(str(each["id"]))
        act = each["status"] == "open" and (alert is not None or str(each["kind"]) in ACT)
        tag = "act now" if act else STATUS.get(str(each["status"]), str(each["status"]))
        proof = [_proof(touchpoint, now) for touchpoint in each["touchpoints"][:MOST_PROOF]]
        if (more := len(each["touchpoints"]) - MOST_PROOF) > 0:
            proof.append(f"and {more} more")
        told = Detour(str(each["text"]), act, tag, bool(each["certain"]), time(each["since"], now), tuple(proof), alert)
        found.append((not act, each["status"] != "open", told))
    return [told for *_, told in sorted(found, key=lambda each: each[:2])]


def _proof(touchpoint: Json, now: str) -> str:
    source = f", {touchpoint['source']}" if touchpoint.get("source") else ""
    return f"{touchpoint['event']}, {time(touchpoint['occurred_at'], now)}{source}"
