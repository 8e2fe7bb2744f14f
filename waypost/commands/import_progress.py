"""How far an import has come, kept beside the data, so that one that broke off is continued."""

import hashlib
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import msgspec

from services.ingest.files.opening import FileError
from shared.clock import monotonic
from shared.files import replace_file

EVERY_S: Final = 0.5  # machine seconds between two writes of the file
CHUNK: Final = 1_048_576


class _Stored(msgspec.Struct, frozen=True):
    sent: int


@dataclass(slots=True)
class Progress:
    """Events that ingest has accepted, from the beginning of the file without a gap."""

    path: Path
    sent: int = 0
    skipped: int = 0  # those of earlier runs
    _written: float = 0.0

    @classmethod
    def open(cls, data: Path, key: str) -> Self:
        """Return the progress of an import, from nothing where it was not begun or came to its end."""
        path = data / "imports" / f"{key}.json"
        try:
            sent = max(msgspec.json.decode(path.read_bytes(), type=_Stored).sent, 0)
        except (OSError, msgspec.DecodeError):
            sent = 0
        return cls(path, sent, sent)

    def reached(self, sent: int) -> None:
        """Note that so many events are accepted; written down now and then: a few sent twice count once."""
        self.sent = sent
        if monotonic() - self._written >= EVERY_S:
            self._write()

    def close(self) -> None:
        """Write down how far the import came."""
        self._write()

    def finish(self) -> None:
        """Forget an import that came to its end: the next one sends everything, which adds nothing."""
        with suppress(OSError):
            self.path.unlink(missing_ok=True)

    def _write(self) -> None:
        self._written = monotonic()
        with suppress(OSError):  # without it a broken import begins anew, which adds nothing either
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            replace_file(self.path, msgspec.json.encode(_Stored(self.sent)))


def key_of(path: Path, *options: str) -> str:
    """Return what names an import: the content of the file, how it is read, and where it goes. Raises FileError."""
    digest = hashlib.sha256()
    try:
        with path.open("rb") as stream:
            while chunk := stream.read(CHUNK):
                digest.update(chunk)
    except OSError as error:
        message = f"cannot be read: {error.strerror}"
        raise FileError(message) from error
    for option in options:
        digest.update(f"\0{option}".encode())
    return digest.hexdigest()
