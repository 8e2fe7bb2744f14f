"""Requirements against the order of the path: deadlocks, branches that exclude each other, misplaced milestones."""

from collections.abc import Iterator
from typing import Final

from services.journey.domain.maps.model import Block, Choice, Step
from services.journey.domain.maps.places import StepPlace, is_after, meeting, orders

MAX_REQUIREMENTS: Final = 20_000  # direct or through others; keeps the check of a hostile map within seconds


class Requirements:
    """The requires-edges of a path, milestones included, and where the steps stand."""

    def __init__(self, root: Block, places: list[StepPlace], steps: dict[str, Step]) -> None:
        """Collect the edges; `root` is the sequence of the stages' paths."""
        self.root = root
        self.steps = steps
        self.places: dict[str, tuple[StepPlace, ...]] = {}
        for place in places:
            self.places[place.name] = (*self.places.get(place.name, ()), place)
        self.milestones = [
            places[0] for name, places in self.places.items() if steps[name].milestone and len(places) == 1
        ]

    def of(self, name: str) -> list[str]:
        """Return what a step requires: by its own word, then through milestones before it."""
        own = [required for required in self.steps[name].requires if required in self.places]
        ahead = [
            mark.name
            for mark in self.milestones
            if mark.name != name and all(is_after(self.root, place.path, mark.path) for place in self.places[name])
        ]
        return list(dict.fromkeys([*own, *ahead]))

    def closure(self, name: str) -> list[str]:
        """Return everything a step requires, directly or through others; itself too where they go in a circle."""
        found: dict[str, None] = {}
        waiting = [required for required in self.steps[name].requires if required in self.places]
        while waiting and len(found) <= MAX_REQUIREMENTS:
            step = waiting.pop(0)
            if step not in found:
                found[step] = None
                waiting.extend(self.of(step))
        return list(found)

    def errors(self) -> Iterator[tuple[str, str]]:
        """Yield (step, text) for each step whose requirements no run of the path can meet."""
        checked = 0
        for name in self.places:
            required = self.closure(name) if self.steps[name].requires else []
            checked += len(required) ** 2
            if checked > MAX_REQUIREMENTS:
                yield name, "the steps require too much, directly or through others, to be checked"
                return
            text = self._circle(name, required) or self._against_order(name, required) or self._apart(name, required)
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
            if "st" not in self._orders(other, name):
                return f"the step `{name}` requires `{other}`{how}, which the path never puts before it"
        return ""

    def _apart(self, name: str, required: list[str]) -> str:
        for number, one in enumerate(required):
            for other in required[number + 1 :]:
                if not {"st", "ts"} & self._orders(one, other):
                    return f"the step `{name}` requires both `{one}` and `{other}`, of which the path allows only one"
        return ""

    def _orders(self, s: str, t: str) -> frozenset[str]:
        paths_s, paths_t = (tuple(place.path for place in self.places[step]) for step in (s, t))
        return frozenset(orders(self.root, paths_s, paths_t))

    def _only_in_other_branches(self, one: str, other: str) -> bool:
        return all(
            isinstance(meeting(self.root, a.path, b.path), Choice) for a in self.places[one] for b in self.places[other]
        )

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
