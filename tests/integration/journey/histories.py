"""Random histories for the properties: people with several devices, accounts, late and doubled touchpoints, merges."""

import random
from dataclasses import dataclass, field

from msgspec import Raw

from shared.clock import DAY, HOUR, SECOND
from shared.events import Touchpoint, encode, hash64, strongest_first
from shared.log.event_log import NewRecord

START = 1_767_225_600 * SECOND  # 2026-01-01
EVENTS = ("A", "B", "C", "D", "E", "Lead", "Gone", "B Failed", "Call", "Odd")


def touchpoint(
    at: int,
    event: str = "",
    *,
    ids: tuple[tuple[str, str], ...] = (("user", "u1"),),
    kind: str = "track",
    event_id: str = "",
    tenant: str = "t",
    account: str = "",
    received_at: int = 0,
    attributes: bytes = b"{}",
    traits: bytes = b"{}",
) -> Touchpoint:
    """Return a stamped touchpoint; its event id is derived from its content where none is given."""
    said = f"{at}{event}{ids}{kind}{account}"
    return Touchpoint(
        v=1,
        tenant=tenant,
        source="web",
        event_id=event_id or f"e{hash64(said.encode()):x}",
        type=kind,
        ids=strongest_first(ids),
        digest=hash64(said.encode() + attributes + traits),
        occurred_at=at,
        received_at=received_at or at,
        original_at=at,
        event=event,
        account=account,
        attributes=Raw(attributes),
        traits=Raw(traits),
    )


@dataclass(slots=True)
class Crowd:
    """Draws touchpoints of a few people who share devices and accounts."""

    random: random.Random
    tenant: str = "t"
    people: int = 4
    made: int = 0
    accounts: tuple[str, ...] = ("acme",)
    clock: int = START
    found: list[Touchpoint] = field(default_factory=list)

    def draw(self, count: int) -> list[Touchpoint]:
        """Return touchpoints in order of arrival, with received_at rising; some late, some doubled."""
        for _ in range(count):
            self.clock += self.random.choice((HOUR, 3 * HOUR, DAY, 2 * DAY))
            self._one()
        return self.found

    def _one(self) -> None:
        if self.found and self.random.random() < 0.06:
            self.found.append(self.random.choice(self.found))
            return
        late = self.random.choice((0, 0, 0, 0, 0, HOUR, 2 * DAY, 9 * DAY)) if self.found else 0
        self.made += 1
        user = ("user", f"u{self.random.randrange(self.people)}")
        device = ("anonymous", f"d{self.random.randrange(self.people)}")
        external = ("crm", f"x{self.random.randrange(self.people)}")
        kind = self.random.random()
        account = self.random.choice(self.accounts) if self.random.random() < 0.25 else ""
        if kind < 0.5:
            ids: tuple[tuple[str, str], ...] = self.random.choice(((user,), (device,), (external,)))
            type_ = "track"
        elif kind < 0.8:
            ids = self.random.choice(((user, device), (user, external), (device, external), (user, external, device)))
            type_ = self.random.choice(("track", "identify"))
        elif kind < 0.85:
            old = self.random.choice((("user", f"u{self.random.randrange(self.people)}"), device))
            ids, type_ = (user, old), self.random.choice(("alias", "merge"))
        elif kind < 0.9:
            ids, type_ = self.random.choice(((user, device), (user, external))), "split"
        else:
            ids, type_, account = (user,), "group", self.random.choice(self.accounts)
        event = self.random.choice(EVENTS) if type_ == "track" else ""
        self.found.append(
            touchpoint(
                self.clock - late,
                event,
                ids=tuple(dict.fromkeys(ids)),
                kind=type_,
                event_id=f"m{self.made}",
                tenant=self.tenant,
                account=account,
                received_at=self.clock,
                traits=self._traits() if type_ in ("identify", "group") else b"{}",
            ),
        )

    def _traits(self) -> bytes:
        """Return what is told of a customer: a name, or who looks after it, or that nobody does."""
        said = (b"{}", b'{"name":"Name %d"}' % self.made, b'{"csm":"Csm %d"}' % self.made, b'{"csm":null}')
        return said[self.made % len(said)]


def record(touchpoint: Touchpoint) -> NewRecord:
    """Return a touchpoint as ingest appends it."""
    return NewRecord(touchpoint.tenant.encode(), encode(touchpoint))
