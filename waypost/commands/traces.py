"""Logs as traces: the names of the events of each journey, in order, for `waypost replay`."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from services.ingest.files.opening import Refusal, open_file, sniff
from services.ingest.files.read import EventFile
from services.ingest.files.xes import traces
from waypost.commands.histories import Past
from waypost.commands.touchpoints import touchpoint_of

Say = Callable[[str], object]
SHOWN: Final = 5  # refused rows, before only their number is said


def read_traces(path: Path, subject: str, say: Say) -> Iterator[tuple[str, ...]]:
    """Yield the trace of each journey: of XES the traces, else what each customer did. Raises FileError."""
    if sniff(path) == "xes":
        with open_file(path) as stream:
            yield from (names for _, names in traces(stream))
        return
    for history in read_past(path, say).histories(subject):
        names = tuple(touchpoint.event for touchpoint, _ in history.acts if touchpoint.event)
        if names:
            yield names


def read_past(path: Path, say: Say) -> Past:
    """Read all touchpoints of a file; rows that are none are said and left out. Raises FileError."""
    past = Past()
    refused = 0
    with EventFile(path) as file:
        for row in file.events():
            if isinstance(row, Refusal):
                refused += 1
                if refused <= SHOWN:
                    say(f"{path}:{row.line}: left out: {row.reason}")
            else:
                past.add(touchpoint_of(row))
    if refused > SHOWN:
        say(f"{path}: {refused} rows left out in all")
    return past
