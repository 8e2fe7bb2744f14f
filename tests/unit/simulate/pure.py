"""Judging simulated customers in process: no log, no store, a stepped watermark."""

from collections.abc import Iterable

import msgspec

from services.journey.domain.judgement.fold import Atlas, Path
from services.journey.domain.judgement.model import Journey
from shared.events import EMPTY, Touchpoint, history_key, strongest_first
from waypost.simulate.customer import Customer
from waypost.simulate.score import CLASS_OF, Seen
from waypost.simulate.touches import Touch


def _raw(value: object) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode(value)) if value else EMPTY


def stamped(touch: Touch) -> Touchpoint:
    """Return a simulated touchpoint as ingest stamps it on arrival."""
    body = touch.body
    names = (("user", "userId"), ("anonymous", "anonymousId"))
    return Touchpoint(
        v=1,
        tenant="t",
        source="s",
        event_id=touch.message,
        type=body["type"],
        ids=strongest_first([(kind, body[field]) for kind, field in names if field in body]),
        digest=0,
        occurred_at=touch.occurred,
        received_at=touch.arrival,
        event=body.get("event", ""),
        channel=body.get("channel", ""),
        actor=body.get("actor", ""),
        account=body.get("groupId", ""),
        attributes=_raw(body.get("properties")),
        traits=_raw(body.get("traits")),
        context=_raw(body.get("context")),
    )


def judged(atlas: Atlas, customer: Customer, judged_until: int, heard_until: int | None = None) -> tuple[Journey, ...]:
    """Return a customer's journeys from what had arrived by a moment (default: everything).

    Before anybody identified the visitor, the visitor and the user are two.
    """
    arrived = [touch for touch in customer.sent if heard_until is None or touch.arrival <= heard_until]
    once = {touch.message: stamped(touch) for touch in reversed(arrived)}
    known = any(touch.body["type"] == "identify" for touch in arrived)
    paths: dict[object, Path] = {}
    for touchpoint in sorted(once.values(), key=history_key):
        who = touchpoint.account or ("known" if known else touchpoint.ids[0])
        paths.setdefault(who, Path(atlas)).advance(touchpoint)
    return tuple(journey for path in paths.values() for journey in path.journeys(judged_until))


def seen_in(journeys: Iterable[Journey]) -> list[Seen]:
    """Return the findings of the two classes that stand."""
    seen: list[Seen] = []
    for journey in journeys:
        seen += [Seen(CLASS_OF[d.kind], d.step, d.as_of) for d in journey.deviations if d.kind in CLASS_OF]
        seen += [Seen("stall", stall.step, stall.since) for stall in journey.stalls if stall.level != "cruising"]
    return seen
