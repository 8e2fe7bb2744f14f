"""One journey on its way: which touchpoints it took, where it stands, what it waits for, how it ended."""

from typing import Literal, TypeAlias

from services.journey.domain.judgement.atlas import Drop, Version
from services.journey.domain.judgement.decisions import decide, resume
from services.journey.domain.judgement.excuses import clocks_of
from services.journey.domain.judgement.fates import CONTROL, Fate, Fields
from services.journey.domain.judgement.handoffs import HandOff, hear, watch
from services.journey.domain.judgement.kept import Deferral, Stray, Taken, Tally, Touch
from services.journey.domain.judgement.model import Finding, Journey
from services.journey.domain.judgement.moment import Moment
from services.journey.domain.judgement.overdue import Due, Overdue, due_times
from services.journey.domain.maps.model import Persona
from shared.events import Touchpoint

State: TypeAlias = Literal["open", "completed", "reached", "lost"]
ORDER: tuple[State, ...] = ("open", "completed", "reached", "lost")  # of two at one touchpoint the later wins
NEVER = 1 << 62  # later than any time
NAMES_LIMIT = 200  # unmapped events, and issues, that a journey tells apart
OTHERS = "(other events)"


class Run:
    """One journey; advanced in history order."""

    __slots__ = (
        "_first_by",
        "_places",
        "after_end",
        "broken",
        "changes",
        "clocks_from",
        "deferrals",
        "drops",
        "dues",
        "ended_stalls",
        "ending",
        "entered",
        "failures",
        "findings",
        "hand_off",
        "healthy_at",
        "issues",
        "key",
        "moment",
        "n",
        "next_due",
        "opening",
        "overdue",
        "persona",
        "reached_at",
        "reported",
        "sides",
        "since",
        "state",
        "strays",
        "taken",
        "ticks",
        "track",
        "trailed",
        "trailing",
        "unmapped",
        "version",
        "waits",
        "written_sides",
    )

    def __init__(self, version: Version, persona: Persona | None, n: int, key: str | None, opening: Touch) -> None:
        """Open the n-th journey of a customer on a map version."""
        self.version, self.persona, self.opening = version, persona, opening
        self.n, self.key = n, key
        self.changes: tuple[tuple[int, frozenset[str]], ...] = ()  # until when which steps the then persona dropped
        self.clocks_from: Touch | None = None  # a change of persona restarts the clocks
        self.state: State = "open"
        self.reached_at: int | None = None
        self.ending: Touch | None = None
        self.after_end: str | None = None  # the last trailing step done after the end
        self.trailing = 0  # the state in the path after the end
        self.entered: dict[str, int] = {}  # each stage that the customer stood in, and since when first
        self.trailed: dict[str, int] = {}  # the steps done for the first time after the end, and when
        self.since = opening
        self.taken: list[Taken] = []
        self.strays: list[Stray] = []
        self.failures: dict[str, Tally] = {}
        self.unmapped: dict[str, Tally] = {}
        self.issues: dict[str, dict[str, Tally]] = {}  # by issue, then by channel
        self.deferrals: list[Deferral] = []
        self.drops: tuple[Drop, ...] = ()
        self.healthy_at: int | None = None
        self.waits: dict[int, Touch] = {}
        self.overdue: dict[int, Overdue] = {}
        self.ended_stalls: list[Overdue] = []
        self.dues: tuple[Due, ...] = ()
        self.next_due = NEVER
        self.hand_off: HandOff | None = None  # the one that is on
        self.broken: list[HandOff] = []
        self.ticks = 0  # grows with every touchpoint that may change what is reported
        self.reported: tuple[int, int, Journey] | None = None  # what was last reported: ticks, until when, journey
        self.sides = 0  # grows with everything that the alignment does not see
        self.findings: dict[int, tuple[object, int, Finding]] = {}  # what was already written out, by the draft's id
        self.written_sides: tuple[object, tuple[Finding, ...]] | None = None
        self.track = version.track(persona)
        self.moment: Moment = self.track.start
        self._first_by: dict[str, object] = {}
        self._places: tuple[int, ...] | None = None

    def take(self, touchpoint: Touchpoint, fate: Fate, touch: Touch, person: object) -> None:
        """Take one touchpoint of an open journey."""
        self.ticks += 1
        if self.deferrals or self.next_due < touch.occurred_at:
            self.until(touch.occurred_at)
        if touchpoint.event in CONTROL:
            decide(self, touchpoint, touch, person)
        elif fate.ignored:
            return
        else:
            self._take(touchpoint, fate, touch, person)
        if self._places is None:
            self._observe(touch)  # opened by a touchpoint that is no step: what is enabled waits from there
        if self.moment.standing.complete and all(deferral.closed for deferral in self.deferrals):
            self._end("completed", touch)
        for number in fate.outcomes:
            self._outcome(number, touch)

    def _take(self, touchpoint: Touchpoint, fate: Fate, touch: Touch, person: object) -> None:
        self._hear(touchpoint, fate, touch)
        role = self.track.course.role(fate)
        if role is not None:
            self.align(Taken(touch, role, person))
        elif fate.steps:
            self.stray(fate.steps[0], touch)
        elif fate.anytime:
            self.stray(touchpoint.event, touch)
        elif fate.failed:
            for step in fate.failed:
                if step in self.track.course.order:
                    self.sides += 1
                    self.failures.setdefault(step, Tally()).add(touch)
        elif not fate.known:
            self.sides += 1
            self._unmapped(touchpoint.event, touch)

    def _hear(self, touchpoint: Touchpoint, fate: Fate, touch: Touch) -> None:
        """Note what a touchpoint tells besides its step: a problem, a contact, a sign of life."""
        if self.version.map.issue:
            self._issue(touchpoint, touch)
        if self.hand_off is not None:
            hear(self, touchpoint, touch)
        if fate.healthy:
            self.healthy_at = touch.occurred_at

    def _unmapped(self, event: str, touch: Touch) -> None:
        """Count an event that the map lacks; past a limit of names, the rest are counted as one."""
        name = event if event in self.unmapped or len(self.unmapped) < NAMES_LIMIT else OTHERS
        self.unmapped.setdefault(name, Tally()).add(touch)

    def _issue(self, touchpoint: Touchpoint, touch: Touch) -> None:
        """Note the channel in which a problem was brought up."""
        value = Fields(touchpoint).get(self.version.map.issue)
        if not touchpoint.channel or isinstance(value, bool) or not isinstance(value, str | int):
            return
        if str(value) in self.issues or len(self.issues) < NAMES_LIMIT:
            self.sides += 1
            self.issues.setdefault(str(value), {}).setdefault(touchpoint.channel, Tally()).add(touch)

    def align(self, taken: Taken) -> None:
        """Take a touchpoint that is one of a step, or of several."""
        self._follow(taken)
        if self._places is None or self.changes:
            self._observe(taken.touch)
        else:
            self._step(taken.touch)
        if self.version.map.handoff_within is not None:
            watch(self, taken.touch)

    def _follow(self, taken: Taken) -> None:
        if not self.version.free_matters:
            self.moment = self.track.follow(self.moment, taken.role.symbol)
        else:
            role = taken.role
            free = self._is_free(taken)
            self.moment = after = self.track.follow(self.moment, role.free if free else role.symbol)
            for step in role.symbol.steps:
                if after.first.get(step) == after.index:
                    self._first_by.setdefault(step, taken.person)
        self.taken.append(taken)

    def _is_free(self, taken: Taken) -> bool:
        """Tell whether every step it can be is done, and recurs or was done first by somebody else."""
        first, steps = self.moment.first, self.version.map.steps
        echo = self.version.map.subject == "account"
        return all(
            step in first and (steps[step].recurs or (echo and self._first_by.get(step) != taken.person))
            for step in taken.role.symbol.steps
        )

    def stray(self, about: str, touch: Touch) -> None:
        """Take a touchpoint that is welcome, or of a dropped step: if that was put off, it is now done."""
        self.sides += 1
        self.strays.append(Stray(about, touch))
        for deferral in self.deferrals:
            if deferral.step == about and not deferral.closed:
                deferral.ended = touch

    def realign(self, touch: Touch) -> None:
        """Judge all touchpoints on the course that is left, or came back, at a touchpoint."""
        self.sides += 1
        self.track = self.version.track(self.persona, self.drops)
        self._first_by.clear()
        self.moment = self.track.start
        taken, self.taken = self.taken, []
        for one in taken:
            role = self.track.course.role_of_steps(one.role.all_steps, one.role.replaced)
            if role is not None:
                self._follow(Taken(one.touch, role, one.person))
        self._observe(touch)
        watch(self, touch)

    def until(self, time: int) -> None:
        """Let time pass: steps put off until then come back, waits become overdue."""
        returning = [one for one in self.deferrals if not one.closed and one.until is not None and one.until <= time]
        for deferral in sorted(returning, key=lambda one: one.until or 0):
            at, put_off = deferral.until or 0, deferral.touch
            self._mark(at)
            resume(self, deferral, Touch(at, put_off.received_at, put_off.event_id, put_off.source, put_off.event))
        self._mark(time)

    def _mark(self, time: int) -> None:
        """Note the waits that were overdue before a time."""
        for due in self.dues:
            if due.at < time and due.place not in self.overdue:
                before = sum(one.due.step == due.step for one in (*self.ended_stalls, *self.overdue.values()))
                self.overdue[due.place] = Overdue(due, before + 1)

    def _observe(self, touch: Touch) -> None:
        """See what has changed at a touchpoint: the position, the clocks, the waits that ended."""
        places = self.moment.standing.places
        if places != self._places:
            self._places = places
            self.since = touch
        clocks = clocks_of(self) if self.changes else self.moment.clocks
        if clocks.stage:
            self.entered.setdefault(clocks.stage, touch.occurred_at)
        waits = self.waits
        if waits.keys() != clocks.watched:
            for place in [place for place in waits if place not in clocks.watched]:
                self._stop(place, touch)
            for place in places:
                waits.setdefault(place, touch)
        self.dues = due_times(self, clocks)
        self.next_due = min([due.at for due in self.dues], default=NEVER)

    def _step(self, touch: Touch) -> None:
        """See what one touchpoint changed: the same as `_observe`, from what the moment knows of the one before."""
        moment, waits = self.moment, self.waits
        places = moment.standing.places
        if places != self._places:
            self._places = places
            self.since = touch
            if moment.clocks.stage:
                self.entered.setdefault(moment.clocks.stage, touch.occurred_at)
            for place in moment.started:
                waits.setdefault(place, touch)
        for place in moment.stopped:
            if place in waits:
                self._stop(place, touch)
        clocks = moment.clocks
        if clocks.awaited:
            self.dues = due_times(self, clocks)
            self.next_due = min([due.at for due in self.dues], default=NEVER)
        else:
            self.dues, self.next_due = (), NEVER

    def _stop(self, place: int, touch: Touch) -> None:
        del self.waits[place]
        if self.overdue:
            overdue = self.overdue.pop(place, None)
            if overdue is not None:
                self.ended_stalls.append(overdue.end(touch.occurred_at))

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
        self.dues, self.next_due = (), NEVER
        self.trailing = self.moment.standing.state

    def touch_at(self, index: int) -> Touch:
        """Return the n-th aligned touchpoint; 0 is the opening."""
        return self.taken[index - 1].touch if index else self.opening
