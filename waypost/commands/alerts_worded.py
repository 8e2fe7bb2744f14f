"""An alert in a terminal."""

from datetime import UTC, datetime
from typing import Any

Json = dict[str, Any]


def worded(alert: Json) -> list[str]:
    """Return an alert in three lines: who and since when, what happened, what to do next."""
    lines = [f"{alert['alert']}  {alert['severity']}  {_who(alert)}  {alert['map']}  {_state(alert)}"]
    lines.append(f"    {alert['reason']}")
    if step := alert["next"]:
        owner = f" ({alert['owner']})" if alert["owner"] else ""
        why = "" if step["why"] == "next" else f": {step['why']}"
        lines.append(f"    Next: {step.get('title') or step['step']}{owner}{why}")
    return lines


def _who(alert: Json) -> str:
    strongest = alert["ids"][0] if alert["ids"] else f"customer {alert['customer']}"
    return f"{alert['name']} ({strongest})" if alert.get("name") else strongest


def _state(alert: Json) -> str:
    state: str = alert["status"]
    if state == "acknowledged":
        state += f" by {alert['acknowledged_by']}"
    if state == "snoozed":
        state += f" until {_day(alert['snoozed_until'], '%H:%M UTC')}"
    return f"{state}, since {_day(alert['since'])}"


def _day(at: str, more: str = "") -> str:
    moment = datetime.fromisoformat(at).astimezone(UTC)
    return f"{moment.day} {moment:%b %Y {more}}".strip()
