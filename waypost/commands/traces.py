"""Logs as traces: the names of the events of each journey, in order, for `waypost replay`."""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from services.ingest.files.opening import Refusal, open_file
from services.ingest.files.read import EventFile, ReadOptions
from services.ingest.files.xes import traces
from shared.words import counted
from waypost.commands.histories import Past
from waypost.commands.touchpoints import UnfitError, touchpoint_of

Say = Callable[[str], object]
At = Callable[[float, str], object]  # part from 0 to 1, what is done
OFTEN: Final = 1000  # rows between two words on how far it is
SHOWN: Final = 5  # refused rows, before only their number is said


def traces_of(past: Past, subject: str) -> Iterator[tuple[str, ...]]:
    """Yield what each customer did that has a name, in order."""
    for history in past.histories(subject):
        names = tuple(touchpoint.event for touchpoint, _ in history.acts if touchpoint.event)
        if names:
            yield names


def xes_traces(path: Path) -> Iterator[tuple[str, ...]]:
    """Yield the traces of a XES file as they stand there, whatever their times and names. Raises FileError."""
    with open_file(path) as stream:
        yield from (names for _, names in traces(stream))


@contextmanager
def nothing_to_collect() -> Iterator[None]:
    """Keep all that is made meanwhile: looking for what may go, again and again, would take a third of the time."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def read_past(path: Path, say: Say, options: ReadOptions | None = None, at: At | None = None) -> Past:
    """Read all touchpoints of a file; rows that are none are said and left out. Raises FileError.

    `at` hears now and then which part of the file is read, and how much that is.
    """
    past = Past()
    refused = 0
    with EventFile(path, options) as file, nothing_to_collect():
        for number, row in enumerate(file.events()):
            if at and number % OFTEN == 0:
                at(file.part(), f"{counted(number, 'row')} read")
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
        say(f"{path}: {counted(refused, 'row')} left out in all")
    return past
