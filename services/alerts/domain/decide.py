"""What becomes of the alert of one subject, given every finding that calls about it now. Pure.

The live alert shows the loudest of the findings that call. Without any it closes: *ended* if one of its findings was
true and is over, else *withdrawn*. A finding whose alert a person resolved calls nobody again; a new one does. A
finding that calls again after its alert ended or was withdrawn reopens that alert.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from services.alerts.domain.alert import Alert, Change, Mark, Status, Subject

WAKES: frozenset[Status] = frozenset({"ended", "withdrawn"})


@dataclass(frozen=True, slots=True)
class Decision:
    """The alert as it shall be (number 0: a new one), what changed, and the findings that it covers."""

    alert: Alert
    change: Change
    covers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Case:
    """All that is known of one subject."""

    subject: Subject
    live: Alert | None
    calling: Sequence[Mark]  # every mark of the subject that calls
    past: Mapping[int, Alert]  # the alerts that those marks have called before, by number
    left: Sequence[Mark]  # the marks of the live alert that do not call

    def unanswered(self) -> list[Mark]:
        """Return the marks that call and whose alert nobody resolved."""
        return [mark for mark in self.calling if not self._answered(mark)]

    def _answered(self, mark: Mark) -> bool:
        before = self.past.get(mark.alert_no or 0)
        return before is not None and before.status == "resolved" and before.subject == self.subject


def decide(case: Case, at: int) -> Decision | None:
    """Return what to do at a domain time; None: nothing."""
    calling = case.unanswered()
    if not calling:
        return _close(case.live, case.left, at) if case.live else None
    said = max((mark.said() for mark in calling), key=lambda said: said.loudness)
    covers = tuple(mark.finding for mark in calling)
    if case.live:
        changed = replace(case.live, said=said)
        if changed == case.live:
            return None
        return Decision(replace(changed, changed_at=at), "updated", covers)
    if again := _asleep(calling, case):
        woken = replace(again, status="open", said=said, changed_at=at, acknowledged_by=None, snoozed_until=None)
        return Decision(woken, "reopened", covers)
    return Decision(Alert(0, case.subject, "open", said, opened_at=at, changed_at=at), "opened", covers)


def _asleep(calling: Iterable[Mark], case: Case) -> Alert | None:
    before = (case.past.get(mark.alert_no or 0) for mark in calling)
    asleep = [alert for alert in before if alert and alert.status in WAKES and alert.subject == case.subject]
    return max(asleep, key=lambda alert: alert.number, default=None)


def _close(live: Alert, left: Iterable[Mark], at: int) -> Decision:
    status: Literal["ended", "withdrawn"] = "ended" if any(m.verdict == "over" for m in left) else "withdrawn"
    return Decision(replace(live, status=status, changed_at=at, snoozed_until=None), status, ())


def join(kept: Alert, other: Alert) -> Alert:
    """Return one of two live alerts that turned out to be about the same: it keeps what a person did on either."""
    if kept.status == "open" and other.status != "open":
        return replace(
            kept,
            status=other.status,
            acknowledged_by=other.acknowledged_by,
            snoozed_until=other.snoozed_until,
        )
    return kept
