"""What a touchpoint must look like to count as a step, and whether it could count as anything else."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from services.journey.domain.maps.model import Condition, JourneyMap, Matcher
from services.journey.domain.maps.overlap import can_both_match, covers

UNHEARD_OF = ("Help Article Read", "Newsletter Opened", "Support Chat Started", "Webinar Replay Watched")
Fields = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Shape:
    """The touchpoint that is sent for a step."""

    matcher: Matcher
    clear: bool  # it can be nothing but this step
    opens: bool  # it surely opens a journey
    outcomes: tuple[tuple[str, bool | None], ...]  # the outcomes that it may be: reached or lost, and whether it ends
    attempts: tuple[Matcher, ...]  # failed attempts that can be nothing else


class Shapes:
    """The touchpoints of a map: of its steps, of its openings and ends, and of what it does not know."""

    def __init__(self, map: JourneyMap) -> None:
        """Choose a matcher for every step: the one least likely to be taken for something else."""
        self._map = map
        self.steps = {name: self._shape(name) for name in map.steps}
        of_steps, outcomes = self._of_steps(""), [outcome.matcher for outcome in map.outcomes]
        known = [*of_steps, *outcomes, *map.anytime, *map.opens_on]
        welcome = [
            *(Matcher(event=event) for event in UNHEARD_OF),
            *(map.healthy.match if map.healthy else ()),
            *map.ignore,
        ]
        self.extras = tuple(m for m in welcome if _sendable(m) and not _meets(m, known))
        self.openings = tuple(m for m in map.opens_on if _sendable(m) and not _meets(m, of_steps))
        self.losses = tuple(m for m in self._lost() if _sendable(m) and not _meets(m, of_steps))

    def opens(self, matcher: Matcher) -> bool:
        """Tell whether a touchpoint of a matcher surely opens a journey; without `opens_on` any step does."""
        return not self._map.opens_on or any(covers(wide, matcher) for wide in self._map.opens_on)

    def _shape(self, name: str) -> Shape:
        step = self._map.steps[name]
        others = [*self._of_steps(name), *self._map.ignore]
        candidates = [m for m in step.match if _sendable(m)] or list(step.match[:1])
        chosen = min(candidates, key=lambda m: (_meets(m, self._lost()), _meets(m, others), bool(m.where)))
        outcomes = [outcome.matcher for outcome in self._map.outcomes]
        own = [*step.match, *step.replaced_by]
        return Shape(
            chosen,
            clear=_sendable(chosen) and not _meets(chosen, others),
            opens=self.opens(chosen),
            outcomes=tuple((o.kind, o.ends) for o in self._map.outcomes if can_both_match(chosen, o.matcher)),
            attempts=tuple(m for m in step.failed_by if _sendable(m) and not _meets(m, [*others, *own, *outcomes])),
        )

    def _of_steps(self, but: str) -> list[Matcher]:
        steps = [step for name, step in self._map.steps.items() if name != but]
        return [m for step in steps for m in (*step.match, *step.replaced_by, *step.failed_by)]

    def _lost(self) -> list[Matcher]:
        return [outcome.matcher for outcome in self._map.outcomes if outcome.kind == "lost"]


def _meets(matcher: Matcher, others: Iterable[Matcher]) -> bool:
    return any(can_both_match(matcher, other) for other in others)


def _sendable(matcher: Matcher) -> bool:
    """Tell whether a client alone can make such a touchpoint: the source is its key's."""
    return bool(matcher.event) and not any(c.path == "source" for c in matcher.where)


def fields_of(matcher: Matcher) -> dict[str, object]:
    """Return the fields of a touchpoint that a matcher matches, in the names of POST /v1/touchpoints."""
    fields: dict[str, object] = {"event": matcher.event}
    if matcher.channel:
        fields["channel"] = matcher.channel[0]
    if matcher.actor:
        fields["actor"] = matcher.actor[0]
    rank = {"exists": 0, "not": 1, "gte": 2, "lte": 2, "any_of": 3}  # the narrowest test has the last word
    for condition in sorted(matcher.where, key=lambda c: rank[c.test]):
        if (value := _value(condition)) is not None:
            put(fields, condition.path, value)
    return fields


def _value(condition: Condition) -> object:
    """Return a value that passes a test; None: none at all."""
    match condition.test:
        case "any_of":
            return condition.value[0] if isinstance(condition.value, tuple) else condition.value
        case "exists":
            return "yes" if condition.value else None
        case "not":
            return "something else"
        case _:
            return condition.value


ROOTS = {"attributes": "properties", "account": "groupId"}


def put(fields: dict[str, object], path: str, value: object) -> None:
    """Set the field that a map calls `path`, as a client names it."""
    root, *rest = path.split(".")
    keys = [ROOTS.get(root, root), *rest]
    place = fields
    for key in keys[:-1]:
        inner = place.setdefault(key, {})
        if not isinstance(inner, dict):
            return
        place = inner
    place[keys[-1]] = value
