"""One journey on its way: which touchpoints it took, where it stands, what it waits for, how it ended."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Literal, NamedTuple, TypeAlias

import msgspec

from services.journey.domain.engine.frontier import EXTRA, chain
from services.journey.domain.judgement.atlas import Drop, Track, Version
from services.journey.domain.judgement.deviations import Draft, deviations
from services.journey.domain.judgement.fates import CONTROL, Fate
from services.journey.domain.judgement.moment import Moment
from services.journey.domain.judgement.overdue import Due, Overdue, due_times
from services.journey.domain.judgement.route import Route, find_route
from services.journey.domain.judgement.waits import Clocks, clocks
from services.journey.domain.maps.model import Persona
from shared.events import Proof, Touchpoint

State: TypeAlias = Literal["open", "completed", "reached", "lost"]
ORDER: tuple[State, ...] = ("open", "completed", "reached", "lost")  # of two at one touchpoint the later wins
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Touch(NamedTuple):
    """What a journey keeps of a touchpoint."""

    occurred_at: int
    received_at: int
    proof: Proof


class Taken(NamedTuple):
    """An aligned touchpoint, so that it can be aligned anew on another course."""

    touch: Touch
    steps: tuple[str, ...]
    replaced: frozenset[str]
    person: object


class Stray(NamedTuple):
    """An ad hoc touchpoint that costs nothing: welcome at any time, or of a dropped step."""

    about: str
    touch: Touch


@dataclass(eq=False)
class Deferral:
    """A step put off."""

    step: str
    touch: Touch
    until: int | None
    ended: Touch | None = None  # what closed it
    closed: bool = False


@dataclass(eq=False)
class Run:
    """One journey; advanced in history order."""

    version: Version
    persona: Persona | None
    n: int
    key: str | None
    opening: Touch
    changes: tuple[tuple[int, frozenset[str]], ...] = ()  # until when which steps the then persona dropped
    clocks_from: Touch | None = None  # a change of persona restarts the clocks

    state: State = "open"
    reached_at: int | None = None
    ending: Touch | None = None
    after_end: str | None = None  # the last trailing step done after the end
    since: Touch = field(init=False)
    taken: list[Taken] = field(default_factory=list)
    strays: list[Stray] = field(default_factory=list)
    failures: dict[str, list[Touch]] = field(default_factory=dict)
    unmapped: dict[str, list[Touch]] = field(default_factory=dict)
    deferrals: list[Deferral] = field(default_factory=list)
    drops: tuple[Drop, ...] = ()
    first_by: dict[str, object] = field(default_factory=dict)
    healthy_at: int | None = None
    waits: dict[int, Touch] = field(default_factory=dict)
    overdue: dict[int, Overdue] = field(default_factory=dict)
    ended_stalls: list[Overdue] = field(default_factory=list)
    dues: tuple[Due, ...] = ()
    track: Track = field(init=False)
    moment: Moment = field(init=False)
    trailing: int = 0  # the state after the end

    def __post_init__(self) -> None:
        """Stand at the start; what is enabled there waits from the opening."""
        self.track = self.version.track(self.persona)
        self.moment = self.track.start
        self.since = self.opening
        self._places: tuple[int, ...] | None = None
        self._free_matters = self.version.map.subject == "account" or any(
            step.recurs for step in self.version.map.steps.values()
        )

    # -- touchpoints -------------------------------------------------------------------------------------------------

    def take(self, touchpoint: Touchpoint, fate: Fate, touch: Touch, person: object) -> None:
        """Take one touchpoint of an open journey."""
        self.until(touch.occurred_at)
        if touchpoint.event in CONTROL:
            self._control(touchpoint, touch, person)
        elif not fate.ignored:
            self._take(touchpoint, fate, touch, person)
        if self._places is None:
            self._observe(touch)  # opened by a touchpoint that is no step: what is enabled waits from there
        if self.moment.standing.complete and not any(not deferral.closed for deferral in self.deferrals):
            self._end("completed", touch)
        for number in () if fate.ignored else fate.outcomes:
            self._outcome(number, touch)

    def _take(self, touchpoint: Touchpoint, fate: Fate, touch: Touch, person: object) -> None:
        course = self.track.course
        if fate.healthy:
            self.healthy_at = touch.occurred_at
        steps = course.steps_of(fate)
        if steps:
            self._align(Taken(touch, steps, fate.replaced, person))
        elif fate.steps:
            self._dropped(fate.steps[0], touch)
        elif fate.anytime:
            self.strays.append(Stray(touchpoint.event, touch))
        elif any(step in course.order for step in fate.failed):
            for step in fate.failed:
                if step in course.order:
                    self.failures.setdefault(step, []).append(touch)
        elif not fate.known:
            self.unmapped.setdefault(touchpoint.event, []).append(touch)

    def _align(self, taken: Taken) -> None:
        self.moment = self._follow(self.moment, taken)
        self.taken.append(taken)
        self._observe(taken.touch)

    def _follow(self, moment: Moment, taken: Taken) -> Moment:
        course = self.track.course
        free = self._free_matters and self._is_free(moment, taken)
        after = self.track.follow(moment, course.symbol(taken.steps, free=free))
        if self._free_matters:
            for step in taken.steps:
                if after.ledger.first.get(step) == after.index:
                    self.first_by.setdefault(step, taken.person)
        return after

    def _is_free(self, moment: Moment, taken: Taken) -> bool:
        """Tell whether every step it can be is done, and recurs or was done first by somebody else."""
        first = moment.ledger.first
        steps = self.version.map.steps
        echo = self.version.map.subject == "account"
        return all(
            step in first and (steps[step].recurs or (echo and self.first_by.get(step) != taken.person))
            for step in taken.steps
        )

    def _dropped(self, step: str, touch: Touch) -> None:
        self.strays.append(Stray(step, touch))
        for deferral in self.deferrals:
            if deferral.step == step and not deferral.closed:
                deferral.ended, deferral.closed = touch, True

    # -- decisions ---------------------------------------------------------------------------------------------------

    def _control(self, touchpoint: Touchpoint, touch: Touch, person: object) -> None:
        attributes = msgspec.json.decode(touchpoint.attributes)
        step = attributes.get("step") if isinstance(attributes, dict) else None
        if not isinstance(step, str) or step not in self.version.map.steps:
            return
        put_off = next((one for one in self.deferrals if one.step == step and not one.closed), None)
        if touchpoint.event == "Step Resumed":
            if put_off is not None:
                self._resume(put_off, touch)
        elif touchpoint.event == "Step Done":
            if put_off is not None:
                self._dropped(step, touch)
            elif step in self.track.course.order and step not in self.moment.ledger.first:
                self._align(Taken(touch, (step,), frozenset(), person))
        elif touchpoint.event == "Step Waived":
            self._waive(step, put_off, touch)
        else:
            self._defer(step, put_off, touch, _time(attributes.get("until")))

    def _waive(self, step: str, put_off: Deferral | None, touch: Touch) -> None:
        if put_off is not None:
            put_off.ended, put_off.closed = touch, True
        else:
            self._drop(step, touch)

    def _defer(self, step: str, put_off: Deferral | None, touch: Touch, until: int | None) -> None:
        if put_off is not None:
            put_off.until = until
        elif self._drop(step, touch):
            self.deferrals.append(Deferral(step, touch, until))

    def _drop(self, step: str, touch: Touch) -> bool:
        """Take a step away that is not done; tell whether there was one."""
        first = self.moment.ledger.first
        if step not in self.track.course.order or step in first:
            return False
        self.drops = (*self.drops, (step, frozenset(first)))
        self._realign(touch)
        return True

    def _resume(self, deferral: Deferral, touch: Touch) -> None:
        deferral.ended, deferral.closed = touch, True
        self.drops = tuple(drop for drop in self.drops if drop[0] != deferral.step)
        self._realign(touch)

    def _realign(self, touch: Touch) -> None:
        """Judge all touchpoints on the course that is left."""
        self.track = self.version.track(self.persona, self.drops)
        self.first_by.clear()
        self.moment = self.track.start
        taken, self.taken = self.taken, []
        for one in taken:
            steps = tuple(step for step in one.steps if step in self.track.course.order)
            if steps:
                left = one._replace(steps=steps)
                self.moment = self._follow(self.moment, left)
                self.taken.append(left)
        self._observe(touch)

    # -- time --------------------------------------------------------------------------------------------------------

    def until(self, time: int) -> None:
        """Let time pass: steps put off until then come back, waits become overdue."""
        returning = [one for one in self.deferrals if not one.closed and one.until is not None and one.until <= time]
        for deferral in sorted(returning, key=lambda one: one.until or 0):
            at = deferral.until or 0
            self._mark(at)
            self._resume(deferral, Touch(at, deferral.touch.received_at, deferral.touch.proof))
        self._mark(time)

    def _mark(self, time: int) -> None:
        """Note the waits that were overdue before a time."""
        for due in self.dues:
            if due.at < time and due.place not in self.overdue:
                self.overdue[due.place] = Overdue(due, self._overdue_before(due.step) + 1)

    def _overdue_before(self, step: str) -> int:
        return sum(one.due.step == step for one in (*self.ended_stalls, *self.overdue.values()))

    def _observe(self, touch: Touch) -> None:
        """See what has changed at a touchpoint: the position, the clocks, the waits that ended."""
        standing, watched = self.moment.standing, self.clocks().watched
        if standing.places != self._places:
            self._places = standing.places
            self.since = touch
        if self.waits.keys() != watched:
            for place in [place for place in self.waits if place not in watched]:
                self._stop(place, touch)
            for place in standing.places:
                self.waits.setdefault(place, touch)
        self.dues = due_times(self)

    def _stop(self, place: int, touch: Touch) -> None:
        del self.waits[place]
        overdue = self.overdue.pop(place, None)
        if overdue is not None:
            self.ended_stalls.append(overdue.end(touch.occurred_at))

    # -- the end -----------------------------------------------------------------------------------------------------

    def _outcome(self, number: int, touch: Touch) -> None:
        outcome = self.version.map.outcomes[number]
        if outcome.kind == "reached":
            self.reached_at = self.reached_at if self.reached_at is not None else touch.occurred_at
        if number in self.track.ends:
            self._end(outcome.kind, touch)

    def _end(self, state: State, touch: Touch) -> None:
        if ORDER.index(state) > ORDER.index(self.state):
            self.state = state
        self.ending = touch
        for place in list(self.waits):
            self._stop(place, touch)
        self.dues = ()
        self.trailing = self.moment.standing.state

    def trails(self, fate: Fate) -> bool:
        """Tell whether a touchpoint after the end is a trailing optional step or redo."""
        return self._trailing_step(fate) is not None

    def trail(self, fate: Fate) -> None:
        """Take a touchpoint after the end: trailing optional steps and redos belong to a completed journey."""
        found = self._trailing_step(fate)
        if found is not None:
            self.after_end, self.trailing = found

    def _trailing_step(self, fate: Fate) -> tuple[str, int] | None:
        graph = self.track.course.graph
        if self.state == "lost" or fate.ignored or not self.moment.standing.complete:
            return None
        for step in self.track.course.steps_of(fate):
            ways = [way for way in graph.targets(self.trailing, step) if not way.skips]
            if ways:
                return step, min(ways, key=lambda way: way.place).state
        return None

    # -- for the report ----------------------------------------------------------------------------------------------

    def touch_of(self, index: int) -> Touch:
        """Return the n-th aligned touchpoint; 0 is the opening."""
        return self.taken[index - 1].touch if index else self.opening

    def let_return(self, time: int) -> None:
        """Let the steps that were put off until then come back; waits are judged by the report."""
        if any(not one.closed and one.until is not None and one.until <= time for one in self.deferrals):
            self.until(time)

    def drafts(self) -> tuple[Draft, ...]:
        """Return the findings of the alignment; a step passed while it was dropped is no fault."""
        excused = self.excused()
        if not excused:
            return self.moment.drafts
        first = {**self.moment.ledger.first, **dict.fromkeys(excused, 0)}
        moment = self.moment
        drafts = deviations(moment.course, moment.prefix, moment.standing, first)
        return tuple(
            replace(draft, kind="optional_skipped") if draft.step in excused and draft.kind == "skipped" else draft
            for draft in drafts
        )

    def route(self) -> Route:
        """Return the way on; a step passed while it was dropped is not owed."""
        first = self._done_or_excused() if self.changes else None
        return self.moment.route if first is None else find_route(self.track.course, self.moment.standing, first)

    def clocks(self) -> Clocks:
        """Return what is waited for; a step passed while the then persona dropped it is not."""
        first = self._done_or_excused() if self.changes else None
        if first is None:
            return self.moment.clocks
        return clocks(self.track.course, self.moment.standing, self.route(), first)

    def _done_or_excused(self) -> dict[str, int] | None:
        """Return the steps done with those that count as done, or None where none does."""
        excused = self.excused()
        return {**self.moment.ledger.first, **dict.fromkeys(excused, 0)} if excused else None

    def excused(self) -> frozenset[str]:
        """Return the steps that were passed while the then persona dropped them, or while they were put off."""
        if not self.changes and not self.deferrals:
            return frozenset()
        places = self.track.course.graph.places
        skipped = (
            (places[place].step, self.touch_of(index).occurred_at)
            for index, entry in enumerate(chain(self.moment.prefix.best), 1)
            if entry.place != EXTRA
            for place in entry.trail
            if place >= 0
        )
        return frozenset(step for step, at in skipped if self._was_dropped(step, at))

    def _was_dropped(self, step: str, at: int) -> bool:
        for until, dropped in self.changes:
            if at < until:
                if step in dropped:
                    return True
                break
        return any(
            one.step == step and one.touch.occurred_at <= at and one.ended is not None and at < one.ended.occurred_at
            for one in self.deferrals
        )


def _time(value: object) -> int | None:
    """Return an ISO 8601 time as microseconds UTC, or None where it is none."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    try:
        moment = msgspec.convert(value, type=datetime)
    except msgspec.ValidationError:
        return None
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return (aware - EPOCH) // timedelta(microseconds=1)
