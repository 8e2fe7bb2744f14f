"""All journeys of a map, one after the other, for whoever counts something over them.

What people ask of a map (who stands where, how many arrived and how soon) is counted from the rows that stand, never
kept beside them: a late touchpoint or a merge corrects a row, and the next pass counts it right.
"""

import sqlite3
from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from services.journey.domain.facts import View

_view = msgspec.json.Decoder(View)
_steps = msgspec.json.Decoder(tuple[str, ...])


class CrowdRow(NamedTuple):
    """One journey of the crowd; times in microseconds UTC."""

    state: str  # open | completed | reached | lost
    steps: tuple[str, ...]  # where the customer stands
    stage: str | None
    since: int | None
    opened_at: int
    reached_at: int | None
    ended_at: int | None
    stall: str | None  # its level
    stall_step: str | None
    view: View


def crowd(db: sqlite3.Connection, tenant: str, map: str) -> Iterator[CrowdRow]:
    """Yield every journey of a tenant on a map, whatever its version, in no order."""
    rows = db.execute(
        "SELECT state, steps, stage, since, opened_at, reached_at, ended_at, stall, stall_step, blob"
        " FROM journeys WHERE tenant = ? AND map = ?",
        (tenant, map),
    )
    places: dict[str, tuple[str, ...]] = {}  # few distinct ones
    for state, steps, stage, since, opened_at, reached_at, ended_at, stall, stall_step, blob in rows:
        at = places.get(steps)
        if at is None:
            at = places[steps] = _steps.decode(steps)
        yield CrowdRow(state, at, stage, since, opened_at, reached_at, ended_at, stall, stall_step, _view.decode(blob))
