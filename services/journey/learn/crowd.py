"""All journeys of a map at once: one pass over the stored rows feeds several tallies.

What people ask of a map (who stands where, how many arrived and how soon) is counted from the rows that stand, never
kept beside them: a late touchpoint or a merge corrects a row, and the next pass counts it right.
"""

import sqlite3
from collections.abc import Iterable
from typing import NamedTuple, Protocol

import msgspec

from services.journey.domain.facts import View

_view = msgspec.json.Decoder(View)
_steps = msgspec.json.Decoder(tuple[str, ...])


class CrowdRow(NamedTuple):
    """One journey of the crowd; times in microseconds UTC."""

    version: int
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


class Tally(Protocol):
    """Counts one thing over the journeys of a map."""

    def add(self, row: CrowdRow) -> None:
        """Count one more journey."""
        ...


def walk(db: sqlite3.Connection, tenant: str, map: str, tallies: Iterable[Tally]) -> None:
    """Show every journey of a tenant on a map to each tally, in no order."""
    adds = [tally.add for tally in tallies]
    rows = db.execute(
        "SELECT map_version, state, steps, stage, since, opened_at, reached_at, ended_at, stall, stall_step, blob"
        " FROM journeys WHERE tenant = ? AND map = ?",
        (tenant, map),
    )
    places: dict[str, tuple[str, ...]] = {}  # few distinct ones
    for version, state, steps, stage, since, opened_at, reached_at, ended_at, stall, stall_step, blob in rows:
        at = places.get(steps)
        if at is None:
            at = places[steps] = _steps.decode(steps)
        view = _view.decode(blob)
        row = CrowdRow(version, state, at, stage, since, opened_at, reached_at, ended_at, stall, stall_step, view)
        for add in adds:
            add(row)
