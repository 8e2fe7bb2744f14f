"""Which customers a batch touches, and how: in order, late, or because who is who has changed."""

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from services.journey.domain.identity import Assertion, assertions_of
from services.journey.store.atlases import Atlases
from services.journey.store.identities import Identities
from shared.events import Touchpoint, history_key


class New(NamedTuple):
    """A touchpoint that this batch stored, with the numbers of its id and of the account that it names."""

    touchpoint: Touchpoint
    id_no: int
    account_no: int | None


@dataclass(slots=True)
class Touch:
    """What a batch does to one customer."""

    number: int
    tenant: str
    subject: str
    new: list[tuple[Touchpoint, int]] = field(default_factory=list)  # with the person's number
    refold: bool = False
    losers: list[int] = field(default_factory=list)  # customers that became this one


class Touching:
    """Finds the touched customers of a batch."""

    def __init__(self, db: sqlite3.Connection, identities: Identities, atlases: Atlases) -> None:
        """Work inside the caller's transaction."""
        self._db = db
        self._identities = identities
        self._atlases = atlases

    def find(
        self, batch: Iterable[New], anew: Sequence[int] = (), touches: dict[int, Touch] | None = None
    ) -> list[Touch]:
        """Return the touched customers in the order of their numbers, after bringing identities up to date.

        `anew` are ids whose customers are found and folded anew; `touches` what is touched already.
        """
        batch = list(batch)
        touches = self._assert(batch, anew, touches or {})
        for new in batch:
            person = self._identities.customer(new.id_no)
            tenant = new.touchpoint.tenant
            if new.touchpoint.ids:
                self._of(touches, person, tenant, "person").new.append((new.touchpoint, person))
            if new.account_no is not None:
                self._of(touches, new.account_no, tenant, "account").new.append((new.touchpoint, person))
            elif new.touchpoint.ids and self._atlases.of(tenant, "account"):
                key = history_key(new.touchpoint)
                for account, since in self._identities.memberships(person):
                    if key >= since:
                        self._of(touches, account, tenant, "account").new.append((new.touchpoint, person))
        return [touches[number] for number in sorted(touches)]

    @staticmethod
    def _of(touches: dict[int, Touch], number: int, tenant: str, subject: str) -> Touch:
        touch = touches.get(number)
        if touch is None:
            touch = touches[number] = Touch(number, tenant, subject)
        return touch

    def _assert(self, batch: list[New], anew: Sequence[int], touches: dict[int, Touch]) -> dict[int, Touch]:
        seeds = list(anew)
        for new in batch:
            touchpoint = new.touchpoint
            if len(touchpoint.ids) < 2 and touchpoint.type != "group":
                continue
            for claim in assertions_of(touchpoint):
                numbered = self._numbered(touchpoint.tenant, claim)
                if not self._identities.add(touchpoint.tenant, numbered):
                    continue
                if claim.kind == "group":
                    self._of(touches, numbered.strong, touchpoint.tenant, "account").refold = True
                else:
                    seeds += [numbered.weak, numbered.strong]
        if seeds:
            self._regroup(seeds, touches, anew)
        return touches

    def _numbered(self, tenant: str, claim: Assertion[tuple[str, str]]) -> Assertion[int]:
        number = self._identities.number
        return Assertion(claim.key, claim.kind, number(tenant, *claim.weak), number(tenant, *claim.strong))

    def _regroup(self, seeds: list[int], touches: dict[int, Touch], anew: Sequence[int]) -> None:
        for id_no, (before, now) in self._identities.regroup(seeds).items():
            tenant = self._tenant_of(id_no)
            touch = self._of(touches, now, tenant, "person")
            touch.refold = True
            if before == id_no and before not in touch.losers:  # the customer itself, not only one of its ids, is gone
                touch.losers.append(before)
            if self._identities.customer(before) == before:
                self._of(touches, before, tenant, "person").refold = True
        for id_no in anew:
            self._of(touches, self._identities.customer(id_no), self._tenant_of(id_no), "person").refold = True
        for person in [t.number for t in touches.values() if t.subject == "person"]:
            self._touch_accounts(person, touches)

    def _tenant_of(self, id_no: int) -> str:
        tenant: str = self._db.execute("SELECT tenant FROM ids WHERE id_no = ?", (id_no,)).fetchone()[0]
        return tenant

    def _touch_accounts(self, person: int, touches: dict[int, Touch]) -> None:
        tenant = touches[person].tenant
        if not self._atlases.of(tenant, "account"):
            return
        accounts = {account for account, _ in self._identities.memberships(person)}
        accounts.update(self._identities.accounts_named_by(person))
        for account in accounts:
            self._of(touches, account, tenant, "account").refold = True
