"""Opening files that people hand us: plain or gzip, told by content rather than by name, read line by line."""

import gzip
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal, TypeAlias, cast

MAX_LINE = 1_048_576  # bytes; an event may have 32 KB
SNIFF = 65_536

Format: TypeAlias = Literal["xes", "csv", "json"]
Event: TypeAlias = dict[str, object]  # in the form that POST /v1/touchpoints takes, Segment's field names


class FileError(Exception):
    """Raised when a file as a whole cannot be read: missing, no known format, broken gzip or XML, columns not found."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A row that cannot become a touchpoint, with its line in the file and the reason."""

    line: int
    reason: str


def open_file(path: Path) -> IO[bytes]:
    """Open a file, decompressing gzip on the fly. Raises FileError."""
    try:
        with path.open("rb") as stream:
            zipped = stream.read(2) == b"\x1f\x8b"
        return cast("IO[bytes]", gzip.open(path)) if zipped else path.open("rb")
    except OSError as error:
        message = f"cannot be opened: {error.strerror}"
        raise FileError(message) from error


def position(stream: IO[bytes]) -> int:
    """Return how many bytes on disk have been read, before decompression."""
    raw = getattr(stream, "fileobj", None) or stream
    return int(raw.tell())


def read_some(stream: IO[bytes], size: int) -> bytes:
    """Read up to `size` bytes. Raises FileError where the gzip is broken or cut off."""
    try:
        return stream.read(size)
    except (OSError, EOFError, zlib.error) as error:
        raise _broken(error) from error


def lines(stream: IO[bytes]) -> Iterator[tuple[int, bytes | None]]:
    """Yield (line number from 1, line); None in place of a line longer than MAX_LINE. Raises FileError."""
    number = 0
    while True:
        try:
            line = stream.readline(MAX_LINE + 1)
        except (OSError, EOFError, zlib.error) as error:
            raise _broken(error) from error
        if not line:
            return
        number += 1
        if len(line) <= MAX_LINE or line.endswith(b"\n"):
            yield number, line
            continue
        while line and not line.endswith(b"\n"):
            line = stream.readline(MAX_LINE)
        yield number, None


def sniff(path: Path) -> Format:
    """Tell the format of a file by how it begins. Raises FileError."""
    with open_file(path) as stream:
        start = read_some(stream, SNIFF)
    text = start.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not text:
        message = "the file is empty"
        raise FileError(message)
    if text.startswith(b"<"):
        return "xes"
    if text.startswith(b"["):
        message = "the file is one JSON array: give JSON lines, one event in each line"
        raise FileError(message)
    if text.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"SQLite format", b"PAR1")):
        message = "the file is a spreadsheet, archive or database: export it as CSV"
        raise FileError(message)
    return "json" if text.startswith(b"{") else "csv"


def _broken(error: Exception) -> FileError:
    return FileError(f"the file is broken or cut off: {error}")
