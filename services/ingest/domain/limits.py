"""What an event, an id or a request may at most be. docs/ingest.md tells clients; a test compares the two."""

from typing import Final

EVENT_BYTES: Final = 32 * 1024  # of the touchpoint as stored
EVENT_NAME: Final = 256  # characters
WORD: Final = 128  # characters of channel and actor
ID_BYTES: Final = 512
ID_KIND: Final = 64  # characters
IDS: Final = 32  # ids of one event
EVENT_ID: Final = 256  # characters
NESTING: Final = 400  # objects and lists within each other; readers stop near 1000
ORDINAL: Final = 1 << 53
EARLIEST: Final = 631_152_000_000_000  # 1990-01-01 in microseconds UTC
AHEAD: Final = 24 * 3600 * 1_000_000  # microseconds after received_at
SKEW: Final = 30 * 1_000_000  # difference of clocks, in microseconds, from which times are corrected
