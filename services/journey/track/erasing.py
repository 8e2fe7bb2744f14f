"""Erasure inside the journey transaction: what is stored of a customer goes, and what still counts is told anew.

Every touchpoint that names an erased id is taken out; what of it remains (shared/erasure.py) goes in again as if it had
just come. So whatever was stored before, the outcome is that of a database that never saw the rest.
"""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec

from services.journey.store import erasures
from services.journey.store.identities import Identities
from services.journey.track.judging import Judge
from services.journey.track.touching import Touch
from shared.erasure import ACCOUNT, HASHED, id_hash, remains
from shared.events import Touchpoint, decode_dead_letter, decode_touchpoint, encode
from shared.log.event_log import DEAD_LETTERS, FACTS, NOTHING, NewRecord, Record
from shared.log.scrubbing import scrub_in


@dataclass(slots=True)
class Left:
    """What an erasure leaves to do: touchpoints to store again, customers to judge, ids to regroup."""

    again: list[tuple[Touchpoint, bytes]] = field(default_factory=list)  # with their bodies
    touches: dict[int, Touch] = field(default_factory=dict)
    ids: list[int] = field(default_factory=list)
    gone: list[int] = field(default_factory=list)  # the numbers that were erased


@dataclass(slots=True)
class Eraser:
    """Applies erasures and knows what is erased. Right only while its transactions commit: see `forget`."""

    db: sqlite3.Connection
    identities: Identities
    judge: Judge
    _until: dict[str, int] | None = None
    _scrubs: bool = True  # whether some scrubbing may be left

    def forget(self) -> None:
        """Drop what is remembered: after a rollback it may be ahead of the database."""
        self._until = None
        self._scrubs = True

    def remains(self, touchpoint: Touchpoint) -> Touchpoint | None:
        """Return what of a touchpoint counts: nearly always all of it."""
        until = self._erased()
        if not until:
            return touchpoint
        return remains(touchpoint, lambda kind, value: until.get(id_hash(touchpoint.tenant, kind, value), 0))

    def _erased(self) -> dict[str, int]:
        if self._until is None:
            self._until = erasures.load(self.db)
        return self._until

    def apply(self, batch: Sequence[Touchpoint]) -> Left:
        """Erase, and return what is left to do. Raises sqlite3.Error."""
        left = Left()
        by_tenant: dict[str, set[str]] = {}
        for erasure in batch:
            hashes = {value for kind, value in erasure.ids if kind == HASHED}
            erasures.remember(self.db, erasure.tenant, hashes, erasure.occurred_at)
            by_tenant.setdefault(erasure.tenant, set()).update(hashes)
        self._until = None
        at = max((erasure.occurred_at for erasure in batch), default=0)
        for tenant, hashes in by_tenant.items():
            self._erase(tenant, hashes, at, left)
        if left.gone:
            self._scrubs = True
            erasures.start_scrubs(self.db, (FACTS, DEAD_LETTERS))
        return left

    def _erase(self, tenant: str, hashes: set[str], at: int, left: Left) -> None:
        numbers = erasures.numbers_of(self.db, tenant, hashes)
        if not numbers:
            return
        others = erasures.others_of(self.db, numbers)
        customers = {*numbers, *(self.identities.customer(number) for number in numbers)}
        for account in self._accounts(numbers):
            left.touches[account] = Touch(account, tenant, ACCOUNT, refold=True)
        named = {*numbers.values(), *erasures.displaced(self.db, numbers).values()}
        taken = erasures.take_touchpoints(self.db, tenant, named)
        for number, subject, seq in erasures.forget_customers(self.db, tenant, customers):
            self.judge.facts.erased(tenant, number, subject, seq, at)
        erasures.forget_ids(self.db, numbers, others)
        self.identities.forget()
        for number in (*customers, *others):
            self.judge.cache.pop(number, None)
        for body in taken:
            touchpoint = decode_touchpoint(body)
            if (kept := self.remains(touchpoint)) is not None:
                left.again.append((kept, body if kept is touchpoint else encode(kept)))
        left.ids += others
        left.gone += numbers

    def _accounts(self, numbers: dict[int, tuple[str, str]]) -> set[int]:
        """Return the accounts, not erased themselves, whose path the erased ids were part of."""
        people = {self.identities.customer(number) for number, (kind, _) in numbers.items() if kind != ACCOUNT}
        found = {account for person in people for account, _ in self.identities.memberships(person)}
        found.update(account for person in people for account in self.identities.accounts_named_by(person))
        return found - numbers.keys()

    def settle(self, left: Left) -> None:
        """Once the ids that stay are regrouped: customers of the past that had become an erased one follow them."""
        for loser in erasures.point_losers(self.db, left.gone):
            self.judge.cache.pop(loser, None)

    def has_scrubs(self) -> bool:
        """Whether something is left to scrub."""
        self._scrubs = self._scrubs and bool(erasures.scrubs(self.db))
        return self._scrubs

    def scrub(self) -> None:
        """Scrub some of what the outbox and the dead letters still say of erased customers."""
        numbers = erasures.erased_numbers(self.db)
        for topic, next_, until in erasures.scrubs(self.db):

            def gone(record: Record, topic: str = topic, until: int = until) -> NewRecord | None:
                if topic == DEAD_LETTERS:
                    return NOTHING if record.offset < until and self._letter_is(record) else None
                return NOTHING if record.offset < numbers.get(_customer_of(record), 0) else None

            reached = scrub_in(self.db, (topic, 0, next_), gone)
            erasures.scrubbed(self.db, topic, reached if reached > next_ else until, until)

    def _letter_is(self, record: Record) -> bool:
        """Whether a dead letter holds a touchpoint that names an erased id; if unreadable, its key says whose it is."""
        try:
            touchpoint = decode_touchpoint(decode_dead_letter(record.value).body.encode())
        except msgspec.DecodeError:
            tenant, _, name = record.key.decode(errors="replace").partition("\0")
            kind, _, value = name.partition(":")
            return id_hash(tenant, kind, value) in self._erased()
        return self.remains(touchpoint) is not touchpoint


def _customer_of(fact: Record) -> int:
    number = fact.key.rpartition(b"\0")[2]
    return int(number) if number.isdigit() else 0
