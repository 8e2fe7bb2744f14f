"""How the files of imports were read, kept beside the data: read otherwise, the same rows would count twice."""

import hashlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Self

import msgspec

from services.ingest.files.opening import Refusal, lines, open_file
from services.ingest.files.read import EventFile, ReadOptions
from shared.clear_error import ClearError
from shared.files import replace_file

HEAD = 2  # lines by which a file is known again, when it has grown as well: the columns and the first row


class ReadOtherwiseError(ClearError):
    """Raised when a file was imported before and read otherwise; says what to do."""


class _Kept(msgspec.Struct, frozen=True):
    first: str  # what was understood of its first event
    said: str


@dataclass(frozen=True, slots=True)
class Reading:
    """How a file is read: what is understood of its first event, and as what the command line says it."""

    path: Path
    first: str
    said: str

    @classmethod
    def of(cls, data: Path, path: Path, options: ReadOptions) -> Self | None:
        """Return how a file is read; None where the options change nothing (XES). Raises FileError."""
        with EventFile(path, options) as file:
            if file.format == "xes":
                return None
            event = next((each for each in file.events() if not isinstance(each, Refusal)), {})
        with open_file(path) as stream:
            head = b"".join(line or b"" for _, line in islice(lines(stream), HEAD))
        return cls(data / "imports" / f"{_digest(head)}.reading", _digest(_plain(event)), as_options(options))

    def objection(self) -> str:
        """Return why the file should not be read so, and what to do; empty where nothing speaks against it."""
        try:
            before = msgspec.json.decode(self.path.read_bytes(), type=_Kept)
        except (OSError, msgspec.DecodeError):
            return ""
        if before.first == self.first:
            return ""
        return (
            f"this file, or a shorter one, was imported before, read with {before.said}; read with {self.said} its"
            " events would count a second time. Where the first reading was wrong, begin with an empty data folder;"
            " --again imports it all the same"
        )

    def note(self) -> None:
        """Keep it for the next import of the file."""
        with suppress(OSError):
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            replace_file(self.path, msgspec.json.encode(_Kept(self.first, self.said)))


def as_options(options: ReadOptions) -> str:
    """Return how a file is read, as the command line says it."""
    columns = ",".join(f"{role}={name}" for role, name in options.columns.items())
    said = f"--timezone {options.naive} --dates {options.dates or 'auto'}"
    return f'{said} --columns "{columns}"' if columns else said


def _plain(event: Mapping[str, object]) -> bytes:
    return msgspec.json.encode({key: value for key, value in event.items() if key not in ("messageId", "ordinal")})


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
