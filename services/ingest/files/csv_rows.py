"""CSV to touchpoints: encoding, delimiter and columns found out, rows that cannot be read refused one by one."""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, tzinfo
from itertools import chain
from typing import IO

from services.ingest.files.columns import Columns, Role, recognise
from services.ingest.files.identical import Occurrences, content_id
from services.ingest.files.opening import Event, FileError, Refusal, lines
from services.ingest.files.times import Dates, TimeError, read_time, stamp

DELIMITERS = ",;\t|"
LOOK_AT = 50  # lines, to find the delimiter
IDS: tuple[tuple[Role, str], ...] = (("user", "userId"), ("anonymous", "anonymousId"), ("account", "groupId"))


@dataclass(frozen=True, slots=True)
class CsvOptions:
    """What the caller knows of a CSV file."""

    columns: dict[Role, str]
    naive: tzinfo = UTC  # zone of times without an offset
    dates: Dates = ""


class CsvFile:
    """A CSV file as a stream of events and refusals. The header is read at once: `header`, `columns`, `others`."""

    def __init__(self, stream: IO[bytes], options: CsvOptions) -> None:
        """Read the header and recognise the columns. Raises FileError."""
        self.encoding = "utf-8"
        self._options = options
        self._too_long: list[int] = []
        self._seen = Occurrences()
        self._wrapper: io.TextIOWrapper | None = None
        text = self._utf16(stream) if stream_starts_utf16(stream) else self._decoded(stream)
        first = [line for _, line in zip(range(LOOK_AT), text, strict=False)]
        self.delimiter = find_delimiter(first)
        self._rows = csv.reader(chain(first, text), delimiter=self.delimiter)
        try:
            self.header = next(self._rows, [])
        except csv.Error as error:
            message = f"the first line is no CSV header: {error}"
            raise FileError(message) from error
        self.columns: Columns = recognise(self.header, options.columns)
        taken = set(self.columns.values())
        self.others = [(number, name.strip()) for number, name in enumerate(self.header) if number not in taken]

    def events(self) -> Iterator[Event | Refusal]:
        """Yield every row as an event, or as a refusal with its line and reason."""
        number = 0
        while True:
            try:
                row = next(self._rows, None)
            except csv.Error as error:
                yield Refusal(self._rows.line_num, f"not CSV: {error} (a quote that is not closed?)")
                continue
            while self._too_long:
                yield Refusal(self._too_long.pop(0), "the line is too long")
            if row is None:
                return
            if row:
                number += 1
                yield self._event(row, number)

    def close(self) -> None:
        """Let go of the stream, which stays its owner's to close."""
        if self._wrapper is not None:
            self._wrapper.detach()
            self._wrapper = None

    def _event(self, row: list[str], number: int) -> Event | Refusal:
        line = self._rows.line_num
        if len(row) != len(self.header):
            return Refusal(line, f"{len(row)} fields where the header has {len(self.header)}")
        if any("\0" in value for value in row):
            return Refusal(line, "the row holds the character NUL")
        columns = self.columns
        name = row[columns["event"]].strip()
        if not name:
            return Refusal(line, f"no event (column {self.header[columns['event']]!r} is empty)")
        ids = {key: row[columns[role]].strip() for role, key in IDS if role in columns}
        if not any(ids.values()):
            return Refusal(line, "no customer: the columns of ids are empty")
        try:
            time = read_time(row[columns["time"]], self._options.naive, self._options.dates)
        except TimeError as error:
            return Refusal(line, str(error))
        event: Event = {"type": "track", "event": name, **{key: value for key, value in ids.items() if value}}
        event["messageId"] = self._id(row)
        event["timestamp"] = stamp(time)
        for role in ("channel", "actor"):
            if role in columns and row[columns[role]].strip():
                event[role] = row[columns[role]].strip()
        event["properties"] = {name: row[at] for at, name in self.others if name and row[at]}
        event["ordinal"] = number
        return event

    def _id(self, row: list[str]) -> str:
        """Give the row's own id where it has one; else its content with the columns' names, whatever their order."""
        own = row[self.columns["id"]].strip() if "id" in self.columns else ""
        return own or content_id(sorted(zip(self.header, row, strict=True)), self._seen)

    def _decoded(self, stream: IO[bytes]) -> Iterator[str]:
        """Decode line by line, so that one export that mixes encodings is read too."""
        for number, line in lines(stream):
            if line is None:
                self._too_long.append(number)
                continue
            if number == 1:
                line = line.removeprefix(b"\xef\xbb\xbf")  # noqa: PLW2901 - a byte order mark is no content
            try:
                yield line.decode()
            except UnicodeDecodeError:
                self.encoding = "cp1252"
                yield line.decode("cp1252", "replace")

    def _utf16(self, stream: IO[bytes]) -> Iterator[str]:
        self.encoding = "utf-16"
        self._wrapper = io.TextIOWrapper(stream, encoding="utf-16", errors="replace", newline="")
        return iter(self._wrapper)


def stream_starts_utf16(stream: IO[bytes]) -> bool:
    """Tell whether a stream begins with the mark of UTF-16, without moving on."""
    start = stream.read(2)
    stream.seek(0)
    return start in (b"\xff\xfe", b"\xfe\xff")


def find_delimiter(first: Sequence[str]) -> str:
    """Return the delimiter that splits the first lines into the most fields, and alike."""

    def quality(delimiter: str) -> tuple[int, int]:
        try:
            widths = [len(row) for row in csv.reader(first, delimiter=delimiter) if row]
        except csv.Error:
            return (0, 0)
        alike = sum(width == widths[0] for width in widths) if widths and widths[0] > 1 else 0
        return (alike, widths[0] if widths else 0)

    return max(DELIMITERS, key=quality)
