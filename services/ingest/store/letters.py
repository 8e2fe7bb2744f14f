"""What ingest reads back from the log: the last stamp it gave."""

from shared.events import decode_touchpoint
from shared.log.event_log import TOUCHPOINTS, EventLog


def last_received(log: EventLog) -> int:
    """Return the greatest received_at that the log holds, so that it never falls over a restart; 0 for an empty log."""
    ends = {part: log.end(TOUCHPOINTS, part) for part in range(log.partitions(TOUCHPOINTS))}
    full = {part: end for part, end in ends.items() if end > log.begin(TOUCHPOINTS, part)}
    if not full:
        return 0
    subscription = log.subscribe(TOUCHPOINTS, "ingest", lambda _: None, lambda _: None)
    try:
        for part, end in ends.items():
            subscription.seek(part, max(end - 1, log.begin(TOUCHPOINTS, part)))
        seen: dict[int, int] = {}
        while full.keys() - seen.keys():
            for record in subscription.poll(1.0):
                seen[record.part] = decode_touchpoint(record.value).received_at
        return max(seen.values())
    finally:
        subscription.close()
