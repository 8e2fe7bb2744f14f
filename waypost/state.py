"""How a running Waypost stands, as plain values: what `waypost status` shows and why nothing is seen is judged from."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from shared.settings import SERVICES
from shared.times import HOUR


@dataclass(frozen=True, slots=True)
class Source:
    """What was heard from one source. Times are microseconds; `lag` None: not known."""

    name: str
    last_heard: int
    accepted: int
    refused: int = 0
    last_event: str = ""
    lag: int | None = None


@dataclass(frozen=True, slots=True)
class Letters:
    """Dead letters of one reason and source that wait."""

    reason: str
    source: str
    count: int
    error: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True)
class MapState:
    """One published map: how many journeys it has, and what it can and cannot see."""

    name: str
    version: int = 1
    since: int = 0  # this version holds for what happens from then on; 0: for everything
    subject: str = "person"  # person | account
    journeys: int = 0
    open: int = 0
    stalled: int = 0
    timed: bool = True  # whether it says how long anything may take
    events: tuple[str, ...] = ()  # the names it knows
    unmapped: tuple[tuple[str, int], ...] = ()  # names that it does not, with the journeys that have them


@dataclass(frozen=True, slots=True)
class Channel:
    """One way on which alerts go out."""

    name: str
    state: str  # off | ok | waiting | broken
    waiting: int = 0
    said: str = ""
    delivered: int = 0  # when something last arrived, a trial too; 0: nothing yet


@dataclass(frozen=True, slots=True)
class State:
    """Everything that was asked for; what a service did not answer stays at its default."""

    base: str  # where the console answers
    wrong: dict[str, str] = field(default_factory=lambda: dict.fromkeys(SERVICES, ""))  # by service; empty: ready
    against: str = ""  # why what answers is not of our data folder
    refused: str = ""  # what a service said against our key
    full: str = ""  # why ingest takes nothing
    now: int = 0
    sources: tuple[Source, ...] = ()
    letters: tuple[Letters, ...] = ()
    unauthorized: int = 0  # requests with a wrong key since ingest started
    maps: tuple[MapState, ...] = ()
    recent: Mapping[str, int] = field(default_factory=dict)  # events of the newest touchpoints: when they last happened
    behind: int = 0
    waiting_for_map: int = 0
    unjudged: int = 0
    on_no_map: int = 0  # customers on no map
    on_no_map_events: tuple[tuple[str, int], ...] = ()  # what they did, with how many of them, the commonest first
    trouble: str = ""  # what stops the journey service
    judged_until: int = 0
    lateness: int = HOUR
    open_alerts: int = 0  # that nobody looks after yet
    any_alert: bool = False
    channels: tuple[Channel, ...] = ()

    def ready(self, service: str) -> str:
        """Say what a service is: ready, ready for somebody else, or what is wrong."""
        return self.wrong[service] or (f"ready, {self.against}" if self.against else "ready")

    @property
    def accepted(self) -> int:
        """Touchpoints that ingest ever took."""
        return sum(source.accepted for source in self.sources)
