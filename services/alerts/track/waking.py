"""Snoozed alerts wake when their time has come, by the clock that judges: as open ones, for somebody to look anew."""

from dataclasses import replace

from services.alerts.store import alerts
from services.alerts.track.writing import Writer
from shared.database import transaction

MOST = 500  # in one transaction


def wake(writer: Writer) -> int:
    """Wake what is due, each once, and return how many; the trail says who had snoozed it and why."""
    now = writer.clock.now()
    if not alerts.due_to_wake(writer.db, now, 1):
        return 0
    with transaction(writer.db):
        due = alerts.due_to_wake(writer.db, now, MOST)
        for alert in due:
            because = alerts.last_because(writer.db, alert.number, "snoozed")
            woken = replace(alert, status="open", snoozed_until=None, acknowledged_by=None, changed_at=now)
            writer.write(woken, "woken", because)
    return len(due)
