"""The JSON that the API answers: times as RFC 3339, journeys with their deviations and their stall."""

from collections.abc import Callable
from typing import Any

import msgspec

from services.journey.domain.facts import Content
from services.journey.domain.judgement.moves import Move
from services.journey.store.charts import Chart
from services.journey.store.reads import Named, SeenJourney
from shared.events import Proof, Touchpoint
from shared.times import duration_text, when

Json = dict[str, Any]


def customer_answer(
    customer: Named,
    name: str,
    journeys: list[SeenJourney],
    chart: Callable[[SeenJourney], Chart],
    judged_until: int,
) -> Json:
    """Return what `GET /v1/customers/{id}` shows; `chart` knows the map that a journey is judged by."""
    answer: Json = {
        "customer": customer.number,
        "name": name,
        "ids": customer.ids,
        "journeys": [journey_answer(customer.number, journey, chart(journey)) for journey in journeys],
        "judged_until": when(max(judged_until, 0)),
    }
    if customer.unjudged:
        answer["unjudged"] = customer.unjudged
    return answer


def journey_answer(customer: int, journey: SeenJourney, chart: Chart) -> Json:
    """Return one journey."""
    row, view = journey.row, journey.view
    key = f"{customer}/{row.map}/{row.n}"
    steps = msgspec.json.decode(row.steps)
    answer: Json = {
        "journey": key,
        "map": row.map,
        "title": chart.map.title,
        "version": row.map_version,
        "state": row.state,
        "opened_at": when(row.opened_at),
        "reached_at": when(row.reached_at),
        "ended_at": when(row.ended_at),
        "position": {
            "steps": steps,
            "titles": [chart.title(step) for step in steps],
            "after": view.after,
            "stage": row.stage,
            "since": when(row.since),
        },
        "route": None if view.route is None else [_ahead(step, why, chart) for step, why in view.route],
        "passed": [{"step": step, "title": chart.title(step), "at": when(at)} for step, at in view.passed],
        "cost": row.cost,
        "deviations": [
            _deviation(f"{key}/{slot}", found, chart)
            for slot, found in journey.findings.items()
            if found.type == "deviation"
        ],
        "stall": _stall(journey, chart),
    }
    if view.blocker:
        answer["blocker"] = view.blocker
    if view.key is not None:
        answer["key"] = view.key
    return answer


def _ahead(step: str, why: str, chart: Chart) -> Json:
    return {"step": step, "title": chart.title(step), "why": why, "owner": chart.legend.owners.get(step, "")}


def _deviation(finding: str, found: Content, chart: Chart) -> Json:
    return {
        "id": finding,
        "kind": found.kind,
        "step": found.about,
        "title": chart.title(found.about),
        "status": found.status,
        "cost": found.cost,
        "certain": found.certain,
        "since": when(found.as_of),
        "touchpoints": [proof_answer(proof) for proof in found.proof],
        "text": found.text,
    }


def proof_answer(proof: Proof) -> Json:
    """Return a proving touchpoint."""
    return {
        "event": proof.event,
        "event_id": proof.event_id,
        "source": proof.source,
        "occurred_at": when(proof.occurred_at),
    }


def _stall(journey: SeenJourney, chart: Chart) -> Json | None:
    if journey.row.stall is None:
        return None
    open_ = [found for found in journey.findings.values() if found.type == "stall" and found.status == "open"]
    if not open_:
        return None
    found = min(open_, key=lambda stall: stall.as_of)
    return {
        "step": found.about,
        "title": chart.title(found.about),
        "level": found.kind,
        "since": when(found.as_of),
        "historical": found.historical,
        "threshold": duration_text(int(found.numbers["threshold"])),
        "threshold_level": found.numbers.get("threshold_level"),
        "text": found.text,
    }


def touchpoint_answer(touchpoint: Touchpoint) -> Json:
    """Return a touchpoint of a timeline."""
    return {
        "event": touchpoint.event,
        "type": touchpoint.type,
        "event_id": touchpoint.event_id,
        "source": touchpoint.source,
        "occurred_at": when(touchpoint.occurred_at),
        "received_at": when(touchpoint.received_at),
        "original_at": when(touchpoint.original_at) if touchpoint.original_at else None,
        "channel": touchpoint.channel,
        "actor": touchpoint.actor,
        "account": touchpoint.account,
        "ids": [f"{kind}:{value}" for kind, value in touchpoint.ids],
        "attributes": msgspec.json.decode(touchpoint.attributes),
    }


def move_answer(move: Move, chart: Chart) -> Json:
    """Return one move of the way that a customer took; `touchpoint` is null where a step never came."""
    return {
        "kind": move.kind,
        "step": move.step,
        "title": chart.title(move.step) if move.step else "",
        "touchpoint": None if move.touchpoint is None else touchpoint_answer(move.touchpoint),
    }
