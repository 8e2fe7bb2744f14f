"""From a client's event to a touchpoint that lacks only its stamp (received_at, occurred_at)."""

from collections.abc import Callable
from typing import Any

import msgspec
from msgspec import Raw

from services.ingest.domain.context import read_context
from services.ingest.domain.digest import content_of, derived_event_id, digest_of
from services.ingest.domain.identity import account_of, id_text, ids_of
from services.ingest.domain.limits import EVENT_ID, EVENT_NAME, NESTING, ORDINAL, WORD
from services.ingest.domain.refusal import Note, Reason, Refusal, Remark
from services.ingest.domain.times import microseconds
from services.ingest.domain.values import check, check_nesting, check_text, decode
from services.ingest.domain.wire import Event, OwnEvent
from shared.events import EMPTY, VERSION, Touchpoint

SEGMENT_TYPES = frozenset({"track", "identify", "group", "alias", "page", "screen"})
OWN_TYPES = SEGMENT_TYPES | {"merge", "split"}
VIEWS = {"page": "Page Viewed", "screen": "Screen Viewed"}
TWO_IDS = frozenset({"alias", "merge", "split"})
_encode = msgspec.json.Encoder().encode


class Drafter:
    """Drafts the touchpoints of one request, and notes what its answer shall say about them."""

    def __init__(self, tenant: str, source: str, *, careful: bool, fresh_id: Callable[[], str]) -> None:
        """Draft for a tenant and a source; `careful`: the request holds escapes that could be NUL."""
        self.notes: list[Note] = []
        self._tenant = tenant
        self._source = source
        self._careful = careful
        self._fresh_id = fresh_id
        self._index = 0
        self.event_id = ""  # of the event drafted last, as far as it is known

    def draft(self, event: Event, index: int, raw: Callable[[int], bytes]) -> Touchpoint:
        """Return the touchpoint that an event describes; `raw(index)` gives its bytes. Raises Refusal."""
        self._index = index
        self.event_id = ""
        self.event_id = given_id(event)
        kind = type_of(event)
        original_at = time_of(event)
        dedupe = bool(self.event_id) or self._give_id(original_at, raw)
        context = read_context(event.context)
        ids = ids_of(event, context, self._say)
        account = account_of(event, context, self._say)
        name, attributes, said = act_of(kind, event)
        traits, traits_said = content(event.traits, "traits")
        if traits_said is None and kind == "identify" and context.traits:
            traits, traits_said = Raw(_encode(context.traits)), context.traits
        canonical = content_of(kind, name, ids, said, traits_said, original_at)
        if len(canonical) > NESTING:
            check_nesting(attributes)
            check_nesting(traits)
        if self._careful:
            check([self.event_id, name, account, event.channel, said, traits_said, *(value for _, value in ids)])
        check_identity(kind, ids, account)
        return Touchpoint(
            v=VERSION,
            tenant=self._tenant,
            source=self._source,
            event_id=self.event_id,
            type=kind,
            ids=ids,
            digest=digest_of(canonical),
            occurred_at=0,
            received_at=0,
            original_at=original_at,
            ordinal=ordinal_of(event, index),
            event=name,
            channel=word(event.channel, "channel"),
            actor=actor_of(event),
            account=account,
            attributes=attributes,
            traits=traits,
            context=context.kept,
            dedupe=dedupe,
        )

    def _give_id(self, original_at: int, raw: Callable[[int], bytes]) -> bool:
        """Give an event without id one: derived if it has a time, else random. Return whether it deduplicates."""
        if original_at:
            whole = decode(raw(self._index))
            check(whole)
            self.event_id = derived_event_id(whole)
            return True
        self.event_id = self._fresh_id()
        self._say(
            Remark.NOT_DEDUPLICATED,
            "The event has neither `messageId` nor time: sent again it will count again.",
        )
        return False

    def _say(self, code: Remark, message: str) -> None:
        self.notes.append(Note(self._index, self.event_id, code, message))


def given_id(event: Event) -> str:
    """Return the client's id of an event, empty where it sent none. Raises Refusal where it cannot be kept."""
    if event.messageId is None:
        return ""
    event_id = id_text(event.messageId, "messageId")
    if len(event_id) > EVENT_ID:
        message = f"`messageId` is longer than {EVENT_ID} characters."
        raise Refusal(Reason.ID_TOO_LONG, message)
    return event_id.strip()


