"""Erasure: which touchpoints still count once somebody has asked to be forgotten.

An erasure is a record on the topic of touchpoints, of type `erase`. It names ids by their hashes only, so that the
record itself need not be erased, and its moment is its `occurred_at`. The rules, all of them functions of the records
alone, so that neither order nor repetition matters:

- A touchpoint is gone if its own id (the strongest, or the account where it names nobody) was erased, and it happened
  or was received not later than that.
- From other customers' touchpoints of that time the erased ids are left out, and an erased account too.
- Whatever both happened and was received later counts: the person has come back as somebody new.
"""

import hashlib
from collections.abc import Callable, Iterable
from typing import TypeAlias

from msgspec import structs

from shared.events import VERSION, Touchpoint

ERASE = "erase"
HASHED = "hashed"  # the kind of the ids that an erasure names
ACCOUNT = "account"

Until: TypeAlias = Callable[[str, str], int]  # (kind, value) to when that id was last erased; 0: never


def id_hash(tenant: str, kind: str, value: str) -> str:
    """Return what is kept of an erased id: enough to know it again, not to read it."""
    return hashlib.sha256(f"{tenant}\0{kind}:{value}".encode()).hexdigest()[:32]


def erasure(tenant: str, source: str, event_id: str, ids: Iterable[tuple[str, str]]) -> Touchpoint:
    """Return the record of an erasure, not stamped yet."""
    hashes = sorted({id_hash(tenant, kind, value) for kind, value in ids})
    return Touchpoint(
        v=VERSION,
        tenant=tenant,
        source=source,
        event_id=event_id,
        type=ERASE,
        ids=[(HASHED, hashed) for hashed in hashes],
        digest=0,
        occurred_at=0,
        received_at=0,
    )


def remains(touchpoint: Touchpoint, until: Until) -> Touchpoint | None:
    """Return what of a touchpoint still counts: itself, itself without erased ids, or None."""
    came = min(touchpoint.occurred_at, touchpoint.received_at)
    kept = [pair for pair in touchpoint.ids if until(*pair) < came]
    account = touchpoint.account if touchpoint.account and until(ACCOUNT, touchpoint.account) < came else ""
    if touchpoint.ids[:1] != kept[:1] or (not touchpoint.ids and account != touchpoint.account):
        return None
    if len(kept) == len(touchpoint.ids) and account == touchpoint.account:
        return touchpoint
    return structs.replace(touchpoint, ids=kept, account=account)
