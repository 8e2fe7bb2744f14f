"""What a person does to an alert: acknowledge it, snooze it until a time, resolve it. Each is one transaction.

The same act of the same person again, as a second click sends it, changes nothing and is no row of the trail.
"""

import threading
from dataclasses import dataclass, field, replace
from typing import NoReturn

from services.alerts.delivery.channel import Listener, Outcome
from services.alerts.delivery.queue import resume
from services.alerts.delivery.states import record
from services.alerts.domain.alert import Alert
from services.alerts.store import alerts
from services.alerts.track.writing import Writer
from shared.clock import machine_now
from shared.database import transaction
from shared.errors import ConflictError, InvalidError, NotFoundError
from shared.times import DAY, rfc3339

LONGEST = 366 * DAY  # of a snooze


@dataclass(frozen=True, slots=True)
class Acts:
    """Acts of people on the alerts of their tenant."""

    writer: Writer
    lock: threading.Lock = field(default_factory=threading.Lock)  # requests share the writer's connection

    def acknowledge(self, tenant: str, number: int, by: str) -> Alert:
        """Say that somebody looks after it. By another: handed over.

        Raises NotFoundError, and ConflictError when it is closed.
        """
        with self.lock, transaction(self.writer.db):
            alert = self._find(tenant, number)
            if not alert.live:
                _closed(alert, "acknowledged")
            if (alert.status, alert.acknowledged_by) == ("acknowledged", by):
                return alert
            now = self.writer.clock.now()
            changed = replace(alert, status="acknowledged", acknowledged_by=by, changed_at=now, snoozed_until=None)
            return self.writer.write(changed, "acknowledged", {"by": by})

    def snooze(self, tenant: str, number: int, until: int, because: dict[str, str]) -> Alert:
        """Let it wait until a domain time, `because` of somebody (`by`) and a `reason`; the last one counts.

        Raises NotFoundError, ConflictError when it is closed, and InvalidError for a time that is no such time.
        """
        with self.lock, transaction(self.writer.db):
            alert = self._find(tenant, number)
            if not alert.live:
                _closed(alert, "snoozed")
            now = self.writer.clock.now()
            if not now < until <= now + LONGEST:
                message = f"until lies after now ({rfc3339(now)}) and at most a year ahead."
                raise InvalidError(message)
            because = because | {"until": rfc3339(until)}
            if alert.status == "snoozed" and alerts.last_because(self.writer.db, number, "snoozed") == because:
                return alert
            changed = replace(alert, status="snoozed", snoozed_until=until, changed_at=now)
            return self.writer.write(changed, "snoozed", because)

    def resolve(self, tenant: str, number: int, by: str, reason: str) -> Alert:
        """Close it for a reason. Raises NotFoundError, and ConflictError when it is closed."""
        because = {"by": by, "reason": reason}
        with self.lock, transaction(self.writer.db):
            alert = self._find(tenant, number)
            if alert.status == "resolved" and alerts.last_because(self.writer.db, number, "resolved") == because:
                return alert
            if not alert.live:
                _closed(alert, "resolved")
            changed = replace(alert, status="resolved", changed_at=self.writer.clock.now(), snoozed_until=None)
            return self.writer.write(changed, "resolved", because)

    def resume_deliveries(self, tenant: str) -> int:
        """Let channels try once more, and send again what of a tenant was given up; return how many deliveries."""
        with self.lock, transaction(self.writer.db):
            return resume(self.writer.db, self.writer.listeners, tenant, machine_now())

    def note_trial(self, listener: Listener, outcome: Outcome) -> None:
        """Remember what came of a trial: where it worked, what waits is sent now."""
        if outcome.result == "delivered":
            outcome = Outcome("delivered", "it was tried and works")
        elif outcome.result == "gone":  # of a trial that is no reason to give up what waits
            outcome = replace(outcome, result="refused")
        with self.lock, transaction(self.writer.db):
            record(self.writer.db, listener, outcome, machine_now())

    def _find(self, tenant: str, number: int) -> Alert:
        alert = alerts.find(self.writer.db, number)
        if alert is None or alert.subject.tenant != tenant:
            raise NotFoundError(f"There is no alert {number}.")  # noqa: EM102, TRY003 (the one sentence is here)
        return alert


def _closed(alert: Alert, wanted: str) -> NoReturn:
    said = {
        "resolved": "was resolved already",
        "ended": "has ended by itself",
        "withdrawn": "was withdrawn, it was never true",
    }[alert.status]
    message = f"Alert {alert.number} {said}: it cannot be {wanted} any more."
    raise ConflictError(message)