def type_of(event: Event) -> str:
    """Return the type of an event; our own door takes a named event without type as track. Raises Refusal."""
    own = isinstance(event, OwnEvent)
    kind = event.type or ("track" if own else "")
    if kind not in (OWN_TYPES if own else SEGMENT_TYPES):
        known = ", ".join(sorted(OWN_TYPES if own else SEGMENT_TYPES))
        message = f"`{kind[:32]}` is no type of event here; known: {known}." if kind else f"`type` is missing: {known}."
        raise Refusal(Reason.UNKNOWN_TYPE, message)
    return kind


def time_of(event: Event) -> int:
    """Return the client's time in microseconds UTC, 0 where it sent none. Raises Refusal (bad_time)."""
    value = event.timestamp if event.timestamp is not None else event.originalTimestamp
    if value is None or value == "":
        return 0
    return microseconds(value) or 1  # 0 would mean: none sent


def content(raw: Raw, field: str) -> tuple[Raw, dict[str, Any] | None]:
    """Return an object's bytes and what it says; missing, null and empty are one. Raises Refusal."""
    if raw is EMPTY:
        return EMPTY, None
    said = decode(raw)
    if not said and not isinstance(said, str | list | bool | int | float):
        return EMPTY, None
    if not isinstance(said, dict):
        message = f"`{field}` must be an object."
        raise Refusal(Reason.WRONG_TYPE, message)
    return raw, said


def named(event: Event, attributes: Raw, said: dict[str, Any] | None) -> tuple[Raw, dict[str, Any] | None]:
    """Put the name and category of a page or screen into its attributes, unless they are there."""
    said = said or {}
    more = {
        field: value
        for field, value in (("name", event.name), ("category", event.category))
        if value and field not in said
    }
    if not more:
        return attributes, said or None
    rest = bytes(attributes)[1:].lstrip()
    start = _encode(more)[:-1]
    return Raw(start + (rest if rest.startswith(b"}") else b"," + rest)), {**more, **said}


def act_of(kind: str, event: Event) -> tuple[str, Raw, dict[str, Any] | None]:
    """Return the name of what was done, and its attributes as bytes and as read. Raises Refusal."""
    attributes, said = content(event.properties, "properties")
    if kind == "track":
        name = event.event or ""
        if not name.strip():
            message = "A track event needs a name in `event`."
            raise Refusal(Reason.NO_EVENT_NAME, message)
        if len(name) > EVENT_NAME:
            message = f"`event` is longer than {EVENT_NAME} characters."
            raise Refusal(Reason.FIELD_TOO_LONG, message)
        return name, attributes, said
    if kind in VIEWS:
        return VIEWS[kind], *named(event, attributes, said)
    return "", attributes, said


def word(text: str | None, field: str) -> str:
    """Return a short word, empty where it is missing. Raises Refusal where it is too long."""
    if text and len(text) > WORD:
        message = f"`{field}` is longer than {WORD} characters."
        raise Refusal(Reason.FIELD_TOO_LONG, message)
    return text or ""


def check_identity(kind: str, ids: list[tuple[str, str]], account: str) -> None:
    """Raise Refusal (no_identity) for an event of nobody, and for an alias, merge or split of one id alone."""
    if not ids and not account:
        message = "An event needs `userId`, `anonymousId`, another id or an account that stands for somebody."
        raise Refusal(Reason.NO_IDENTITY, message)
    if kind in TWO_IDS and len(ids) < 2:
        message = f"`{kind}` needs two ids."
        raise Refusal(Reason.NO_IDENTITY, message)


def ordinal_of(event: Event, index: int) -> int:
    """Return the client's ordinal, else the place in the request. Raises Refusal (bad_ordinal)."""
    if not isinstance(event, OwnEvent) or event.ordinal is None:
        return index
    if not 0 <= event.ordinal < ORDINAL:
        message = "`ordinal` must lie between 0 and 2^53."
        raise Refusal(Reason.BAD_ORDINAL, message)
    return event.ordinal


def actor_of(event: Event) -> str:
    """Return who acted. Raises Refusal where it cannot be kept."""
    if not isinstance(event, OwnEvent) or not event.actor:
        return ""
    check_text(event.actor)
    return word(event.actor, "actor")
