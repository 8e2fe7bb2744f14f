"""The touchpoints of a customer as a list: the newest first, with what each counted as, repeats folded."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from services.console.domain.words import LONGEST_NAME, day, moment, since, span

Json = Mapping[str, Any]

DONE = frozenset({"matched", "replaced"})  # moves that did their step
COUNTED = {  # what a move counted as; {}: the step, where it is about one; `again` is ours
    "matched": "{}",
    "replaced": "{}, another way",
    "failed": "failed: {}",
    "customer_only": "{}, off the way",
    "again": "{}, again",
    "decided": "a decision",
    "anytime": "{}, welcome at any time",
    "noted": "noted, no step",
    "unmapped": "not on the map",
    "ignored": "ignored by the map",
    "identity": "says who they are",
    "after_end": "after the end",
    "map_only": "missing",
}
ICONS = {
    "email": "mail",
    "mail": "mail",
    "phone": "call",
    "call": "call",
    "meeting": "meeting",
    "web": "product",
    "app": "product",
    "product": "product",
    "support": "support",
    "chat": "support",
    "form": "form",
    "billing": "contract",
}
GAP_S = 14 * 86_400  # of silence between two touchpoints, which is told


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the timeline: a touchpoint, several of the same, or a step that never came (`missing`)."""

    at: str
    day: str
    what: str
    source: str
    tag: str
    kind: str
    icon: str
    earliest: str = ""  # of several of the same
    times: int = 1
    hour: str = ""  # where several are of one day
    late: str = ""  # how much later it was received, where that is more than a day

    @property
    def on(self) -> bool:
        """Whether it did a step."""
        return self.kind in DONE


@dataclass(frozen=True, slots=True)
class Story:
    """The timeline: its lines, how many touchpoints there are in all, and how many of them are told."""

    lines: tuple[Line, ...]
    count: int
    told: int
    sources: int


def story_of(moves: Sequence[Json], now: str, most: int) -> Story:
    """Return the newest moves as lines, at most so many touchpoints."""
    seen = [move for move in told_apart(moves) if move.get("touchpoint") or move["kind"] == "map_only"]
    newest = seen[::-1][:most]
    lines: list[Line] = []
    for move in newest:
        line = _line(move, now)
        if lines and (folded := _folded(lines, line)) is not None:
            lines[-1] = folded
            continue
        if lines and (gap := _gap(lines[-1], line)):
            lines.append(gap)
        lines.append(line)
    told = [move for move in newest if move.get("touchpoint")]
    every = [move["touchpoint"] for move in seen if move.get("touchpoint")]
    return Story(tuple(_with_hours(lines)), len(every), len(told), len({str(each.get("source")) for each in every}))


def told_apart(moves: Sequence[Json]) -> Iterator[Json]:
    """Yield the moves; what finds no place for a step that was done before is that step `again`, not off the way."""
    done: set[object] = set()
    for move in moves:
        if move["kind"] in DONE:
            done.add(move.get("step"))
        is_again = move["kind"] == "customer_only" and move.get("step") in done
        yield {**move, "kind": "again"} if is_again else move


def _with_hours(lines: Sequence[Line]) -> list[Line]:
    """Return the lines with the hour where a day has several, so that their order can be read."""
    days = Counter(line.day for line in lines if line.at)
    hours = ((line, moment(line.at) if days[line.day] > 1 else None) for line in lines)
    return [replace(line, hour=f"{at:%H:%M}") if at else line for line, at in hours]


def counted_as(kind: str, step: str = "") -> str:
    """Say what a move counted as; of a bare touchpoint, on no map, nothing. A newer service's kinds are their names."""
    words = COUNTED.get(kind, "" if kind == "none" else kind.replace("_", " "))
    return words.format(step) if step else words.format("").strip(", :")


def _line(move: Json, now: str) -> Line:
    kind, step = str(move["kind"]), str(move.get("title") or move.get("step") or "")
    touchpoint: Json = move.get("touchpoint") or {}
    if not touchpoint:
        return Line("", "", f"{step or 'A step'} never came", "", counted_as(kind), kind, "cross")
    at, received = str(touchpoint["occurred_at"]), touchpoint.get("received_at")
    later = since(at, received)
    source = " · ".join(str(touchpoint[key]) for key in ("source", "channel") if touchpoint.get(key))
    return Line(
        at=at,
        day=day(at, now),
        what=str(touchpoint.get("event") or "Said who they are")[:LONGEST_NAME],
        source=source,
        tag=counted_as(kind, step) if touchpoint.get("event") else "",
        kind=kind,
        icon=ICONS.get(str(touchpoint.get("channel") or "").lower(), "check" if kind in DONE else "clock"),
        late=span(later) if later is not None and later > 86_400 else "",
    )


def _folded(lines: Sequence[Line], line: Line) -> Line | None:
    """Return the last line with one more of the same, or None."""
    last = lines[-1]
    if line.on or (last.what, last.kind, last.tag, last.source) != (line.what, line.kind, line.tag, line.source):
        return None
    return replace(last, times=last.times + 1, earliest=line.at)


def _gap(later: Line, earlier: Line) -> Line | None:
    wait = since(earlier.at, later.earliest or later.at)
    if wait is None or wait < GAP_S:
        return None
    return Line("", "", f"{span(wait)} without a touchpoint", "", "", "gap", "")
