"""Whose event it is: the ids it carries, the strongest first, without the values that stand for nobody."""

import re
from collections.abc import Callable, Iterator

from services.ingest.domain.context import Context
from services.ingest.domain.limits import ID_BYTES, ID_KIND, IDS
from services.ingest.domain.refusal import Reason, Refusal, Remark
from services.ingest.domain.values import check_integer
from services.ingest.domain.wire import Event, Id, OwnEvent
from shared.events import strongest_first

BLOCKED = frozenset({"", "-1", "null", "undefined", "anonymous", "none", "nil", "nan", "[object object]"})
LONGEST_BLOCKED = max(len(word) for word in BLOCKED) + 8  # with some white space around
SURELY_SHORT = ID_BYTES // 4  # characters; UTF-8 has four bytes for each at most
PREVIOUS = frozenset({"alias", "merge", "split"})
_KIND = re.compile(rf"[A-Za-z0-9_.-]{{1,{ID_KIND}}}")

Say = Callable[[Remark, str], None]


def id_text(value: str | float, field: str) -> str:
    """Return an id as text; a number counts as its digits. Raises Refusal where it is too long."""
    if not isinstance(value, str):
        return _digits(value)
    if len(value) > SURELY_SHORT and len(value.encode()) > ID_BYTES:
        message = f"`{field}` is longer than {ID_BYTES} bytes: it cannot be an id."
        raise Refusal(Reason.ID_TOO_LONG, message)
    return value


def _digits(value: float) -> str:
    if isinstance(value, int):
        check_integer(value)
        return str(value)
    return str(int(value)) if value.is_integer() and abs(value) < 1 << 53 else repr(value)


def usable(value: str | float, field: str, say: Say) -> str:
    """Return an id as text, or nothing where it is blocked, which is said. Raises Refusal."""
    text = value if isinstance(value, str) and len(value) <= SURELY_SHORT else id_text(value, field)
    if text.strip("0-") and (len(text) > LONGEST_BLOCKED or text.strip().lower() not in BLOCKED):
        return text
    say(Remark.BLOCKED_ID, f"`{field}` was left out: `{text}` stands for nobody.")
    return ""


def ids_of(event: Event, context: Context, say: Say) -> list[tuple[str, str]]:
    """Return the ids of an event, the strongest first. Raises Refusal for ids that cannot be kept."""
    user = "" if event.userId is None else usable(event.userId, "userId", say)
    anonymous = "" if event.anonymousId is None else usable(event.anonymousId, "anonymousId", say)
    ids = [("user", user)] if user else []
    if anonymous:
        ids.append(("anonymous", anonymous))
    if event.previousId is None and not context.external and type(event) is not OwnEvent:
        return ids
    if event.previousId is not None and event.type in PREVIOUS:
        ids += _previous(event, say)
    if type(event) is OwnEvent and event.ids:
        ids += _own(event.ids, say)
    if context.external:
        ids += _external(context.external, say)
    if len(ids) > 1:
        ids = strongest_first(ids)
    if len(ids) > IDS:
        message = f"The event carries {len(ids)} ids; {IDS} are the limit."
        raise Refusal(Reason.TOO_MANY_IDS, message)
    return ids


def account_of(event: Event, context: Context, say: Say) -> str:
    """Return the account that an event names, or nothing. Raises Refusal where it cannot be an id."""
    for field, value in _accounts(event, context):
        if value is not None and (account := usable(value, field, say)):
            return account
    return ""


def _accounts(event: Event, context: Context) -> Iterator[tuple[str, Id]]:
    if type(event) is OwnEvent:
        yield "account", event.account
        own = event.ids.get("account") if event.ids else None
        yield "ids.account", (own[0] if own else None) if isinstance(own, list) else own
    yield "groupId", event.groupId
    if isinstance(context.group, str | int):
        yield "context.groupId", context.group


def _previous(event: Event, say: Say) -> list[tuple[str, str]]:
    """Return the two ids that a previousId may stand for."""
    previous = "" if event.previousId is None else usable(event.previousId, "previousId", say)
    return [("user", previous), ("anonymous", previous)] if previous else []


def _own(given: dict[str, str | int | float | list[str | int | float] | None], say: Say) -> list[tuple[str, str]]:
    ids = []
    for kind, values in given.items():
        if kind == "account":
            continue
        if not _KIND.fullmatch(kind):
            message = f"`{kind[:ID_KIND]}` is no kind of id: use letters, digits, `_`, `.` and `-`, {ID_KIND} at most."
            raise Refusal(Reason.BAD_ID_KIND, message)
        given_values = values if isinstance(values, list) else [values]
        ids += [
            (kind, text) for value in given_values if value is not None and (text := usable(value, f"ids.{kind}", say))
        ]
    return ids


def _external(given: tuple[tuple[object, object], ...], say: Say) -> list[tuple[str, str]]:
    """Return the external ids of a context; those that are none are left out, and said: the context keeps them."""
    ids = []
    for kind, value in given:
        if not isinstance(kind, str) or not _KIND.fullmatch(kind) or kind == "account":
            say(Remark.IGNORED_ID, "An entry of `context.externalIds` was left out: its type is no kind of id.")
        elif isinstance(value, str | int | float) and not isinstance(value, bool):
            if text := usable(value, f"context.externalIds.{kind}", say):
                ids.append((kind, text))
        else:
            say(
                Remark.IGNORED_ID,
                f"`context.externalIds` of type `{kind}` was left out: its id is neither text nor number.",
            )
    return ids
