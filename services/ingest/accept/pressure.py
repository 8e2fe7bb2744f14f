"""Back-pressure: whether the log may grow and the disk has room, asked every second rather than with every request."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from shared.clock import monotonic
from shared.log.event_log import EventLog, LogUnavailableError
from shared.metrics import DISK_FREE, DISK_FREE_MIN, LOG_BYTES, LOG_BYTES_MAX

MEGABYTE = 1 << 20
REMEMBERED_S = 5.0  # how long a failed append makes the service unready, unless one succeeds before


class SizedLog(EventLog, Protocol):
    """A log that knows its size, drops what is old, and leaves nothing of what was scrubbed."""

    def size(self) -> int:
        """Return the bytes in use."""
        ...

    def tidy(self) -> bool:
        """Leave nothing of what was overwritten; False: not now."""
        ...


@dataclass(frozen=True, slots=True)
class Room:
    """How large the log may become and how much of the disk must stay free, in megabytes."""

    log_max_mb: int
    disk_free_mb: int


class Pressure:
    """`wrong` says why nothing is accepted at the moment; empty: all is well."""

    def __init__(self, log: SizedLog, folder: Path, room: Room) -> None:
        """Watch a log and the disk that its folder lies on."""
        self._log = log
        self._folder = folder
        self._room = room
        self._unwritable = ""
        self._failed_at = -REMEMBERED_S
        self._failure = ""
        self.wrong = ""
        LOG_BYTES_MAX.set(room.log_max_mb * MEGABYTE)
        DISK_FREE_MIN.set(room.disk_free_mb * MEGABYTE)

    def look(self) -> None:
        """Measure; once a second, off the event loop."""
        try:
            self._log.append([])
            size, free = self.measured()
        except LogUnavailableError as error:
            self._unwritable, self.wrong = str(error), ""
            return
        self._unwritable = ""
        LOG_BYTES.set(size)
        DISK_FREE.set(free)
        if size > self._room.log_max_mb * MEGABYTE:
            self.wrong = "The event log has reached its size limit (WAYPOST_LOG_MAX_MB). Send it again later."
        elif free < self._room.disk_free_mb * MEGABYTE:
            self.wrong = "The disk of the event log is nearly full (WAYPOST_DISK_FREE_MB). Send it again later."
        else:
            self.wrong = ""

    def measured(self) -> tuple[int, int]:
        """Return the bytes of the log, and those that the disk has free. Raises LogUnavailableError."""
        return self._log.size(), self._free()

    def _free(self) -> int:
        try:
            return shutil.disk_usage(self._folder).free
        except OSError as error:
            message = f"the data folder {self._folder} cannot be looked at: {error.strerror}"
            raise LogUnavailableError(message) from error

    def failed(self, error: str) -> None:
        """Remember that an append failed."""
        self._failed_at = monotonic()
        self._failure = error

    def unready(self) -> dict[str, str]:
        """Return what keeps the service from its work, by part."""
        failure = self._failure if monotonic() - self._failed_at < REMEMBERED_S else ""
        log = self._unwritable or failure
        return ({"log": log} if log else {}) | ({"room": self.wrong} if self.wrong else {})
