"""From a client's event to a touchpoint that lacks only its stamp (received_at, occurred_at)."""

from collections.abc import Callable
from typing import Any

import msgspec
from msgspec import Raw, Struct
from msgspec.structs import replace

from services.ingest.domain.context import NO_CONTEXT, Context, context_of, read_context
from services.ingest.domain.digest import canonical_of, derived_event_id, digest_of
from services.ingest.domain.identity import account_of, id_text, ids_of
from services.ingest.domain.limits import EVENT_ID, EVENT_NAME, NESTING, ORDINAL, WORD
from services.ingest.domain.parcel import Parcel
from services.ingest.domain.refusal import Note, Reason, Refusal, Remark
from services.ingest.domain.times import microseconds
from services.ingest.domain.values import check, check_nesting, check_text, decode
from services.ingest.domain.wire import OWN_TYPES, Event, OwnEvent
from shared.events import EMPTY, VERSION, Touchpoint

VIEWS = {"page": "Page Viewed", "screen": "Screen Viewed"}
TWO_IDS = frozenset({"alias", "merge", "split"})
UNREAD: Any = object()
_encode = msgspec.json.Encoder().encode


class Request(Struct, frozen=True):
    """Whose events they are, and of which types they may be."""

    tenant: str
    source: str
    parcel: Parcel
    types: frozenset[str]
    careful: bool


class Drafter:
    """Drafts the touchpoints of one request, and notes what its answer shall say about them.

    The hottest code of ingest: what most events need is done here in line, the rest by the functions below.
    """

    def __init__(self, request: Request, fresh_id: Callable[[], str]) -> None:
        """Draft the events of a request; `fresh_id` gives an id to those that can have no other."""
        self.notes: list[Note] = []
        self.event_id = ""  # of the event drafted last, as far as it is known
        self._request = request
        self._fresh_id = fresh_id
        self._index = 0

    def draft(self, event: Event, index: int, said: Any = UNREAD, around: Any = UNREAD) -> Touchpoint:  # noqa: ANN401 (any JSON)
        """Return the touchpoint that an event describes. Raises Refusal.

        `said` and `around` are its properties and its context, where they were read already.
        """
        request = self._request
        self._index = index
        self.event_id = ""  # known only if what follows does not raise
        self.event_id = given_id(event)
        kind = event.type
        if kind not in request.types:
            kind = type_of(event, request.types)
        original_at = time_of(event)
        dedupe = bool(self.event_id) or self._give_id(original_at)
        if around is UNREAD:
            around = None if event.context is EMPTY else read_context(event.context)
        context = context_of(around) if around else NO_CONTEXT
        ids = ids_of(event, context, self._say)
        account = ""
        if event.groupId is not None or context.group is not None or may_name_account(event):
            account = account_of(event, context, self._say)
        if len(ids) != 1 or kind in TWO_IDS:
            check_identity(kind, ids, account)
        name, attributes, said, traits, traits_said = act_of(kind, event, said, context)
        canonical = canonical_of((kind, name, ids, said, traits_said, original_at))
        if len(canonical) > NESTING:
            check_nesting(attributes)
            check_nesting(traits)
        kept = EMPTY
        if around:
            kept = event.context
            check_nesting(kept)
        channel = "" if event.channel is None else word(event.channel, "channel")
        if request.careful:
            check([self.event_id, name, account, channel, said, traits_said, around, [value for _, value in ids]])
        # fmt: off
        draft = Touchpoint(
            VERSION, request.tenant, request.source, self.event_id, kind, ids, digest_of(canonical), 0, 0, original_at,
            index, name, channel, "", account, attributes, traits, kept, dedupe,
        )
        # fmt: on
        return with_own(draft, event) if type(event) is OwnEvent else draft

    def _give_id(self, original_at: int) -> bool:
        """Give an event without id one: derived if it has a time, else random. Return whether it deduplicates."""
        if original_at:
            whole = decode(self._request.parcel.raw(self._index))
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
    event_id = event.messageId
    if event_id is None:
        return ""
    if type(event_id) is not str or len(event_id) > EVENT_ID:
        event_id = id_text(event_id, "messageId")
        if len(event_id) > EVENT_ID:
            message = f"`messageId` is longer than {EVENT_ID} characters."
            raise Refusal(Reason.ID_TOO_LONG, message)
    return "" if event_id.isspace() else event_id


