"""What a file of touchpoints holds, gathered while it is read: the dry run's answer and part of the summary."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import msgspec

from services.ingest.domain.draft import VIEWS
from services.ingest.files.opening import Event, Refusal
from services.ingest.files.read import EventFile
from services.journey.domain.maps.model import JourneyMap
from shared.words import counted
from waypost.commands.touchpoints import UnfitError, touchpoint_of
from waypost.map_events import known_events

FIRST: Final = 3
REFUSALS_SHOWN: Final = 10
NAMES_SHOWN: Final = 25
IDS: Final = ("userId", "anonymousId", "groupId")


@dataclass(slots=True)
class Look:
    """Counts of what was read."""

    events: int = 0
    refused: int = 0
    first: list[Event] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    unfit: list[tuple[int, str]] = field(default_factory=list)  # (row, reason) of those that ingest would refuse
    names: Counter[str] = field(default_factory=Counter)  # of events, as maps match them
    nameless: Counter[str] = field(default_factory=Counter)  # by type: those that say who somebody is
    customers: set[int] = field(default_factory=set)  # hashes of the strongest id
    since: str = ""
    until: str = ""

    def add(self, row: Event | Refusal) -> None:
        """Take one row in."""
        if isinstance(row, Refusal):
            self.refused += 1
            if len(self.refusals) < REFUSALS_SHOWN:
                self.refusals.append(row)
            return
        self.events += 1
        if len(self.first) < FIRST:
            self.first.append(row)
        kind = str(row.get("type") or "track")
        if name := VIEWS.get(kind) or row.get("event"):
            self.names[str(name)] += 1
        else:
            self.nameless[kind] += 1
        others = hash(str(row.get("ids") or row.get("account")))
        self.customers.add(next((hash((key, str(row[key]))) for key in IDS if row.get(key)), others))
        time = str(row["timestamp"])
        self.since = min(self.since or time, time)
        self.until = max(self.until, time)

    def try_out(self, row: Event | Refusal) -> None:
        """See whether ingest would take a row; how it would is not looked at."""
        if isinstance(row, Refusal):
            return
        try:
            touchpoint_of(row)
        except UnfitError as error:
            ordinal = row.get("ordinal")
            self.unfit.append((ordinal if isinstance(ordinal, int) else 0, str(error)))

    def refusal_lines(self) -> list[str]:
        """Say which rows were refused and why, the first of them."""
        shown = [f"  line {refusal.line}: {refusal.reason}" for refusal in self.refusals]
        more = self.refused - len(self.refusals)
        return [*shown, f"  and {more:,} more"] if more > 0 else shown

    def report(self, file: EventFile, map: JourneyMap | None) -> Iterator[str]:
        """Yield what the dry run says."""
        kind = f"CSV ({file.csv.encoding}, delimiter {file.csv.delimiter!r})" if file.csv else file.format.upper()
        yield f"{file.path}: {kind}"
        if file.csv:
            for role, name in file.columns().items():
                yield f"  {role:<10} column {name!r}"
            others = [name for _, name in file.csv.others]
            yield f"  {'attributes':<10} {', '.join(others) or 'none'}"
        for event in self.first:
            yield f"  {msgspec.json.encode(event).decode()}"
        span = f", from {self.since} to {self.until}" if self.events else ""
        events, customers = counted(self.events, "event"), counted(len(self.customers), "customer")
        yield f"{events} of {customers}{span}; {counted(self.refused, 'row')} refused"
        yield from self.refusal_lines()
        if self.unfit:
            yield f"{counted(len(self.unfit), 'event')} that ingest would refuse:"
            yield from (f"  row {row}: {reason}" for row, reason in self.unfit[:REFUSALS_SHOWN])
        yield from self._names(map)

    def _names(self, map: JourneyMap | None) -> Iterator[str]:
        known = known_events(map) if map else {}
        for name, count in self.names.most_common(NAMES_SHOWN):
            said = known.get(name, "unmapped") if map else ""
            yield f"  {count:>9,} {name}{f'  ({said})' if said else ''}"
        if len(self.names) > NAMES_SHOWN:
            yield f"  and {counted(len(self.names) - NAMES_SHOWN, 'other event name')}"
        yield from (f"  {count:>9,} of type {kind}" for kind, count in self.nameless.most_common())
        missing = sorted(known.keys() - self.names.keys()) if map else []
        if missing:
            yield f"The map names events that the file has none of: {', '.join(missing)}"
