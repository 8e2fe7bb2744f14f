"""The logs that the contract suite binds; a new implementation joins by a kit of its own in KITS."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from migrations.run import upgrade
from shared.log.event_log import EventLog
from shared.log.memory_log import MemoryLog
from shared.log.sql_log import SqlLog

PARTITIONS = {"many": 3}


class MemoryKit:
    """A log in memory: one process, and gone with it."""

    processes = False

    def __init__(self, folder: Path) -> None:
        """Need no folder."""
        self.folder = folder
        self._log = MemoryLog(PARTITIONS)

    def open(self) -> EventLog:
        """Return the log."""
        return self._log

    def another(self) -> EventLog:
        """Return a log of other birth."""
        return MemoryLog(PARTITIONS)

    def close(self) -> None:
        """Close what was opened."""


class SqliteKit:
    """A log in a SQLite file: many processes, and it outlives them."""

    processes = True

    def __init__(self, folder: Path) -> None:
        """Make the file."""
        self.folder = folder
        self.path = folder / "log.db"
        upgrade("log", self.path)
        self._opened: list[EventLog] = []

    def open(self) -> EventLog:
        """Return the log, opened once more."""
        return self._keep(SqlLog(self.path, PARTITIONS))

    def another(self) -> EventLog:
        """Return a log of other birth."""
        path = self.folder / "another.db"
        upgrade("log", path)
        return self._keep(SqlLog(path, PARTITIONS))

    def writer(self, name: str, count: int) -> "subprocess.Popen[str]":
        """Start a process that appends `count` records named `name:0`… one by one, printing each once acknowledged."""
        command = [sys.executable, "-m", "tests.contract.log_writer", str(self.path), name, str(count)]
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    def close(self) -> None:
        """Close what was opened."""
        for log in self._opened:
            log.close()

    def _keep(self, log: EventLog) -> EventLog:
        self._opened.append(log)
        return log


Kit = MemoryKit | SqliteKit
KITS: dict[str, Callable[[Path], Kit]] = {"memory": MemoryKit, "sqlite": SqliteKit}