def type_of(event: Event, known: frozenset[str]) -> str:
    """Return the type of an event; our own door takes one without type as track. Raises Refusal (unknown_type)."""
    if not event.type and known is OWN_TYPES:
        return "track"
    names = ", ".join(sorted(known))
    message = f"`{event.type[:32]}` is no type of event here; known: {names}." if event.type else f"`type`: {names}."
    raise Refusal(Reason.UNKNOWN_TYPE, message)


def time_of(event: Event) -> int:
    """Return the client's time in microseconds UTC, 0 where it sent none. Raises Refusal (bad_time)."""
    value = event.timestamp
    if value is None:
        value = event.originalTimestamp
    if value is None or value == "":
        return 0
    return microseconds(value) or 1  # 0 would mean: none sent


def may_name_account(event: Event) -> bool:
    """Whether an event names an account in a field of our own door."""
    return type(event) is OwnEvent and (event.account is not None or event.ids is not None)


def act_of(
    kind: str,
    event: Event,
    said: Any,  # noqa: ANN401 (any JSON)
    context: Context,
) -> tuple[str, Raw, dict[str, Any] | None, Raw, dict[str, Any] | None]:
    """Return what was done: its name, its attributes and traits, each as bytes and as read. Raises Refusal."""
    attributes, traits, traits_said = event.properties, EMPTY, None
    if type(said) is not dict or not said:
        attributes, said = (EMPTY, None) if attributes is EMPTY else content(attributes, "properties")
    if event.traits is not EMPTY:
        traits, traits_said = content(event.traits, "traits")
    if kind == "track":
        name = event.event or ""
        if not name or len(name) > EVENT_NAME or name.isspace():
            raise bad_name(name)
        return name, attributes, said, traits, traits_said
    if kind in VIEWS:
        return VIEWS[kind], *named(event, attributes, said), traits, traits_said
    if kind == "identify" and traits_said is None and context.traits:
        traits, traits_said = Raw(_encode(context.traits)), context.traits
    return "", attributes, said, traits, traits_said


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


def bad_name(name: str) -> Refusal:
    """Return why an event's name cannot be kept."""
    if len(name) > EVENT_NAME:
        return Refusal(Reason.FIELD_TOO_LONG, f"`event` is longer than {EVENT_NAME} characters.")
    return Refusal(Reason.NO_EVENT_NAME, "A track event needs a name in `event`.")


def word(text: str | None, field: str) -> str:
    """Return a short word, empty where it is missing. Raises Refusal where it is too long."""
    if text and len(text) > WORD:
        message = f"`{field}` is longer than {WORD} characters."
        raise Refusal(Reason.FIELD_TOO_LONG, message)
    return text or ""


def check_identity(kind: str, ids: list[tuple[str, str]], account: str) -> None:
    """Raise Refusal (no_identity) for an event of nobody, and for an alias, merge or split of no ids."""
    if kind in TWO_IDS and len(ids) < 2:
        raise one_id(kind)
    if not ids and not account:
        message = "An event needs `userId`, `anonymousId`, another id or an account that stands for somebody."
        raise Refusal(Reason.NO_IDENTITY, message)


def one_id(kind: str) -> Refusal:
    """Return why an event about two ids is refused."""
    return Refusal(Reason.NO_IDENTITY, f"`{kind}` needs two ids.")


def with_own(draft: Touchpoint, event: OwnEvent) -> Touchpoint:
    """Add what only our own door takes. Raises Refusal (bad_ordinal, field_too_long, bad_text)."""
    if event.ordinal is not None:
        if not 0 <= event.ordinal < ORDINAL:
            message = "`ordinal` must lie between 0 and 2^53."
            raise Refusal(Reason.BAD_ORDINAL, message)
        draft = replace(draft, ordinal=event.ordinal)
    if event.actor:
        check_text(event.actor)
        draft = replace(draft, actor=word(event.actor, "actor"))
    return draft
