"""What an event's context says of identity; the context itself is kept as it came."""

from typing import Any

from msgspec import Raw, Struct

from services.ingest.domain.digest import canonical_of
from services.ingest.domain.values import decode


class Context(Struct, frozen=True):
    """The parts of a context that matter beyond being kept."""

    external: tuple[tuple[Any, Any], ...] = ()  # (type, id) as sent
    traits: dict[str, Any] | None = None
    group: Any = None


NO_CONTEXT = Context()


def read_context(raw: Raw) -> Any:  # noqa: ANN401 (any JSON)
    """Read a context. Raises Refusal where it could not be stored; what it means otherwise is never an error."""
    content = decode(raw)
    canonical_of(content)  # refuses integers beyond 64 bits
    return content


def context_of(content: Any) -> Context:  # noqa: ANN401 (any JSON)
    """Return what a context that was read says of identity."""
    if type(content) is not dict or not ("externalIds" in content or "traits" in content or "groupId" in content):
        return NO_CONTEXT
    external = content.get("externalIds")
    traits = content.get("traits")
    return Context(
        external=tuple((e.get("type"), e.get("id")) for e in external if isinstance(e, dict))
        if isinstance(external, list)
        else (),
        traits=traits if isinstance(traits, dict) and traits else None,
        group=content.get("groupId"),
    )
