"""The fold: from one customer's history on one map to the journeys as judged. Pure; the same for any batching.

`Path` takes touchpoints in history order, one by one, and can be asked at any time; `replay` does the whole at once.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise

from services.journey.domain.judgement.atlas import DAY, Atlas, PublishedMap, Version
from services.journey.domain.judgement.fates import ALIGNED_TYPES, CONTROL, MISSING, Fate, Fields
from services.journey.domain.judgement.kept import Touch, touch_of
from services.journey.domain.judgement.model import Journey
from services.journey.domain.judgement.profile import Profile
from services.journey.domain.judgement.report import report
from services.journey.domain.judgement.run import Run
from services.journey.domain.judgement.trailing import trail, trails
from services.journey.domain.judgement.traits import Traits
from services.journey.domain.maps.model import Persona
from shared.events import Touchpoint, history_key

__all__ = ["DAY", "Atlas", "Path", "PublishedMap", "replay"]

KEYS_LIMIT = 10_000  # journeys by `journey_per` that one customer may have on one map


@dataclass(eq=False, slots=True)
class _Line:
    """The journeys of one customer for one value of `journey_per`: at most one of them is open."""

    run: Run | None = None


@dataclass(eq=False, slots=True)
class _Story:
    """Everything folded so far; made anew when a trait changes what the past means."""

    runs: list[Run] = field(default_factory=list)
    lines: dict[str | None, _Line] = field(default_factory=dict)


class Path:
    """One customer's fold on one map; advanced in history order."""

    __slots__ = ("_atlas", "_history", "_personas", "_profile", "_story", "_traits")

    def __init__(self, atlas: Atlas) -> None:
        """Begin with no history."""
        self._atlas = atlas
        self._story = _Story()
        self._traits = Traits()
        self._profile = Profile(atlas.subject, atlas.owners)
        self._personas: list[tuple[int, str]] = []
        self._history: list[tuple[Touchpoint, object]] = []  # kept only where personas may re-judge it

    def advance(self, touchpoint: Touchpoint, person: object | None = None) -> None:
        """Take one touchpoint, not earlier in the history than the last; `person` defaults to the strongest id."""
        who = person if person is not None else touchpoint.ids[0] if touchpoint.ids else None
        if touchpoint.type == self._profile.told_by and self._profile.learn(touchpoint):
            for run in self._story.runs:
                run.ticks += 1
        if self._atlas.with_personas:
            self._history.append((touchpoint, who))
            if self._traits.learn(self._atlas.in_force(touchpoint.occurred_at).map, touchpoint):
                self._judge_anew()
                return
        self._advance(touchpoint, who)

    def journeys(self, judged_until: int) -> tuple[Journey, ...]:
        """Return the journeys in order of opening, absence judged until a moment in microseconds."""
        after = self._atlas.historical_after
        return tuple(report(run, self._profile, judged_until, after) for run in self._story.runs)

    def runs(self) -> tuple[Run, ...]:
        """Return the journeys as they were folded, in order of opening: what they are made of, not to be changed."""
        return tuple(self._story.runs)

    def belongs(self, touchpoint: Touchpoint) -> tuple[bool, str | None]:
        """Return whether the touchpoint belongs to a journey of the map, and the value of `journey_per`."""
        path = self._atlas.in_force(touchpoint.occurred_at).map.journey_per
        if path == "customer":
            return True, None
        value = Fields(touchpoint).get(path)
        if value is MISSING or value is None or isinstance(value, dict | list):
            return False, None
        return True, str(value)

    def _judge_anew(self) -> None:
        """Fold the history again if news of the customer changed what it means."""
        version = self._atlas.in_force(self._history[-1][0].occurred_at)
        changes = [(at, one.name if one is not None else "") for at, one in self._traits.changes(version.map)]
        if changes == self._personas:
            return
        self._personas = changes
        self._story = _Story()
        for touchpoint, person in self._history:
            self._advance(touchpoint, person)

    def _advance(self, touchpoint: Touchpoint, person: object) -> None:
        if touchpoint.type not in ALIGNED_TYPES:
            return
        known, key = (True, None) if self._atlas.one_journey_each else self.belongs(touchpoint)
        if not known:
            return
        line = self._story.lines.get(key)
        if line is None:
            if len(self._story.lines) >= KEYS_LIMIT:
                return
            line = self._story.lines[key] = _Line()
        run = line.run
        touch = touch_of(touchpoint)
        if run is not None:
            fate = run.version.fates.of(touchpoint)
            if run.ending is None:
                run.take(touchpoint, fate, touch, person)
                return
            if run.version.map.reentry == "never" or not self._reenters(run, touchpoint, fate):
                trail(run, fate, touch)
                return
        self._open(line, key, touchpoint, touch, person)

    def _reenters(self, run: Run, touchpoint: Touchpoint, fate: Fate) -> bool:
        """Tell whether a touchpoint after the end begins a new journey rather than trailing the old one."""
        version = self._atlas.in_force(touchpoint.occurred_at)
        if not self._opens(version, touchpoint):
            return False
        return bool(version.map.opens_on) or not trails(run, fate)

    def _opens(self, version: Version, touchpoint: Touchpoint) -> bool:
        fate = version.fates.of(touchpoint)
        if version.map.opens_on:
            return fate.opens
        if fate.ignored or touchpoint.event in CONTROL:
            return False
        course = version.track(self._traits.persona(version.map, touchpoint.occurred_at)).course
        return course.role(fate) is not None

    def _open(self, line: _Line, key: str | None, touchpoint: Touchpoint, touch: Touch, person: object) -> None:
        version = self._atlas.in_force(touchpoint.occurred_at)
        if not self._opens(version, touchpoint):
            return
        run = Run(version, self._persona_now(version), len(self._story.runs) + 1, key, touch)
        self._give_changes(run)
        self._story.runs.append(run)
        line.run = run
        run.take(touchpoint, version.fates.of(touchpoint), touch, person)

    def _persona_now(self, version: Version) -> Persona | None:
        """Return the persona that the whole history is judged under: the last one known."""
        changes = self._traits.changes(version.map)
        return changes[-1][1] if changes else None

    def _give_changes(self, run: Run) -> None:
        """Tell a journey which steps earlier personas dropped, and from when its clocks run."""
        changes = self._traits.changes(run.version.map)
        then: list[tuple[int, frozenset[str]]] = []
        for (_, persona), (until, following) in pairwise(changes):
            if persona != following and until > run.opening.occurred_at:
                then.append((until, run.version.track(persona).course.gone))
                news = next(one for one, _ in self._history if one.occurred_at == until)
                run.clocks_from = touch_of(news)
        run.changes = tuple(then)


def replay(atlas: Atlas, history: Iterable[Touchpoint], judged_until: int) -> tuple[Journey, ...]:
    """Return the journeys of a history given in any order, judged until a moment in microseconds."""
    path = Path(atlas)
    for touchpoint in sorted(history, key=history_key):
        path.advance(touchpoint)
    return path.journeys(judged_until)
