"""Who stands where on a map, as the journey service counts it, and what the page says of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from services.console.domain.counted import began
from services.console.domain.tree import Step, Tree
from services.console.domain.words import many, number, percent, span, whose

Json = Mapping[str, Any]

DETOURS = {  # what became of a step, after a number of journeys
    "skipped": "never had it",
    "prerequisite_skipped": "went on without",
    "optional_skipped": "left it out",
    "deferred": "put it off",
    "out_of_order": "out of order",
    "repeat": "repeated it",
    "replaced": "did it another way",
    "failed": "failed",
    "regression": "fell back",
    "channel_switch": "switched channel",
    "hand_off_break": "lost contact",
    "ad_hoc": "unplanned",
    "unmapped": "not on the map",
}


@dataclass(frozen=True, slots=True)
class Standing:
    """Who stands at a step: how many, how long, who waits too long, and what else happens there."""

    here: int = 0
    stalled: int = 0  # those past their decision boundary included
    elsewhere: int = 0  # of the stalled: they stand at another step by now
    beyond: int = 0
    waited_s: float | None = None  # the median
    longest_s: float | None = None
    passed: int = 0
    owner: str = ""
    detours: tuple[tuple[str, int], ...] = ()  # kind and journeys, the most common first
    hot: tuple[int, ...] = ()  # which of the worst places of the map are here, 1 to 3

    @property
    def share(self) -> str:
        """The share that is stalled of those who stand here, in words; empty where none is."""
        return percent(self.late_here / self.here) if self.late_here and self.here else ""

    @property
    def late_here(self) -> int:
        """How many of the stalled stand here still."""
        return min(self.stalled - self.elsewhere, self.here)

    @property
    def note(self) -> str:
        """The commonest detour at the step."""
        if not self.detours:
            return ""
        kind, journeys = self.detours[0]
        return f"{number(journeys)} {detour_words(kind)}"

    def words(self, step: Step) -> str:
        """Say the step for a screen reader."""
        parts = [f"{step.title}: {number(self.here)} here"]
        parts += [f"median wait {span(self.waited_s)}"] if self.here and self.waited_s is not None else []
        parts += [f"{number(self.stalled)} stalled"] if self.stalled else []
        parts += [f"should take {step.within}"] if step.within else []
        parts += [self.note] if self.note else []
        return ", ".join(parts)


def detour_words(kind: str) -> str:
    """Say a kind of deviation after a number of journeys."""
    return DETOURS.get(kind, kind.replace("_", " "))


def standings_of(overview: Json, steps: Mapping[str, Step]) -> dict[str, Standing]:
    """Return who stands at each step of a map; a step that nobody came to has zeros."""
    hot: dict[str, tuple[int, ...]] = {}
    for n, spot in enumerate(overview["hot_spots"], 1):
        hot[str(spot["step"])] = (*hot.get(str(spot["step"]), ()), n)
    found = {name: _standing(given, hot.get(name, ())) for name, given in overview["steps"].items()}
    return {name: found.get(name, Standing()) for name in (*steps, *(n for n in found if n not in steps))}


def _standing(given: Json, hot: tuple[int, ...]) -> Standing:
    stalled, beyond = int(given["stalled"]), int(given.get("beyond") or 0)
    detours = tuple((str(each["kind"]), int(each["journeys"])) for each in given.get("deviations") or ())
    return Standing(
        here=int(given["here"]),
        stalled=stalled,
        elsewhere=int(given.get("stalled_elsewhere") or 0),
        beyond=beyond,
        waited_s=given.get("waited_median_s"),
        longest_s=given.get("longest_s"),
        passed=int(given.get("passed") or 0),
        owner=str(given.get("owner") or ""),
        detours=detours,
        hot=hot,
    )


def heads_of(overview: Json) -> dict[str, tuple[str, ...]]:
    """Return the lines under the name of each stage: who is in it and for how long."""
    heads = {}
    for stage in overview["stages"]:
        count = many(int(stage["open"])) if stage["open"] else "nobody now"
        stalled = f"{number(stage['stalled'])} stalled" if stage["stalled"] else ""
        wait = f"{span(stage['median_s'])} so far" if stage.get("median_s") is not None else ""
        heads[str(stage["stage"])] = tuple(filter(None, (count, stalled, wait)))
    return heads


@dataclass(frozen=True, slots=True)
class HotSpot:
    """One of the worst places of a map, with the sentence about it."""

    number: int
    step: str
    head: str
    text: str
    journeys: int
    stalled: bool
    move: str


def hot_spots_of(overview: Json, tree: Tree | None) -> list[HotSpot]:
    """Return the worst places, the same that have discs on the map."""
    found = []
    for n, spot in enumerate(overview["hot_spots"], 1):
        step, kind, journeys = str(spot["step"]), str(spot["kind"]), int(spot["journeys"])
        title = tree.title_of(step) if tree else step
        stalled, known = kind in ("stalled", "beyond"), tree.steps.get(step) if tree else None
        what = "stalled" if stalled else detour_words(kind)
        head = f"{title}: {number(journeys)} of {number(int(spot['of']))} {what}"
        there = _waited(overview["steps"].get(step, {}), known) if stalled else ""
        owner = str(overview["steps"].get(step, {}).get("owner") or (known.owner if known else ""))
        move = began(whose(owner, theirs=bool(known and known.theirs))) if owner else ""
        found.append(HotSpot(n, step, head, there or str(spot["text"]), journeys, stalled, move))
    return found


def _waited(there: Json, step: Step | None) -> str:
    """Say how long those wait who stand at a step, against what is planned; empty: that is not known."""
    if there.get("waited_median_s") is None or there.get("stalled_elsewhere"):
        return ""
    half, longest = span(there["waited_median_s"]), span(there["longest_s"])
    said = f"Half of the {number(int(there['here']))} there have waited {half} or more, the longest {longest}."
    return said + (f" Planned: {step.within}." if step and step.within else "")
