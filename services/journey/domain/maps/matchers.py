"""Reading matchers: what a touchpoint must be to count."""

from collections.abc import Iterable
from typing import Final, Literal

from services.journey.domain.maps.model import Condition, Matcher
from shared.yaml_text.document import List, Table, Text, Value
from shared.yaml_text.fields import Fields, as_text, is_path
from shared.yaml_text.problems import Problems

MATCHER_KEYS: Final = ("event", "channel", "actor", "where")
TESTS: Final[tuple[Literal["exists", "gte", "lte", "not"], ...]] = ("exists", "gte", "lte", "not")
FIELD_ROOTS: Final = ("attributes", "traits", "context")  # tables; below them any field
FIELDS: Final = ("channel", "actor", "source", "account")  # single fields of a touchpoint


def read_matcher(value: Value, problems: Problems, where: str, extra: Iterable[str] = ()) -> Matcher | None:
    """Read an event name or `{event, channel, actor, where}`; `extra` keys are the caller's to read."""
    if isinstance(value, Text):
        event = as_text(value, problems, f"an event of {where}", limit=200)
        if value.value == "":
            problems.error(value.line, f"an event of {where} is empty")
        return Matcher(event=event) if event else None
    if isinstance(value, List):
        problems.error(value.line, f"a matcher of {where} is an event name or a table, not a list")
        return None
    fields = Fields(value, problems, f"a matcher of {where}")
    fields.known((*MATCHER_KEYS, *extra))
    matcher = Matcher(
        event=fields.text("event", limit=200),
        channel=fields.texts("channel"),
        actor=fields.texts("actor"),
        where=read_conditions(fields.table_of("where"), problems, (*FIELD_ROOTS, *FIELDS)),
    )
    if matcher == Matcher():
        problems.error(value.line, f"a matcher of {where} names nothing: give an `event` or `where`")
        return None
    return matcher


def read_conditions(table: Table, problems: Problems, roots: Iterable[str]) -> tuple[Condition, ...]:
    """Read `{path: value}` pairs; all must hold."""
    known = tuple(roots)
    conditions: list[Condition] = []
    for path, entry in table.entries.items():
        if path not in known or path in FIELD_ROOTS:
            tables = [root for root in known if root in FIELD_ROOTS]
            if not is_path(path, tables):
                words = [f"{root}.…" if root in tables else root for root in known]
                problems.error(entry.line, f"`{path}` is no field of a touchpoint; use {', '.join(words)}")
        conditions.extend(_condition(path, entry.value, problems))
    return tuple(conditions)


def _condition(path: str, value: Value, problems: Problems) -> list[Condition]:
    if not isinstance(value, Table):
        return [Condition(path, "any_of", _values(value, problems, path))]
    fields = Fields(value, problems, f"the condition on `{path}`")
    fields.known(TESTS, "test")
    found: list[Condition] = []
    if not value.entries:
        problems.error(value.line, f"the condition on `{path}` is empty")
    for test in TESTS:
        entry = value.entries.get(test)
        if entry is None:
            continue
        if test == "exists":
            found.append(Condition(path, test, bool(fields.flag(test, default=True))))
        elif test == "not":
            found.append(Condition(path, test, _values(entry.value, problems, path)))
        else:
            found.append(Condition(path, test, _bound(entry.value, problems, path)))
    return found


def _values(value: Value, problems: Problems, path: str) -> tuple[object, ...]:
    """Read a value, or a list that means any of them."""
    found: list[object] = []
    for item in value.items if isinstance(value, List) else (value,):
        if isinstance(item, Text):
            found.append(item.value)
        else:
            problems.error(item.line, f"the condition on `{path}` compares with single values")
    if not found:
        problems.error(value.line, f"the condition on `{path}` has no value to compare with")
    return tuple(found)


def _bound(value: Value, problems: Problems, path: str) -> object:
    """Read a bound: a number, or a text such as a date, compared as text."""
    bound = value.value if isinstance(value, Text) else None
    if bound is None or isinstance(bound, bool):
        problems.error(value.line, f"a bound on `{path}` must be a number or a text")
        return 0
    return bound
