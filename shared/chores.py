"""What a service does now and then beside its work, on a thread of its own: it fails quietly and tries again."""

import sqlite3
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from shared.log.event_log import LogUnavailableError
from shared.logs import get_log

EVERY_S = 600.0

_log = get_log(__name__)


@dataclass(slots=True)
class Chores:
    """Does something at once and then again and again, until told to stop."""

    do: Callable[[], None]
    every_s: float = EVERY_S
    stopped: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Go round. What the disk or a lock refuses comes with the next round."""
        while not self.stopped.is_set():
            try:
                self.do()
            except (sqlite3.Error, LogUnavailableError) as error:
                _log.warning("housekeeping failed and is tried again", error=str(error))
            except Exception:  # noqa: BLE001 (a bug: it must not end the others' retention unseen)
                _log.exception("housekeeping failed and goes on")
            self.stopped.wait(self.every_s)
