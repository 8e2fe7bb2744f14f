"""What the log may still say once somebody was erased: for each record itself, less, or nothing."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any

import msgspec

from shared.erasure import ERASE, remains
from shared.events import DeadLetter, decode_dead_letter, decode_touchpoint, encode
from shared.log.event_log import NOTHING, NewRecord, Record

NAMES = frozenset({"userId", "anonymousId", "previousId", "groupId", "account"})  # fields that hold one id
HOLDS = frozenset({"ids", "externalIds"})  # fields that hold more of them, at any depth


@dataclass(frozen=True, slots=True)
class Forgetting:
    """An erasure applied to records: ids as (kind, value) of a tenant, and its moment. `letters` collects offsets."""

    tenant: str
    erased_at: int
    wanted: Collection[tuple[str, str]]
    letters: set[int] = field(default_factory=set)

    def touchpoint(self, record: Record) -> NewRecord | None:
        """Return what shall stand in the place of a touchpoint; None: itself."""
        if not any(quoted in record.value for quoted in self._quoted()):
            return None
        try:
            touchpoint = decode_touchpoint(record.value)
        except msgspec.DecodeError:
            return None
        if touchpoint.tenant != self.tenant or touchpoint.type == ERASE:
            return None
        kept = remains(touchpoint, lambda kind, value: self.erased_at if (kind, value) in self.wanted else 0)
        if kept is None:
            return NOTHING
        return None if kept is touchpoint else NewRecord(record.key, encode(kept), record.headers)

    def letter(self, record: Record) -> NewRecord | None:
        """Return what shall stand in the place of a dead letter; None: itself."""
        try:
            letter = decode_dead_letter(record.value)
        except msgspec.DecodeError:
            return None
        received_at = dict(record.headers).get("received_at", "")
        later = received_at.isdecimal() and int(received_at) > self.erased_at
        if letter.tenant != self.tenant or later or not self._names(letter):
            return None
        self.letters.add(record.offset)
        return NOTHING

    def _names(self, letter: DeadLetter) -> bool:
        values = {value for _, value in self.wanted}
        try:
            body = msgspec.json.decode(letter.body)
        except (msgspec.DecodeError, RecursionError):  # refused because it cannot be read: look for the text
            return any(quoted.decode() in letter.body for quoted in self._quoted())
        return not values.isdisjoint(_ids_in(body))

    def _quoted(self) -> Iterator[bytes]:
        return (encode([value])[1:-1] for _, value in self.wanted)


def _ids_in(body: Any) -> Iterator[str]:  # noqa: ANN401 (any JSON)
    """Yield every text and number that may be an id of an event as it was sent."""
    stack: list[tuple[Any, bool]] = [(body, False)]
    while stack:
        found, inside = stack.pop()
        if isinstance(found, dict):
            for name, value in found.items():
                stack.append((value, inside or name in NAMES or name in HOLDS))
        elif isinstance(found, list):
            stack += [(value, inside) for value in found]
        elif inside and isinstance(found, str | int):
            yield str(found).strip()
