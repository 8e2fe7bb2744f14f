"""An alert as the API, the stream and the webhooks show it: plain JSON, times as RFC 3339, durations in words."""

from typing import Any

from services.alerts.domain.alert import Alert
from shared.events import NextStep, Proof
from shared.times import span, when

Json = dict[str, Any]

DURATIONS = frozenset({"threshold", "waited"})


def shown(alert: Alert) -> Json:
    """Return an alert as it is shown."""
    subject, said, content = alert.subject, alert.said, alert.said.content
    return {
        "alert": alert.number,
        "customer": subject.customer,
        "ids": content.ids,
        "name": content.name,
        "map": content.map,
        "version": content.map_version,
        "journey": f"{subject.customer}/{content.map}/{content.n}",
        "n": content.n,
        "rule": subject.rule,
        "about": subject.about,
        "kind": content.kind,
        "severity": said.severity,
        "status": alert.status,
        "reason": content.reason,
        "since": when(said.since),
        "proof": [_proof(proof) for proof in content.proof],
        "numbers": {name: _number(name, value) for name, value in content.numbers.items()},
        "next": _next(content.next) if content.next else None,
        "owner": said.owner,
        "finding": said.finding,
        "opened_at": when(alert.opened_at),
        "changed_at": when(alert.changed_at),
        "snoozed_until": when(alert.snoozed_until),
        "acknowledged_by": alert.acknowledged_by,
    }


def _proof(proof: Proof) -> Json:
    return {
        "event": proof.event,
        "event_id": proof.event_id,
        "source": proof.source,
        "occurred_at": when(proof.occurred_at),
    }


def _next(step: NextStep) -> Json:
    return {"step": step.step, "title": step.title, "why": step.why, "owner": step.owner}


def _number(name: str, value: float | str) -> float | str | None:
    if isinstance(value, str):
        return value
    if name.endswith("_at"):
        return when(int(value))
    if name in DURATIONS:
        return span(value)
    return int(value) if float(value).is_integer() else value
