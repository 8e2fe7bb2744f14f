"""Fold facts into alerts. The facts of one journey transaction are applied together, so their order does not matter.

Of each finding only the greatest seq counts. A finding that goes on under another key (a merge, a renumbering) takes
its alert along: same number, trail and acknowledgement. Then every subject that was touched is decided once.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec

from services.alerts.domain.alert import Alert, Mark, Subject, kept, said_by, subject_of
from services.alerts.domain.decide import Case, decide, join
from services.alerts.domain.rules import ERASED, JUDGED, MERGED, UnreadableFactError, verdict_of
from services.alerts.domain.shown import shown
from services.alerts.store import alerts, marks
from services.alerts.store.erasing import forget_customer
from services.alerts.track.writing import Writer
from shared.events import Fact


@dataclass(slots=True)
class Fold:
    """The facts of one journey transaction on their way into the alerts; used once."""

    writer: Writer
    touched: dict[Subject, dict[str, Any]] = field(default_factory=dict)  # with why, for the trail
    links: dict[str, list[str]] = field(default_factory=dict)  # finding: what it was before
    moves: dict[Subject, Subject] = field(default_factory=dict)  # of a customer that became another
    moved: dict[int, dict[str, Any]] = field(default_factory=dict)  # alerts that moved, with why
    opened: Counter[tuple[str, str]] = field(default_factory=Counter)  # by tenant and rule

    def apply(self, facts: Iterable[Fact]) -> dict[str, int]:
        """Apply facts; return how many were applied, stale (known already) and ignored (no rule asks for them)."""
        fates = {"applied": 0, "stale": 0, "ignored": 0}
        given = list(facts)
        for fact in given:
            if fact.type == ERASED:  # first: what stays of a customer of whom a part was erased is told again with it
                forget_customer(self.writer.db, fact.tenant, fact.customer, fact.seq)
                fates["applied"] += 1
        for fact in given:
            if fact.type != ERASED:
                fates[self._mark(fact)] += 1
        self._inherit()
        for old, new in self.moves.items():
            if alert := alerts.live_of(self.writer.db, old):
                self._carry(alert, new)
        for subject in list(self.touched):
            self._decide(subject)
        return fates

    def _mark(self, fact: Fact) -> str:
        db = self.writer.db
        if fact.type == MERGED:
            return self._merge(fact)
        if fact.type not in JUDGED:
            return "ignored"
        before = marks.find(db, fact.finding)
        if before and fact.seq <= before.seq:
            return "stale"
        subject = subject_of(fact)
        verdict = "untrue" if fact.seq <= marks.merged_at(db, fact.customer) else verdict_of(fact)
        fact_kept = kept(fact) if verdict == "calls" else None
        alert_no = before.alert_no if before else None
        marks.save(db, Mark(fact.finding, subject, fact.seq, fact.stands, verdict, alert_no, fact_kept))
        why = _why(fact)
        for touched in {before.subject if before else subject, subject}:
            if touched.rule:
                self.touched[touched] = why
        if fact.stands and fact.because and fact.because.was:
            self.links[fact.finding] = fact.because.was
        if before and fact.because and fact.because.merged_into is not None:
            self.moves[before.subject] = replace(before.subject, customer=fact.because.merged_into)
            marks.merge(db, fact.tenant, fact.customer, fact.because.merged_into, fact.seq)
        return "applied"

    def _merge(self, fact: Fact) -> str:
        db, into = self.writer.db, int(fact.numbers["into"])
        if fact.seq <= marks.merged_at(db, fact.customer):
            return "stale"
        marks.merge(db, fact.tenant, fact.customer, into, fact.seq)
        marks.silence(db, fact.tenant, fact.customer, fact.seq)
        for alert in alerts.live_of_customer(db, fact.tenant, fact.customer):
            self.moves[alert.subject] = replace(alert.subject, customer=into)
            self.touched.setdefault(alert.subject, _why(fact))
        return "applied"

    def _inherit(self) -> None:
        """Let each renamed finding have the alert of what it was before, all at once: names may be exchanged."""
        db = self.writer.db
        had: dict[str, list[Alert]] = {}
        for finding, was in self.links.items():
            before = [mark.alert_no for mark in (marks.find(db, name) for name in was) if mark and mark.alert_no]
            had[finding] = sorted(alerts.find_all(db, before).values(), key=_binding)
        marks.attach(db, {name for was in self.links.values() for name in was}, None)
        for finding, was in self.links.items():
            marks.supersede(db, was, finding)
        for finding, found in had.items():
            marks.attach(db, [finding] if found else [], found[0].number if found else None)
        for finding, found in had.items():
            mark = marks.find(db, finding)
            for alert in alerts.find_all(db, [alert.number for alert in found]).values():
                if mark and alert.subject != mark.subject and alert.subject.rule == mark.subject.rule:
                    self._carry(alert, mark.subject)

    def _carry(self, alert: Alert, to: Subject) -> None:
        """Let an alert be about another subject; where one lives there already, the older goes on for both."""
        db, now = self.writer.db, self.writer.clock.now()
        because: dict[str, Any] = {"customer": alert.subject.customer, "now": to.customer}
        self.touched.setdefault(alert.subject, because)
        self.touched.setdefault(to, because)
        there = alerts.live_of(db, to)
        if not alert.live:
            self.writer.write(replace(alert, subject=to, changed_at=now), "moved", because)
            return
        stays = alert
        if there:
            stays, gone = (alert, there) if alert.number < there.number else (there, alert)
            closed = replace(gone, status="ended", changed_at=now, snoozed_until=None)
            self.writer.write(closed, "ended", because | {"joined": stays.number})
            marks.repoint(db, gone.number, stays.number)
            stays, because = join(stays, gone), because | {"joined": gone.number}
        self.moved[stays.number] = because
        alerts.save(db, replace(stays, subject=to, changed_at=now))

    def _decide(self, subject: Subject) -> None:
        db, at = self.writer.db, self.writer.clock.now()
        live = alerts.live_of(db, subject)
        calling = marks.calling(db, subject)
        past = alerts.find_all(db, {mark.alert_no for mark in calling if mark.alert_no})
        covered = marks.of_alert(db, live.number) if live else []
        case = Case(subject, live, calling, past, [mark for mark in covered if mark.verdict != "calls"])
        decision = decide(case, at)
        because = self.moved.pop(live.number, None) if live else None
        if live and because:
            if decision and decision.change == "updated":
                decision = replace(decision, change="moved")
                self.touched[subject] = because
            else:
                self.writer.tell(live, "moved", because)
        number = live.number if live else 0
        if decision:
            number = self.writer.write(decision.alert, decision.change, self.touched[subject]).number
            self.opened[subject.tenant, subject.rule] += decision.change == "opened"
        marks.attach(db, [m.finding for m in case.unanswered() if m.alert_no != number], number)


def _binding(alert: Alert) -> tuple[bool, bool, int]:
    """Order the alerts that a finding inherits: one that lives, one that a person resolved, the newest."""
    return not alert.live, alert.status != "resolved", -alert.number


def _why(fact: Fact) -> dict[str, Any]:
    why = {"fact": fact.id}
    return why | (msgspec.to_builtins(fact.because) if fact.because else {})


def check_fact(fact: Fact) -> None:
    """Raise UnreadableFactError for a fact that decodes and yet cannot be applied."""
    if fact.type == MERGED and not _fits(fact.numbers.get("into")):
        message = f"{fact.id} does not say into which customer"
        raise UnreadableFactError(message)
    if fact.type not in JUDGED | {MERGED}:
        return
    if not (fact.finding and fact.tenant and fact.seq > 0):
        message = f"{fact.id} lacks its finding, tenant or seq"
        raise UnreadableFactError(message)
    if verdict_of(fact) == "calls":
        try:
            shown(Alert(0, subject_of(fact), "open", said_by(fact), 0, 0))
        except (OverflowError, OSError, ValueError) as error:
            message = f"{fact.id} cannot be shown: {error}"
            raise UnreadableFactError(message) from error


def _fits(value: object) -> bool:
    """Whether a value is a number that the database can hold."""
    return isinstance(value, int | float) and abs(value) < 2**63
