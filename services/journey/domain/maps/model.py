"""The designed map as frozen data: what `load` makes of a YAML file and what the engine compiles.

Meaning of every key: docs/map-language.md. Durations are microseconds; names are step names.
"""

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

Block: TypeAlias = "StepBlock | Sequence | Choice | AnyOrder | Optional | Repeat | Silent"


@dataclass(frozen=True, slots=True)
class Condition:
    """One `where` test of a touchpoint's field; a missing field never matches."""

    path: str  # attributes.x | traits.x | channel | actor | …
    test: Literal["any_of", "exists", "gte", "lte", "not"]
    value: object  # any_of, not: a tuple of values, compared without coercion; exists: a flag; gte, lte: the bound


@dataclass(frozen=True, slots=True)
class Matcher:
    """What a touchpoint must be to count: an event name and, where given, channel, actor and fields."""

    event: str = ""  # empty: any event
    channel: tuple[str, ...] = ()
    actor: tuple[str, ...] = ()
    where: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True)
class Evidence:
    """The source behind a claim of the map."""

    source: str
    ref: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """An atomic planned touchpoint, defined once and referred to by name."""

    name: str
    title: str = ""
    need: str = ""
    match: tuple[Matcher, ...] = ()
    replaced_by: tuple[Matcher, ...] = ()
    failed_by: tuple[Matcher, ...] = ()
    recurs: bool = False
    requires: tuple[str, ...] = ()
    milestone: bool = False
    moment_of_truth: bool = False
    decided_by: str = ""
    within: int | None = None
    decision_boundary: int | None = None
    severity: str = ""
    owner: str = ""
    actor: tuple[str, ...] = ()
    channel: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    intended_emotion: str = ""


@dataclass(frozen=True, slots=True)
class StepBlock:
    """A place of a step in the path."""

    name: str


@dataclass(frozen=True, slots=True)
class Sequence:
    """Blocks one after the other."""

    blocks: "tuple[Block, ...]"


@dataclass(frozen=True, slots=True)
class Choice:
    """Exactly one of the branches."""

    branches: "tuple[Block, ...]"


@dataclass(frozen=True, slots=True)
class AnyOrder:
    """All branches, in parallel."""

    branches: "tuple[Block, ...]"


@dataclass(frozen=True, slots=True)
class Optional:
    """A block that may be left out; its skip is shown, never counted."""

    block: "Block"


@dataclass(frozen=True, slots=True)
class Repeat:
    """`do`, then any number of times `redo` and `do`; without `redo`, `do` again."""

    do: "Block"
    redo: "Block | None" = None


@dataclass(frozen=True, slots=True)
class Silent:
    """Nothing: a branch that no touchpoint shows."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A part of the map with its owner and phase. A bare path is one stage without a name."""

    name: str
    path: "Block"
    phase: Literal["", "pre-sale", "post-sale"] = ""
    owner: str = ""
    intended_emotion: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a journey ends for the customer, read from a touchpoint. `ends` None: as docs/map-language.md derives it."""

    kind: Literal["reached", "lost"]
    matcher: Matcher
    ends: bool | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """Which share of the journeys is to reach the outcome, and how soon after their opening."""

    share: float  # above 0, at most 1
    within: int


@dataclass(frozen=True, slots=True)
class Healthy:
    """Signs of life: silence together with them is cruising."""

    match: tuple[Matcher, ...]
    within: int


@dataclass(frozen=True, slots=True)
class Persona:
    """Needs-and-behaviour type with its own times, dropped steps or whole path."""

    name: str
    when: Matcher
    within: dict[str, int] = field(default_factory=dict)
    drop: tuple[str, ...] = ()
    path: "Block | None" = None
    intended_emotion: str = ""


@dataclass(frozen=True, slots=True)
class JourneyMap:
    """The designed journey."""

    name: str
    stages: tuple[Stage, ...]
    steps: dict[str, Step]  # by name, in document order of first mention
    title: str = ""
    subject: Literal["person", "account"] = "person"
    journey_per: str = "customer"
    opens_on: tuple[Matcher, ...] = ()
    reentry: Literal["never", "after_end"] = "never"
    unmapped: Literal["list", "count"] = "list"
    ignore: tuple[Matcher, ...] = ()
    anytime: tuple[Matcher, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    decision_boundary: int | None = None
    issue: str = ""
    handoff_within: int | None = None
    healthy: Healthy | None = None
    customer_only: int = 1  # cost of an extra
    map_only: int = 1  # cost of a missing step
    reviewed: str = ""
    review_every: int | None = None
    personas: tuple[Persona, ...] = ()
    owner_from: str = ""  # the trait that names who looks after a customer, e.g. traits.csm
    target: Target | None = None
