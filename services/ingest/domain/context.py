"""What an event's context says of identity. Contexts repeat from event to event, so short ones are read once."""

from functools import lru_cache
from typing import Any

from msgspec import Raw, Struct

from services.ingest.domain.digest import canonical_of
from services.ingest.domain.limits import NESTING
from services.ingest.domain.values import check, decode
from shared.events import EMPTY

REMEMBERED_BYTES = 2048


class Context(Struct, frozen=True):
    """The parts of a context that matter beyond being kept."""

    external: tuple[tuple[Any, Any], ...] = ()  # (type, id) as sent
    traits: dict[str, Any] | None = None
    group: Any = None
    kept: Raw = EMPTY


NO_CONTEXT = Context()


def read_context(raw: Raw) -> Context:
    """Read a context. Raises Refusal where it could not be stored; what it means otherwise is never an error."""
    data = bytes(raw)
    return _remembered(data) if len(data) <= REMEMBERED_BYTES else _read(data)


def _read(data: bytes) -> Context:
    if data in (b"{}", b"null"):
        return NO_CONTEXT
    content = decode(data)
    if b"\\u0000" in data or data.count(b"{") + data.count(b"[") > NESTING:
        check(content)
    else:
        canonical_of(content)  # checks the integers, which is all that is left to check, and in C
    if not isinstance(content, dict):
        return Context(kept=Raw(data))
    external = content.get("externalIds")
    traits = content.get("traits")
    return Context(
        external=tuple((e.get("type"), e.get("id")) for e in external if isinstance(e, dict))
        if isinstance(external, list)
        else (),
        traits=traits if isinstance(traits, dict) and traits else None,
        group=content.get("groupId"),
        kept=Raw(data),
    )


_remembered = lru_cache(maxsize=4096)(_read)
