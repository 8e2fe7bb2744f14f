"""Logs as traces: the names of the events of each journey, in order, for `waypost replay`."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from services.ingest.files.opening import Refusal, open_file, sniff
from services.ingest.files.read import EventFile, ReadOptions
from services.ingest.files.xes import traces
from waypost.commands.histories import Past
from waypost.commands.touchpoints import UnfitError, touchpoint_of

Say = Callable[[str], object]
SHOWN: Final = 5  # refused rows, before only their number is said


def read_traces(path: Path, subject: str, say: Say, options: ReadOptions | None = None) -> Iterator[tuple[str, ...]]:
    """Yield the trace of each journey: of XES the traces, else what each customer did. Raises FileError."""
    if sniff(path) == "xes":
        with open_file(path) as stream:
            yield from (names for _, names in traces(stream))
        return
    for history in read_past(path, say, options).histories(subject):
        names = tuple(touchpoint.event for touchpoint, _ in history.acts if touchpoint.event)
        if names:
            yield names


def read_past(path: Path, say: Say, options: ReadOptions | None = None) -> Past:
    """Read all touchpoints of a file; rows that are none are said and left out. Raises FileError."""
    past = Past()
    refused = 0
    with EventFile(path, options) as file:
        for row in file.events():
            try:
                if isinstance(row, Refusal):
                    raise UnfitError(row.reason)  # noqa: TRY301 - one way for both
                past.add(touchpoint_of(row))
            except UnfitError as error:
                refused += 1
                if refused <= SHOWN:
                    where = f"{path}:{row.line}" if isinstance(row, Refusal) else f"{path}, row {row['ordinal']}"
                    say(f"{where}: left out: {error}")
    if refused > SHOWN:
        say(f"{path}: {refused} rows left out in all")
    return past
