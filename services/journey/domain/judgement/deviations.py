"""From the canonical explanation to findings: which detour each move is, what it costs, what proves it.

The table these rules follow: docs/judgement.md. Findings of touchpoints that are never aligned (failures, unmapped
events, what is welcome at any time) are added in sides.py, for they belong to the customer.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from services.journey.domain.engine.blocks import Fork
from services.journey.domain.engine.frontier import Prefix
from services.journey.domain.judgement.course import Course
from services.journey.domain.judgement.draft import Draft
from services.journey.domain.judgement.standing import Standing
from services.journey.domain.judgement.story import Act, Passed, Story, tell


@dataclass
class _Bill:
    """What one step owes for coming out of order."""

    extras: list[Act] = field(default_factory=list)
    skips: list[Act] = field(default_factory=list)
    carried: int = 0
    carriers: list[int] = field(default_factory=list)  # touchpoints whose cost it carries


def deviations(course: Course, prefix: Prefix, standing: Standing, first: Mapping[str, int]) -> tuple[Draft, ...]:
    """Return the findings of a prefix in document order of their steps, then of their touchpoints."""
    story = tell(course, prefix, standing)
    drafts = list(_Judge(course, prefix, standing, first, story).judge())
    drafts.sort(key=lambda draft: (draft.proof[0], course.order[draft.step], draft.slot, str(draft.k)))
    return _told_apart(drafts)


def _told_apart(drafts: list[Draft]) -> tuple[Draft, ...]:
    """Give each finding a key of its own: two of one step in one round are numbered on."""
    counts: dict[str, int] = {}
    apart = []
    for draft in drafts:
        often = counts[draft.key] = counts.get(draft.key, 0) + 1
        apart.append(draft if often == 1 else replace(draft, k=f"{draft.k}.{often}"))
    return tuple(apart)


class _Judge:
    """Names the moves of one story."""

    def __init__(
        self, course: Course, prefix: Prefix, standing: Standing, first: Mapping[str, int], story: Story
    ) -> None:
        self._course = course
        self._first = first
        self._story = story
        self._certain = prefix.certain()
        self._exact = prefix.exact
        self._extra, self._skip = course.map.customer_only, course.map.map_only
        places = course.graph.places
        self._ahead = {places[place].step for place in course.graph.ahead(standing.state)}
        self._to_come = {places[place].step for place in course.graph.ahead(prefix.best.state)}
        self._bills: dict[str, _Bill] = {}
        self._again: dict[tuple[str, str], list[Act]] = {}
        self._strays: list[tuple[str, Act]] = []
        self._skipped: dict[str, list[Act]] = {}

    def judge(self) -> Iterator[Draft]:
        for step in self._course.order:
            if self._story.moved(step):
                self._sort_moves(step)
        self._carry()
        shown: set[str] = set()
        for step in self._course.order:
            for draft in self._of_step(step):
                shown.add(step)
                yield draft
        yield from self._went_by(shown)

    def _sort_moves(self, step: str) -> None:
        """Share out the moves of a step: out of order, not taken, again, skipped."""
        extras = list(self._story.extras.get(step, ()))
        skips = list(self._story.skips.get(step, ()))
        early = extras.pop(0) if extras and extras[0].at == self._first[step] else None
        if early is not None and step in self._story.not_taken and not skips:
            self._strays.append((step, early))
        elif early is not None:
            bill = self._bill(step)
            bill.extras.append(early)
            bill.skips += skips[:1]
            skips = skips[1:]
        for extra in extras:
            self._again.setdefault((self._again_slot(step, extra), step), []).append(extra)
        for skip in skips:
            later = [act for act in self._story.matches.get(step, ()) if act.at >= skip.at]
            if later:
                self._bill(step).skips.append(skip)
            else:
                self._skipped.setdefault(step, []).append(skip)

    def _bill(self, step: str) -> _Bill:
        return self._bills.setdefault(step, _Bill())

    def _again_slot(self, step: str, extra: Act) -> str:
        """Tell going back from a later stage from doing the same once more."""
        stage = self._course.stage_of[step]
        later = (index for other, index in self._first.items() if self._course.stage_of.get(other, -1) > stage)
        return "back" if any(index < extra.at for index in later) else "again"

    def _carry(self) -> None:
        """Hand the cost of a step done too early to the first step that it should have waited for."""
        for step, bill in list(self._bills.items()):
            if not bill.extras or not (bill.skips or self._credited(step)):
                continue
            at = bill.extras[0].at
            missing = [need for need in self._course.requires[step] if self._first.get(need, at) >= at]
            if missing:
                creditor = self._bill(min(missing, key=self._course.order.__getitem__))
                creditor.carried += self._extra * len(bill.extras) + self._skip * len(bill.skips)
                creditor.carriers.append(at)
                bill.extras, bill.skips = [], []

    def _credited(self, step: str) -> bool:
        """Tell whether a step done too early still lies ahead of the canonical state, and is no redo."""
        places = self._course.places_of[step]
        redone = all(self._course.parts[place].redone for place in places)
        return step in self._to_come and step not in self._story.matches and not redone

    def _of_step(self, step: str) -> Iterator[Draft]:
        bill = self._bills.get(step, _Bill())
        violated = sorted(
            (
                late
                for late in self._course.dependents[step]
                if self._first.get(late, 0) > 0 and self._before(late, step)
            ),
            key=self._first.__getitem__,
        )
        skips = self._skipped.get(step, [])
        if step in self._first:
            if violated or bill.extras or bill.skips:
                yield self._out_of_order(step, bill, violated)
            yield from self._skips_of(step, skips)
        elif violated or (skips and self._blocks(step)):
            yield self._prerequisite(step, skips, bill, violated)
        else:
            yield from self._skips_of(step, skips)
        yield from (self._stray(name, extra) for name, extra in self._strays if name == step)
        yield from (self._once_more(slot, step, acts) for (slot, name), acts in self._again.items() if name == step)

    def _before(self, late: str, step: str) -> bool:
        return step not in self._first or self._first[late] < self._first[step]

    def _blocks(self, step: str) -> tuple[str, ...]:
        """Return the steps ahead that cannot be before this one is done."""
        blocked = self._course.dependents[step] & self._ahead - self._first.keys()
        return tuple(sorted(blocked, key=self._course.order.__getitem__))

    def _out_of_order(self, step: str, bill: _Bill, violated: list[str]) -> Draft:
        matched = [act.at for act in self._story.matches.get(step, ()) if act.at >= self._first[step]][:1]
        indices = {act.at for act in (*bill.extras, *bill.skips)} | {self._first[step], *bill.carriers, *matched}
        indices |= {self._first[late] for late in violated[:1]}
        indices |= {at for extra in bill.extras if not bill.skips for at in self._overtaken(step, extra)}
        cost = self._extra * len(bill.extras) + self._skip * len(bill.skips) + bill.carried
        certain = True if violated else self._sure(step, len(bill.extras), len(bill.skips))
        turn = bill.skips[0].round if bill.skips else 1
        came, other = self._inversion(step, bill)
        proof = tuple(sorted(indices))
        return Draft("path", "out_of_order", step, cost, certain, proof, turn, tuple(violated), came=came, other=other)

    def _inversion(self, step: str, bill: _Bill) -> tuple[str, str]:
        """Tell whether a step came early or late, and which step it overtook or was passed by."""
        done_at = {act.at: name for name, acts in self._story.matches.items() for act in acts}
        if bill.extras and not (bill.skips and bill.skips[0].at < bill.extras[0].at):
            overtaken = self._overtaken(step, bill.extras[0])
            return "early", done_at[min(overtaken)] if overtaken else ""
        passer = done_at.get(bill.skips[0].at, "") if bill.skips else ""
        return ("late", passer) if passer != step else ("", "")

    def _overtaken(self, step: str, extra: Act) -> set[int]:
        """Return the first and the last touchpoint that the path puts before an early one, and that came after it."""
        place = min(self._course.places_of[step])
        acts = (act for acts in self._story.matches.values() for act in acts)
        late = [act.at for act in acts if act.at > extra.at and act.place < place]
        return {min(late), max(late)} if late else set()

    def _prerequisite(self, step: str, skips: list[Act], bill: _Bill, violated: list[str]) -> Draft:
        indices = {self._first[late] for late in violated} or {skip.at for skip in skips}
        cost = self._skip * len(skips) + bill.carried
        certain = True if violated else self._sure(step, 0, len(skips))
        needed_by = tuple(violated) or self._blocks(step)
        numbers = (("blocks", len(self._blocks(step))), *self._unseen(skips))
        proof = tuple(sorted(indices))
        return Draft("path", "prerequisite_skipped", step, cost, certain, proof, needed_by=needed_by, numbers=numbers)

    def _skips_of(self, step: str, skips: list[Act]) -> Iterator[Draft]:
        """Name what was skipped of a step, round by round."""
        certain = self._sure(step, 0, len(skips))
        for turn in dict.fromkeys(skip.round for skip in skips):
            ours = [skip for skip in skips if skip.round == turn]
            others = self._alternatives(ours[0])
            numbers: tuple[tuple[str, int | str], ...] = (("alternatives", ", ".join(others)),) if others else ()
            yield Draft(
                "path",
                "skipped",
                step,
                self._skip * len(ours),
                certain,
                tuple(dict.fromkeys(skip.at for skip in ours)),
                turn,
                alternatives=others,
                numbers=(*numbers, *self._unseen(ours)),
            )

    def _unseen(self, skips: list[Act]) -> tuple[tuple[str, int | str], ...]:
        """Mark what was skipped before the first touchpoint, where the map does not say how a journey opens."""
        unseen = bool(skips) and all(skip.at == 1 for skip in skips) and not self._course.map.opens_on
        return (("unseen", 1),) if unseen else ()

    def _alternatives(self, skip: Act) -> tuple[str, ...]:
        """Return the first steps of the other branches where the skip's own branch was never taken by a match."""
        for node, index in reversed(self._course.parts[skip.place].frames):
            if isinstance(node, Fork):
                if any(place.step in self._story.matches for place in node.branches[index].inside()):
                    return ()
                others = (branch for number, branch in enumerate(node.branches) if number != index)
                places = (self._course.graph.places[place] for branch in others for place in branch.enabled(None))
                return tuple(dict.fromkeys(place.step for place in places))
        return ()

    def _stray(self, step: str, extra: Act) -> Draft:
        certain = self._sure(step, 1, 0)
        return Draft("path", "ad_hoc", step, self._extra, certain, (extra.at,))

    def _once_more(self, slot: str, step: str, acts: list[Act]) -> Draft:
        certain = self._sure(step, len(acts), 0)
        kind = "regression" if slot == "back" else "repeat"
        before = [self._first[step]] if slot == "again" else []
        matched = [act.at for act in self._story.matches.get(step, ())] if slot == "again" else []
        indices = sorted({*before, *matched, *(act.at for act in acts)})
        return Draft(slot, kind, step, self._extra * len(acts), certain, tuple(indices))

    def _sure(self, step: str, extras: int, skips: int) -> bool | None:
        """Tell whether every optimal alignment makes these moves of a step, or there are none; None: not known."""
        if not self._exact and (extras or skips):
            return None
        certain = self._certain.get
        return certain(("+", step), 0) >= extras and certain(("-", step), 0) >= skips

    def _went_by(self, shown: set[str]) -> Iterator[Draft]:
        """Name the optional blocks left out: put off while something ahead still needs them, else skipped."""
        places = self._course.graph.places
        seen: set[tuple[str, int]] = set()
        for passed in self._story.passed:
            steps = list(dict.fromkeys(places[place].step for place in sorted(passed.option.places)))
            if not steps or any(step in self._first for step in steps):
                continue
            yield from self._left_out(passed, steps, shown, seen)

    def _left_out(
        self, passed: Passed, steps: list[str], shown: set[str], seen: set[tuple[str, int]]
    ) -> Iterator[Draft]:
        owed = [step for step in steps if self._blocks(step) and step not in shown]
        for step in owed:
            if (step, passed.round) not in seen:
                seen.add((step, passed.round))
                yield Draft(
                    "path",
                    "deferred",
                    step,
                    0,
                    certain=True,
                    proof=(passed.at,),
                    k=passed.round,
                    needed_by=self._blocks(step),
                )
        if not owed and shown.isdisjoint(steps) and (steps[0], passed.round) not in seen:
            seen.add((steps[0], passed.round))
            yield Draft("path", "optional_skipped", steps[0], 0, certain=True, proof=(passed.at,), k=passed.round)
