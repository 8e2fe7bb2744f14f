"""Which changes of an alert people are told of, by chat and mail: what wants attention anew, and that it is over.

Nobody is told what a person did; that an alert is over interests those who were told that it stands.
"""

from typing import Literal, TypeAlias

from services.alerts.domain.alert import Alert, Change
from services.alerts.domain.rules import Severity, rank_of

Telling: TypeAlias = Literal["always", "unless loud before", "if told", "never"]

CALLS: frozenset[Change] = frozenset({"opened", "reopened", "woken"})
OVER: frozenset[Change] = frozenset({"ended", "withdrawn"})


def telling(alert: Alert, change: Change, least: Severity) -> Telling:
    """Return when people are told of a change; `least`: the severity below which they are left in peace."""
    if change in OVER:
        return "if told"
    if rank_of(alert.said.severity) > rank_of(least) or alert.status != "open":
        return "never"
    if change in CALLS:
        return "always"
    return "unless loud before"  # it became louder, or another customer's
