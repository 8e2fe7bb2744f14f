"""Requirements against the order of the path: deadlocks, branches that exclude each other, misplaced milestones."""

from collections.abc import Iterator
from itertools import product
from typing import Final

from services.journey.domain.maps.model import Block, Choice, Step
from services.journey.domain.maps.places import StepPlace, is_after, meeting, orders

MAX_REQUIREMENTS: Final = 20_000  # direct or through others: keeps a hostile map from costing more than seconds
MAX_MILESTONES: Final = 100


class Requirements:
    """The requires-edges of a path, milestones included, and where the steps stand."""

    def __init__(self, root: Block, places: list[StepPlace], steps: dict[str, Step]) -> None:
        """Collect the edges; `root` is the sequence of the stages' paths."""
        self.root = root
        self.steps = steps
        grouped: dict[str, list[StepPlace]] = {}
        for place in places:
            grouped.setdefault(place.name, []).append(place)
        self.places = {name: tuple(found) for name, found in grouped.items()}
        marks = [found[0] for name, found in self.places.items() if steps[name].milestone and len(found) == 1]
        self.too_many = marks[MAX_MILESTONES].name if len(marks) > MAX_MILESTONES else ""
        self.milestones = marks[:MAX_MILESTONES]
        self.edges: dict[str, list[str]] = {}
        self.closures: dict[str, list[str]] = {}

    def of(self, name: str) -> list[str]:
        """Return what a step requires: by its own word, then through milestones before it."""
        if name not in self.edges:
            own = [required for required in self.steps[name].requires if required in self.places]
            ahead = [mark.name for mark in self.milestones if self._all_after(name, mark)]
            self.edges[name] = list(dict.fromkeys([*own, *ahead]))
        return self.edges[name]

    def _all_after(self, name: str, mark: StepPlace) -> bool:
        return name != mark.name and all(is_after(self.root, place.path, mark.path) for place in self.places[name])

    def closure(self, name: str) -> list[str]:
        """Return everything a step requires, directly or through others; itself too where they go in a circle."""
        if name in self.closures:
            return self.closures[name]
        found: dict[str, None] = {}
        waiting = [required for required in self.steps[name].requires if required in self.places]
        while waiting and len(found) <= MAX_REQUIREMENTS:
            step = waiting.pop()
            if step not in found:
                found[step] = None
                waiting.extend(other for other in self.of(step) if other not in found)
        self.closures[name] = sorted(found, key=lambda step: self.places[step][0].path)
        return self.closures[name]

    def errors(self) -> Iterator[tuple[str, str]]:
        """Yield (step, text) for each step whose requirements no run of the path can meet."""
        checked = 0
        if self.too_many:
            yield self.too_many, f"more than {MAX_MILESTONES} milestones"
        for name in self.places:
            required = self.closure(name) if self.steps[name].requires else []
            checked += len(required)
            if checked > MAX_REQUIREMENTS:
                yield name, "the steps require too much, directly or through others, to be checked"
                return
            text = self._circle(name, required) or self._against_order(name, required) or self._apart(name)
            if text:
                yield name, text

    def _circle(self, name: str, required: list[str]) -> str:
        if name not in required:
            return ""
        through = [other for other in required if other != name and name in self.closure(other)]
        by = " through " + ", ".join(f"`{other}`" for other in through) if through else ""
        return f"the step `{name}` requires itself{by}: it can never be done"

    def _against_order(self, name: str, required: list[str]) -> str:
        for other in required:
            how = "" if other in self.steps[name].requires else " (through others)"
            if self._only_in_other_branches(other, name):
                return f"the step `{name}` requires `{other}`{how}, a step of another branch of the same choice"
            if not self._can_precede(other, name):
                return f"the step `{name}` requires `{other}`{how}, which the path never puts before it"
        return ""

    def _apart(self, name: str) -> str:
        """Find two direct requirements that no run holds together."""
        required = [other for other in self.steps[name].requires if other in self.places][:MAX_MILESTONES]
        for number, one in enumerate(required):
            for other in required[number + 1 :]:
                if self._only_in_other_branches(one, other) and not {"st", "ts"} & self._orders(one, other):
                    return f"the step `{name}` requires both `{one}` and `{other}`, of which the path allows only one"
        return ""

    def _can_precede(self, s: str, t: str) -> bool:
        if len(self.places[t]) == 1:  # the common case, without the search
            later = self.places[t][0].path
            if any(is_after(self.root, later, place.path) for place in self.places[s]):
                return True
        return "st" in self._orders(s, t)

    def _orders(self, s: str, t: str) -> frozenset[str]:
        paths_s, paths_t = (tuple(place.path for place in self.places[step]) for step in (s, t))
        return frozenset(orders(self.root, paths_s, paths_t))

    def _only_in_other_branches(self, one: str, other: str) -> bool:
        pairs = product(self.places[one], self.places[other])
        return one != other and all(isinstance(meeting(self.root, a.path, b.path), Choice) for a, b in pairs)

    def misplaced_milestones(self) -> Iterator[tuple[str, str]]:
        """Yield (step, text) for each milestone that stands where it may be left out, or stands twice."""
        for name, places in self.places.items():
            if not self.steps[name].milestone:
                continue
            if len(places) > 1:
                yield name, f"the milestone `{name}` is placed {len(places)} times: use `requires` instead"
            elif places[0].skippable or places[0].chosen:
                yield name, f"the milestone `{name}` stands in a choice, optional or redo: use `requires` instead"

    def unlike_places(self) -> Iterator[tuple[str, str]]:
        """Yield (step, text) for each step that stands in places that cannot be told as one."""
        for name, places in self.places.items():
            first = places[0]
            if any(place.stage != first.stage for place in places):
                yield name, f"the step `{name}` stands in two stages: give it two names"
            elif any(place.skippable != first.skippable for place in places):
                yield name, f"the step `{name}` is optional in one place and mandatory in another: give it two names"
            elif any(
                len({is_after(self.root, place.path, mark.path) for place in places}) > 1
                for mark in self.milestones
                if mark.name != name
            ):
                yield name, f"the step `{name}` stands before and after a milestone: give it two names"
