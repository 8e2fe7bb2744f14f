"""What a visitor may choose for an alert: until when it waits, and why it is closed."""

from datetime import datetime, timedelta

from services.console.domain.words import moment

SNOOZES = {"tomorrow": "until tomorrow, 08:00", "week": "until next Monday, 08:00"}
HOUR = 8  # of the day, UTC, at which what was snoozed comes back
REASONS = ("done", "done elsewhere", "not needed for them", "false alarm")


def wakes_at(choice: str, day: str, now: str) -> str:
    """Return until when an alert waits, RFC 3339; empty: there is no such day.

    A day that is named goes before the choice beside it. `now` is domain time.
    """
    at = moment(now)
    if at is None:
        return ""
    morning = at.replace(hour=HOUR, minute=0, second=0, microsecond=0)
    if choice == "tomorrow" and not day:
        return (morning + timedelta(days=1)).isoformat()
    if choice == "week" and not day:
        return (morning + timedelta(days=7 - at.weekday())).isoformat()
    try:
        chosen = datetime.fromisoformat(day)
    except ValueError:
        return ""
    until = morning.replace(year=chosen.year, month=chosen.month, day=chosen.day)
    return until.isoformat() if at < until <= at + timedelta(days=366) else ""
