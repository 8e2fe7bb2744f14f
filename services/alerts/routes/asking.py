"""Which alerts are asked for: the parameters that lists and counts share, read into a filter."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import Depends, Query

from services.alerts.domain.alert import LIVE, STATUSES
from services.alerts.domain.rules import RULES, SEVERITIES
from services.alerts.store.reads import Filter
from shared.errors import InvalidError

Text = Annotated[str, Query(max_length=500)]


def asked(  # noqa: PLR0913 (each is a parameter of the address)
    *,
    status: Text = "",
    owner: Text = "",
    customer: Text = "",
    rule: Text = "",
    map: Text = "",
    severity: Text = "",
) -> Filter:
    """FastAPI dependency: the alerts that are asked for. Raises InvalidError with the words that are known."""
    if rule and rule not in RULES:
        message = f"rule is one of {', '.join(RULES)}, not `{rule}`."
        raise InvalidError(message)
    statuses = _words("status", status, (*STATUSES, "live"))
    if "live" in statuses:
        statuses = tuple(word for word in STATUSES if word in statuses or word in LIVE)
    return Filter(statuses, owner, customer, rule, map, _words("severity", severity, SEVERITIES))


def _words(name: str, given: str, known: Sequence[str]) -> tuple[Any, ...]:
    words = [word.strip() for word in given.split(",") if word.strip()]
    wrong = [word for word in words if word not in known]
    if wrong:
        message = f"{name} is one or more of {', '.join(known)}, joined by commas; not `{wrong[0]}`."
        raise InvalidError(message)
    return tuple(word for word in known if word in words)


Asked = Annotated[Filter, Depends(asked)]
