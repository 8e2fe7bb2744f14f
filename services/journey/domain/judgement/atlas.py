"""All versions of one map, ready to judge on: compiled when first needed, with the memory that customers share.

The memory is bounded: past its limit a course forgets its tree of moments. Nothing but speed is lost.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from services.journey.domain.engine.blocks import Node
from services.journey.domain.engine.build import build
from services.journey.domain.engine.entries import Symbol
from services.journey.domain.judgement.course import Course
from services.journey.domain.judgement.dropping import without
from services.journey.domain.judgement.fates import Fates, own_matchers
from services.journey.domain.judgement.moment import Moment
from services.journey.domain.maps.model import JourneyMap, Outcome, Persona, Stage
from services.journey.domain.maps.overlap import can_both_match

DAY = 86_400_000_000  # microseconds
MOMENTS_LIMIT = 30_000  # remembered moments of one course
COURSES_LIMIT = 2_000  # remembered courses of one version
STATES_LIMIT = 100_000  # states a course may know before new journeys get a fresh one

Drop = tuple[str, frozenset[str]]  # a step taken away by decision, and the steps done by then


@dataclass(frozen=True)
class PublishedMap:
    """A map version with the moment from which it is in force."""

    map: JourneyMap
    version: int
    published_at: int  # microseconds UTC


class Track:
    """A course with its tree of moments."""

    def __init__(self, course: Course, *, memory: int = MOMENTS_LIMIT) -> None:
        """Begin with the start alone; `memory` is how many moments are kept, 0 for none."""
        self.course = course
        self.start = Moment(course, course.aligner.start)
        self.ends = frozenset(number for number, outcome in enumerate(course.map.outcomes) if _ends(course, outcome))
        self._count = 0
        self._memory = memory

    def follow(self, moment: Moment, symbol: Symbol) -> Moment:
        """Return the moment after one more touchpoint."""
        known = moment.children.get(symbol)
        if known is not None:
            return known
        child = Moment(self.course, moment.prefix.child(symbol), moment)
        if self._memory:
            self._count += 1 + child.prefix.size // 8
            if self._count > self._memory:
                self.start.children.clear()
                self.course.routes.clear()
                self.course.drafts.clear()
                self._count = 0
            moment.children[symbol] = child
        return child


class Version:
    """One map version, compiled."""

    def __init__(
        self, published: PublishedMap, *, historical_after: int = 7 * DAY, memory: int = MOMENTS_LIMIT
    ) -> None:
        """Compile matchers now, courses when asked for. `historical_after`: see Atlas."""
        self.historical_after = historical_after
        self.map = published.map
        self.number = published.version
        self.fates = Fates(published.map)
        self.free_matters = published.map.subject == "account" or any(
            step.recurs for step in published.map.steps.values()
        )
        self.map_replaces = any(step.replaced_by for step in published.map.steps.values())
        self._memory = memory
        self._wholes: dict[str, Node] = {}
        self._tracks: dict[tuple[str, tuple[Drop, ...]], Track] = {}

    def track(self, persona: Persona | None = None, drops: tuple[Drop, ...] = ()) -> Track:
        """Return the course of a persona without what was dropped since, in the order it was dropped."""
        key = (persona.name if persona is not None else "", drops)
        known = self._tracks.get(key)
        if known is None or known.course.graph.size > STATES_LIMIT:
            if len(self._tracks) >= COURSES_LIMIT:
                self._tracks.clear()
            known = self._tracks[key] = Track(self._course(persona, drops), memory=self._memory)
        return known

    def _course(self, persona: Persona | None, drops: tuple[Drop, ...]) -> Course:
        own = persona.path if persona is not None else None
        name = persona.name if persona is not None and own is not None else ""
        whole = self._wholes.get(name)
        if whole is None:
            whole = self._wholes[name] = build((Stage("", own),) if own is not None else self.map.stages)
        tree: Node | None = whole
        if persona is not None and persona.drop:
            tree = without(whole, frozenset(persona.drop))
        for step, begun in drops:
            tree = without(tree, frozenset({step}), begun) if tree is not None else None
        return Course(self.map, persona, whole, tree)


class Atlas:
    """All versions of one map."""

    def __init__(
        self, versions: Sequence[PublishedMap], *, historical_after: int = 7 * DAY, memory: int = MOMENTS_LIMIT
    ) -> None:
        """Hold the versions; `historical_after`: how late, in microseconds, news may come and still raise an alarm.

        Of versions in force from the same moment the last is in the place of the others: it corrects them. `memory` is
        how many moments each course keeps for customers to come, 0 for none: only speed depends on it.
        Raises ValueError where there is no version.
        """
        if not versions:
            message = "an atlas needs at least one version of its map"
            raise ValueError(message)
        by_time = {one.published_at: one for one in sorted(versions, key=lambda one: one.version)}
        ordered = [by_time[at] for at in sorted(by_time)]
        self.historical_after = historical_after
        self._times = [one.published_at for one in ordered]
        self._published = ordered
        self._memory = memory
        self._versions: dict[int, Version] = {}
        self.one_journey_each = all(one.map.journey_per == "customer" for one in ordered)
        self.with_personas = any(one.map.personas for one in ordered)
        self.subject = versions[-1].map.subject
        self.owners = frozenset(one.map.owner_from for one in ordered)

    def in_force(self, at: int) -> Version:
        """Return the version in force at a time; the first one reaches back for ever."""
        index = max(bisect_right(self._times, at) - 1, 0)
        known = self._versions.get(index)
        if known is None:
            known = self._versions[index] = Version(
                self._published[index], historical_after=self.historical_after, memory=self._memory
            )
        return known


def _ends(course: Course, outcome: Outcome) -> bool:
    """Tell whether an outcome ends the journey: lost does, reached unless a mandatory step lies after its steps."""
    if outcome.ends is not None:
        return outcome.ends
    if outcome.kind == "lost":
        return True
    matched = (
        step
        for step in course.order
        if any(can_both_match(outcome.matcher, matcher) for matcher in own_matchers(course.map.steps[step]))
    )
    return not any(course.mandatory_follows(place) for step in matched for place in course.places_of[step])
