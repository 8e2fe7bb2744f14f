"""What a journey keeps of its touchpoints."""

from dataclasses import dataclass

from msgspec import Struct

from services.journey.domain.judgement.course import Role
from shared.events import Proof, Touchpoint


class Touch(Struct, frozen=True, gc=False):
    """A touchpoint's times, and enough to prove a finding with it."""

    occurred_at: int
    received_at: int
    event_id: str
    source: str
    event: str

    @property
    def proof(self) -> Proof:
        """The touchpoint as a proof."""
        return Proof(self.event_id, self.source, self.event, self.occurred_at)


def touch_of(touchpoint: Touchpoint) -> Touch:
    """Return what is kept of a touchpoint."""
    return Touch(
        touchpoint.occurred_at, touchpoint.received_at, touchpoint.event_id, touchpoint.source, touchpoint.event
    )


PROOF_LIMIT = 100  # touchpoints kept as proof of one finding: the first ones and the last


class Tally:
    """Touchpoints of one kind: all counted, the first ones and the last kept."""

    __slots__ = ("_first", "_last", "count")

    def __init__(self) -> None:
        """Begin with none."""
        self.count = 0
        self._first: list[Touch] = []
        self._last: Touch | None = None

    def add(self, touch: Touch) -> None:
        """Count one more."""
        self.count += 1
        if self.count < PROOF_LIMIT:
            self._first.append(touch)
        else:
            self._last = touch

    @property
    def touches(self) -> list[Touch]:
        """Those that are kept, in order."""
        return [*self._first, self._last] if self._last is not None else self._first


class Taken(Struct, frozen=True, gc=False):
    """An aligned touchpoint, so that it can be aligned anew on another course."""

    touch: Touch
    role: Role
    person: object


class Stray(Struct, frozen=True, gc=False):
    """An ad hoc touchpoint that costs nothing: welcome at any time, or of a dropped step."""

    about: str
    touch: Touch


@dataclass(eq=False, slots=True)
class Deferral:
    """A step put off."""

    step: str
    touch: Touch
    until: int | None
    ended: Touch | None = None  # what closed it

    @property
    def closed(self) -> bool:
        """Tell whether the step was done, waived or taken up again."""
        return self.ended is not None
