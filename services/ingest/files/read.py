"""Any file of touchpoints as one stream of events: the door of this folder."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from services.ingest.files.columns import Role
from services.ingest.files.csv_rows import CsvFile, CsvOptions
from services.ingest.files.json_lines import json_events
from services.ingest.files.opening import Event, Format, Refusal, open_file, position, sniff
from services.ingest.files.times import Dates
from services.ingest.files.xes import xes_events


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """What the caller knows of a file: columns by role, the zone of times without one, the order of slashed dates."""

    columns: dict[Role, str] = field(default_factory=dict)
    naive: tzinfo = UTC
    dates: Dates = ""


class EventFile(AbstractContextManager["EventFile"]):
    """An open file of touchpoints: XES, CSV or JSON lines, plain or gzip."""

    def __init__(self, path: Path, options: ReadOptions | None = None) -> None:
        """Open and recognise. Raises FileError."""
        self.path = path
        self.options = options or ReadOptions()
        self.format: Format = sniff(path)
        self._stream: IO[bytes] = open_file(path)
        self._size = path.stat().st_size
        self.csv: CsvFile | None = None
        if self.format == "csv":
            chosen = CsvOptions(self.options.columns, self.options.naive, self.options.dates)
            try:
                self.csv = CsvFile(self._stream, chosen)
            except BaseException:
                self._stream.close()
                raise

    def __enter__(self) -> Self:
        """Return the file itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Close the file."""
        if self.csv is not None:
            self.csv.close()
        self._stream.close()

    def events(self) -> Iterator[Event | Refusal]:
        """Yield every row once, as an event or as a refusal. Raises FileError where the file breaks off."""
        if self.csv is not None:
            return self.csv.events()
        return xes_events(self._stream) if self.format == "xes" else json_events(self._stream, self.options.naive)

    def part(self) -> float:
        """Return which part of the file has been read, by its bytes on disk: 0 to 1."""
        return min(position(self._stream) / self._size, 1.0) if self._size else 1.0

    def columns(self) -> dict[str, str]:
        """Return the columns recognised, by role; nothing where the format has no columns."""
        return {role: self.csv.header[at] for role, at in self.csv.columns.items()} if self.csv else {}
