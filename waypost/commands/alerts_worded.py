"""An alert in a terminal."""

from datetime import UTC, datetime
from typing import Any

from shared.client import Client
from shared.plain_text import one_line

Json = dict[str, Any]

ACTS = ("acknowledged", "snoozed", "resolved")  # what people do


def with_acts(client: Client, alert: Json) -> Json:
    """Return an alert with its trail where a person did something: that says who, when and why."""
    if alert["status"] not in ACTS:
        return alert
    found: Json = client.ask("GET", "alerts", f"/v1/alerts/{alert['alert']}")
    return found


def worded(alert: Json) -> list[str]:
    """Return an alert in three lines: who and how it stands, what happened since when, what to do next."""
    lines = [f"{alert['alert']}  {alert['severity']}  {_who(alert)}  {alert['map']}  {_state(alert)}"]
    lines.append(f"    {alert['reason']} Since {_day(alert['since'])}.")
    if step := alert["next"]:
        owner = f" ({alert['owner']})" if alert["owner"] else ""
        why = "" if step["why"] == "next" else f": {step['why']}"
        lines.append(f"    Next: {step.get('title') or step['step']}{owner}{why}")
    return lines


def _who(alert: Json) -> str:
    strongest = alert["ids"][0] if alert["ids"] else f"customer {alert['customer']}"
    return f"{alert['name']} ({strongest})" if alert.get("name") else strongest


def _state(alert: Json) -> str:
    status: str = alert["status"]
    if status == "open":
        return status
    act: Json = next((each for each in reversed(alert.get("trail", ())) if each["change"] == status), {})
    because = act.get("because", {})
    words = status + (f" by {because['by']}" if because.get("by") else "")
    words += f" on {_day(act.get('at') or alert['changed_at'])}"
    if status == "snoozed":
        words += f" until {_day(alert['snoozed_until'], '%H:%M UTC')}"
    return words + (f": {one_line(because['reason'])}" if because.get("reason") else "")


def _day(at: str, more: str = "") -> str:
    moment = datetime.fromisoformat(at).astimezone(UTC)
    return f"{moment.day} {moment:%b %Y {more}}".strip()
