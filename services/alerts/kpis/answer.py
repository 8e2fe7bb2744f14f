"""What GET and PUT /v1/kpis answer of a catalogue, and the command line shows."""

from typing import Any

from services.alerts.kpis.audit import audit, audit_text
from services.alerts.kpis.catalogue import Catalogue, Kpi
from services.alerts.kpis.smart import Checked, check

Json = dict[str, Any]


def answer_of(catalogue: Catalogue, yaml: str) -> Json:
    """Return a catalogue with its audit and with each goal checked."""
    found = audit(catalogue.kpis)
    return {
        "yaml": yaml,
        "kpis": [_kpi(kpi) for kpi in catalogue.kpis],
        "audit": {
            "kpis": found.kpis,
            "outputs": found.outputs,
            "ratio": round(float(found.ratio), 6),
            "weighted": round(float(found.weighted), 6),
            "warns": found.warns,
            "step": [kpi.name for kpi in found.step],
            "text": audit_text(found),
        },
        "report": {"headline": list(catalogue.headline)},
        "goals": [_goal(check(goal, catalogue)) for goal in catalogue.goals],
    }


def _kpi(kpi: Kpi) -> Json:
    return {
        "kpi": kpi.name,
        "title": kpi.title,
        "class": kpi.kind,
        "owner": kpi.owner,
        "prominence": kpi.prominence,
        "measure": {"map": kpi.measure.map, "of": kpi.measure.of} if kpi.measure else None,
        "target": kpi.target.said if kpi.target else None,
    }


def _goal(checked: Checked) -> Json:
    goal = checked.goal
    return {
        "goal": goal.name,
        "metric": goal.metric,
        "segment": goal.segment,
        "baseline": goal.baseline.said if goal.baseline else None,
        "target": goal.target.said if goal.target else None,
        "outcome": goal.outcome,
        "by": goal.by.isoformat() if goal.by else None,
        "milestones": [{"on": each.on.isoformat(), "value": each.value.said} for each in goal.milestones],
        "owner": goal.owner,
        "missing": list(checked.missing),
        "smart": [{"letter": each.letter, "holds": each.holds, "text": each.text} for each in checked.letters],
        "text": checked.text,
    }
