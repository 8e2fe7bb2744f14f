"""What a touchpoint is to a map before any path is looked at: which steps it can be, and which other roles it has.

The base fates depend on the map version alone; personas and control events only take steps away from them later.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from services.journey.domain.maps.model import Condition, JourneyMap, Matcher, Step
from shared.events import Touchpoint

CONTROL = frozenset({"Step Done", "Step Waived", "Step Deferred", "Step Resumed"})
ALIGNED_TYPES = frozenset({"track", "page", "screen"})
MISSING = object()
FATES_LIMIT = 4096  # remembered event names, then forgotten: names are the customers' to choose


@dataclass(frozen=True, eq=False)
class Fate:
    """The roles of a touchpoint on one map. Compared by identity: equal roles are one object."""

    ignored: bool = False
    steps: tuple[str, ...] = ()  # that it can match, in document order
    replaced: frozenset[str] = frozenset()  # those it matches only through `replaced_by`
    anytime: bool = False
    failed: tuple[str, ...] = ()
    opens: bool = False
    outcomes: tuple[int, ...] = ()  # indices into the map's outcomes
    healthy: bool = False

    @property
    def known(self) -> bool:
        """Tell whether the map has any use for it."""
        return bool(
            self.ignored or self.steps or self.anytime or self.failed or self.opens or self.outcomes or self.healthy
        )


class Fields:
    """One touchpoint's fields by path; JSON is decoded only when a matcher asks for it."""

    __slots__ = ("_parts", "_touchpoint")

    def __init__(self, touchpoint: Touchpoint) -> None:
        """Look into a touchpoint."""
        self._touchpoint = touchpoint
        self._parts: dict[str, Any] = {}

    def get(self, path: str) -> object:
        """Return the value at a path, or MISSING."""
        head, _, rest = path.partition(".")
        if head not in {"attributes", "traits", "context"}:
            value = getattr(self._touchpoint, head, MISSING) if not rest else MISSING
            return MISSING if value == "" else value
        if head not in self._parts:
            self._parts[head] = msgspec.json.decode(getattr(self._touchpoint, head))
        return dig(self._parts[head], rest)


def dig(value: object, path: str) -> object:
    """Return what stands at a dotted path in decoded JSON, or MISSING. A key that holds the dots itself comes first."""
    while isinstance(value, dict):
        if path in value:
            return value[path]
        head, dot, path = path.partition(".")
        if not dot or head not in value:
            return MISSING
        value = value[head]
    return MISSING


def holds(condition: Condition, value: object) -> bool:
    """Tell whether a value passes one test; values of unlike types never do."""
    match condition.test:
        case "exists":
            return (value is not MISSING) == bool(condition.value)
        case "any_of":
            return any(_same(value, wanted) for wanted in _several(condition.value))
        case "not":
            return value is not MISSING and not any(_same(value, wanted) for wanted in _several(condition.value))
        case test:
            return _compared(value, condition.value, at_least=test == "gte")


def _several(value: object) -> tuple[object, ...]:
    return value if isinstance(value, tuple) else (value,)


def _same(value: object, wanted: object) -> bool:
    return value == wanted and isinstance(value, bool) == isinstance(wanted, bool)


def _compared(value: object, bound: object, *, at_least: bool) -> bool:
    if isinstance(value, bool) or isinstance(bound, bool):
        return False
    if isinstance(value, int | float) and isinstance(bound, int | float):
        return value >= bound if at_least else value <= bound
    if isinstance(value, str) and isinstance(bound, str):
        return value >= bound if at_least else value <= bound
    return False


def matches(matcher: Matcher, touchpoint: Touchpoint, fields: Fields) -> bool:
    """Tell whether a touchpoint is what a matcher asks for."""
    return (
        (not matcher.event or matcher.event == touchpoint.event)
        and (not matcher.channel or touchpoint.channel in matcher.channel)
        and (not matcher.actor or touchpoint.actor in matcher.actor)
        and all(holds(condition, fields.get(condition.path)) for condition in matcher.where)
    )


Role = tuple[str, Any, Matcher]  # role, its step or number, what asks for it


class Fates:
    """The compiled matchers of one map version."""

    def __init__(self, map: JourneyMap) -> None:
        """Sort the matchers by event name."""
        self._by_event: dict[str, list[Role]] = {}
        self._any_event: list[Role] = []
        for role in _roles(map):
            event = role[2].event
            (self._by_event.setdefault(event, []) if event else self._any_event).append(role)
        self._constant: dict[str, Fate] = {}
        self._made: dict[tuple[tuple[str, Any], ...], Fate] = {}

    def of(self, touchpoint: Touchpoint) -> Fate:
        """Return the roles of a touchpoint."""
        constant = self._constant.get(touchpoint.event)
        if constant is not None:
            return constant
        roles = [*self._by_event.get(touchpoint.event, ()), *self._any_event]
        fields = Fields(touchpoint)
        fate = self._make(tuple((role, of) for role, of, matcher in roles if matches(matcher, touchpoint, fields)))
        if not any(matcher.channel or matcher.actor or matcher.where for _, _, matcher in roles):
            if len(self._constant) >= FATES_LIMIT:
                self._constant.clear()
            self._constant[touchpoint.event] = fate
        return fate

    def _make(self, roles: tuple[tuple[str, Any], ...]) -> Fate:
        known = self._made.get(roles)
        if known is None:
            by_match = dict.fromkeys(of for role, of in roles if role in {"match", "replaced_by"})
            matched = {of for role, of in roles if role == "match"}
            names = {role for role, _ in roles}
            known = self._made[roles] = Fate(
                ignored="ignore" in names,
                steps=tuple(by_match),
                replaced=frozenset(by_match.keys() - matched),
                anytime="anytime" in names,
                failed=tuple(dict.fromkeys(of for role, of in roles if role == "failed_by")),
                opens="opens_on" in names,
                outcomes=tuple(dict.fromkeys(of for role, of in roles if role == "outcome")),
                healthy="healthy" in names,
            )
        return known


def _roles(map: JourneyMap) -> Iterator[Role]:
    """Return every matcher of a map with what it is for, in document order."""
    for step in map.steps.values():
        yield from (("match", step.name, matcher) for matcher in own_matchers(step))
        yield from (("replaced_by", step.name, matcher) for matcher in step.replaced_by)
        yield from (("failed_by", step.name, matcher) for matcher in step.failed_by)
    yield from (("ignore", None, matcher) for matcher in map.ignore)
    yield from (("anytime", None, matcher) for matcher in map.anytime)
    yield from (("opens_on", None, matcher) for matcher in map.opens_on)
    yield from (("outcome", number, outcome.matcher) for number, outcome in enumerate(map.outcomes))
    yield from (("healthy", None, matcher) for matcher in (map.healthy.match if map.healthy is not None else ()))


def own_matchers(step: Step) -> tuple[Matcher, ...]:
    """Return what matches a step: by default the event named like it."""
    return step.match or (Matcher(step.name),)
