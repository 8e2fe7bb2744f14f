"""How long the journey service keeps what others read of it: facts until alerts has them, dead letters by age.

Touchpoints stay: they are what every journey follows from.
"""

from dataclasses import dataclass

from shared.clock import machine_now
from shared.log.event_log import DEAD_LETTERS, FACTS
from shared.log.sql_log import SqlLog
from shared.logs import get_log

READER = "alerts"  # the group that reads the outbox

_log = get_log(__name__)


@dataclass(frozen=True, slots=True)
class Retaining:
    """Ages in microseconds of machine time."""

    outbox: SqlLog
    facts: int
    letters: int

    def trim(self) -> None:
        """Drop what is old enough. Raises LogUnavailableError."""
        now = machine_now()
        read = {part: next_ for (group, part), next_ in self.outbox.progress(FACTS).items() if group == READER}
        for topic, age, below in ((FACTS, self.facts, read), (DEAD_LETTERS, self.letters, None)):
            if dropped := self.outbox.trim(topic, now - age, below):
                _log.info("records left the outbox by age", topic=topic, records=dropped)
