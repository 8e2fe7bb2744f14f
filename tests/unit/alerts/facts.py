"""Makes facts as the journey service writes them, for tests."""

import msgspec

from shared.clock import DAY
from shared.events import Because, Fact, NextStep, Proof

T0 = 1_700_000_000_000_000


def at(day: float) -> int:
    return T0 + round(day * DAY)


def proof(event: str = "Kickoff Held", day: float = 12) -> Proof:
    return Proof(event_id=f"e-{event}-{day}", source="app", event=event, occurred_at=at(day))


def fact(slot: str, seq: int = 1, **more: object) -> Fact:
    """Return a fact of a slot (`slot:about:k`) of customer 1 of acme, unless told otherwise."""
    customer, map, n = more.get("customer", 1), more.get("map", "onboarding"), more.get("n", 1)
    finding = f"{customer}/{map}/{n}/{slot}"
    given: dict[str, object] = {
        "id": f"{finding}@{seq}",
        "source": "/waypost/journey",
        "type": "waypost.deviation",
        "time": "2023-11-14T22:13:20Z",
        "tenant": "acme",
        "customer": customer,
        "ids": [f"user:{customer}"],
        "finding": finding,
        "seq": seq,
        "map": map,
        "n": n,
        "map_version": 1,
        "about": slot.split(":")[1] if ":" in slot else "",
        "certain": True,
        "status": "open",
        "as_of": at(12),
        "proof": [proof()],
    }
    return msgspec.convert(given | more, Fact)


def stall(seq: int = 1, *, step: str = "security-review", k: int = 1, level: str = "stalled", **more: object) -> Fact:
    given: dict[str, object] = {
        "type": "waypost.stall",
        "kind": level,
        "as_of": at(33),
        "numbers": {"enabled_at": at(12), "due_at": at(33), "threshold": 21 * DAY, "threshold_level": "designed"},
        "next": NextStep(step, "the first step that is missing", "csm"),
        "text": f"Waits for {step} since 21 days.",
    }
    return fact(f"stall:{step}:{k}", seq, **(given | more))


def skipped(seq: int = 1, *, step: str = "contract", **more: object) -> Fact:
    given: dict[str, object] = {"kind": "prerequisite_skipped", "text": f"Went on without {step}.", "as_of": at(15)}
    return fact(f"path:{step}:1", seq, **(given | more))


def failed(seq: int = 1, *, attempts: float | str = 3, step: str = "import-data", **more: object) -> Fact:
    given: dict[str, object] = {"kind": "failed", "numbers": {"attempts": attempts}, "as_of": at(16)}
    return fact(f"failed:{step}:1", seq, **(given | more))


def ended(before: Fact, seq: int) -> Fact:
    status = "ended" if before.type == "waypost.stall" else "closed"
    return msgspec.structs.replace(before, status=status, seq=seq, id=f"{before.finding}@{seq}")


def again(before: Fact, seq: int, **more: object) -> Fact:
    """Return the next fact of the same finding."""
    return msgspec.structs.replace(before, seq=seq, id=f"{before.finding}@{seq}", **more)


def withdrawn(before: Fact, seq: int, because: Because | None = None) -> Fact:
    return again(before, seq, stands=False, because=because)


def merged(loser: int, winner: int, seq: int, tenant: str = "acme") -> Fact:
    return Fact(
        id=f"{loser}/merged@{seq}",
        source="/waypost/journey",
        type="waypost.customer.merged",
        time="2023-11-14T22:13:20Z",
        tenant=tenant,
        customer=loser,
        finding=f"{loser}/merged",
        seq=seq,
        kind="merged",
        numbers={"into": winner},
    )
