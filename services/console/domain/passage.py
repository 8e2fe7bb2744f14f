"""What became of each step for one customer, and the way that they took: worked out from the services' answers."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from services.console.domain.standing import detour_words
from services.console.domain.story import DONE, counted_as, told_apart
from services.console.domain.tree import Tree
from services.console.domain.words import day, number, since, span

Json = Mapping[str, Any]
State = Literal["done", "here", "missing", "passed", "ahead"]

SAID: dict[State, str] = {
    "done": "done",
    "here": "stands here",
    "missing": "never happened, and later steps need it",
    "passed": "passed by",
    "ahead": "ahead",
}
EXTRAS = {kind: counted_as(kind) for kind in ("unmapped", "customer_only")}
PASSED_BY = {"skipped": "Never happened", "optional_skipped": "Left out", "deferred": "Put off"}


@dataclass(frozen=True, slots=True)
class Passage:
    """What became of a step for one customer."""

    state: State
    line: str  # when, or what is so
    detail: str = ""
    number: int = 0  # its place on the way taken; 0: not on it
    badge: str = ""  # next, then, last: its place on the route ahead
    note: str = ""  # its commonest detour, and what the map lacks there
    why: str = ""  # why it reads as it does

    def words(self, title: str) -> str:
        """Say the step for a screen reader."""
        parts = [self.line, self.detail, self.note, f"{self.badge} on the route" if self.badge else ""]
        return f"{title}: {SAID[self.state]}. " + ", ".join(filter(None, parts))


@dataclass(frozen=True, slots=True)
class Way:
    """The way of one journey over its map."""

    passages: dict[str, Passage]
    taken: tuple[str, ...]  # the steps in the order in which they were done
    ahead: tuple[str, ...]  # from where they stand along the route


@dataclass(slots=True)
class _Seen:
    """What the answers say, by step."""

    journey: Json
    now: str
    first: dict[str, Json] = field(default_factory=dict)  # the first move that did a step
    times: dict[str, int] = field(default_factory=dict)
    extras: Counter[tuple[str, str]] = field(default_factory=Counter)  # (step, kind): those after it that did none
    order: list[str] = field(default_factory=list)
    found: dict[str, list[Json]] = field(default_factory=dict)  # open deviations


def way_of(tree: Tree, journey: Json, moves: Sequence[Json], now: str) -> Way:
    """Return the way of a journey. `moves` is empty where they are not known: then `passed` says what was done."""
    seen = _read(journey, moves, now)
    numbers = {step: n for n, step in enumerate(dict.fromkeys(seen.order), 1)}
    route = [str(each["step"]) for each in journey.get("route") or ()]
    passages = {}
    for name, step in tree.steps.items():
        passages[name] = replace(
            _passage(seen, name, step.within),
            number=numbers.get(name, 0),
            badge=_badge(route, name),
            note=_note(seen, name),
        )
    start = seen.order[-1:] or list(journey["position"]["steps"][:1])
    ahead = tuple(dict.fromkeys([*start, *route])) if route else ()
    return Way(passages, tuple(seen.order), ahead)


def _read(journey: Json, moves: Sequence[Json], now: str) -> _Seen:
    seen = _Seen(journey, now)
    last = ""
    for move in told_apart(moves):
        step = str(move.get("step") or "")
        if move["kind"] in DONE and step:
            seen.first.setdefault(step, move)
            seen.times[step] = seen.times.get(step, 0) + 1
            seen.order.append(step)
            last = step
        elif move["kind"] in EXTRAS and last:
            seen.extras[last, str(move["kind"])] += 1
    if not moves:
        seen.order = [str(each["step"]) for each in journey.get("passed") or ()]
    for each in journey.get("passed") or ():
        seen.times.setdefault(str(each["step"]), 1)
    for deviation in journey["deviations"]:
        if deviation["status"] == "open":
            seen.found.setdefault(str(deviation["step"]), []).append(deviation)
    return seen


def _badge(route: Sequence[str], step: str) -> str:
    if step not in route:
        return ""
    at = route.index(step)
    return "next" if at == 0 else "last" if at == len(route) - 1 else "then" if at == 1 else ""


def _passage(seen: _Seen, step: str, within: str) -> Passage:
    plan = f"plan {within}" if within else ""
    kinds = {str(each["kind"]): str(each["text"]) for each in seen.found.get(step, ())}
    if step in seen.times:
        again = f", {seen.times[step]} times" if seen.times[step] > 1 else ""
        return Passage("done", day(_done_at(seen, step), seen.now) + again, plan, why=_why_done(seen, step))
    if "prerequisite_skipped" in kinds:
        return Passage("missing", "Never happened", "needed later", why=kinds["prerequisite_skipped"])
    on_the_way = seen.journey["state"] == "open"
    if on_the_way and step in seen.journey["position"]["steps"]:
        return _here(seen, step, within)
    for kind, words in PASSED_BY.items():
        if kind in kinds:
            return Passage("passed", words, why=kinds[kind])
    if not on_the_way:
        return Passage("ahead", "not reached", why="The journey ended before it.")
    return Passage("ahead", plan, why="Not yet: nothing of it was seen.")


def _here(seen: _Seen, step: str, within: str) -> Passage:
    stall, at = seen.journey.get("stall"), seen.journey["position"]["since"]
    wait = span(since(at, seen.now))
    if stall is not None and stall["step"] == step:
        due = str(stall["since"])
        return Passage(
            "here", f"due {day(due, seen.now)}", f"{span(since(due, seen.now))} late", why=str(stall["text"])
        )
    why = "They may do it now, and nothing of it was seen yet."
    return Passage("here", f"since {day(at, seen.now)}", " of ".join(filter(None, (wait, within))), why=why)


def _done_at(seen: _Seen, step: str) -> str | None:
    if move := seen.first.get(step):
        touchpoint = move.get("touchpoint") or {}
        return str(touchpoint["occurred_at"]) if touchpoint.get("occurred_at") else None
    return next((str(each["at"]) for each in seen.journey.get("passed") or () if each["step"] == step), None)


def _why_done(seen: _Seen, step: str) -> str:
    move = seen.first.get(step)
    touchpoint = move.get("touchpoint") if move else None
    if not touchpoint:
        return "Done."
    source = f", from {touchpoint['source']}" if touchpoint.get("source") else ""
    return f"Done: {touchpoint['event']}, {day(touchpoint['occurred_at'], seen.now)}{source}."


def _note(seen: _Seen, step: str) -> str:
    kinds = [str(each["kind"]) for each in seen.found.get(step, ())]
    words = [f"◇ {detour_words(kind)}" for kind in kinds if kind not in ("prerequisite_skipped", *PASSED_BY)]
    words += [f"△ {number(seen.extras[step, kind])} {said}" for kind, said in EXTRAS.items() if seen.extras[step, kind]]
    return " ".join(words[:2])
