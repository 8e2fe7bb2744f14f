"""Logs as traces: the names of the events of each journey, in order, for `waypost replay`."""

from collections.abc import Callable, Hashable, Iterator
from pathlib import Path

from services.ingest.files.opening import Event, Refusal, open_file, sniff
from services.ingest.files.read import EventFile
from services.ingest.files.xes import traces
from services.journey.domain.identity import Assertion, resolve

Identity = tuple[str, str]
Order = tuple[str, int, str]  # time as ISO 8601 UTC, ordinal, message id
IDS = (("user", "userId"), ("anonymous", "anonymousId"))
Say = Callable[[str], object]


def read_traces(path: Path, say: Say) -> Iterator[tuple[str, ...]]:
    """Yield the trace of each journey: of XES the traces, else what each customer did. Raises FileError."""
    if sniff(path) == "xes":
        with open_file(path) as stream:
            yield from (names for _, names in traces(stream))
        return
    yield from _customers(path, say)


def _customers(path: Path, say: Say) -> Iterator[tuple[str, ...]]:
    acts: dict[Identity, list[tuple[Order, str]]] = {}
    claims: list[Assertion[Hashable]] = []
    refused: list[Refusal] = []
    seen: set[tuple[Identity, str, str]] = set()
    with EventFile(path) as file:
        for row in file.events():
            if isinstance(row, Refusal):
                refused.append(row)
            else:
                _note(row, acts, claims, seen)
    for row in refused[:5]:
        say(f"{path}:{row.line}: left out: {row.reason}")
    if len(refused) > 5:
        say(f"{path}: {len(refused)} rows left out in all")
    yield from _joined(acts, claims)
