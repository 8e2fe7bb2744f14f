"""Whether two matchers can match one touchpoint, and whether one covers the other."""

from services.journey.domain.maps.model import Condition, Matcher


def can_both_match(one: Matcher, other: Matcher) -> bool:
    """Tell whether some touchpoint may match both; where bounds and negations decide, assume that it may."""
    if one.event and other.event and one.event != other.event:
        return False
    if _apart(one.channel, other.channel) or _apart(one.actor, other.actor):
        return False
    return not any(_exclude(a, b) for a in one.where for b in other.where if a.path == b.path)


def covers(wide: Matcher, narrow: Matcher) -> bool:
    """Tell whether every touchpoint that `narrow` matches is surely matched by `wide` too."""
    if wide.event and wide.event != narrow.event:
        return False
    words = ((wide.channel, narrow.channel), (wide.actor, narrow.actor))
    if any(allowed and not (given and set(given) <= set(allowed)) for allowed, given in words):
        return False
    return set(map(repr, wide.where)) <= set(map(repr, narrow.where))


def _apart(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    return bool(one) and bool(other) and not set(one) & set(other)


def _exclude(one: Condition, other: Condition) -> bool:
    if one.test == other.test == "any_of":
        return not set(map(repr, _values(one))) & set(map(repr, _values(other)))
    if {one.test, other.test} == {"any_of", "exists"}:
        return not (one if one.test == "exists" else other).value
    return False


def _values(condition: Condition) -> tuple[object, ...]:
    return condition.value if isinstance(condition.value, tuple) else (condition.value,)
