"""The stamp of first acceptance: when a touchpoint came in, and when it happened by our clock."""

from services.ingest.domain.limits import AHEAD, EARLIEST, SKEW
from services.ingest.domain.refusal import Reason, Refusal
from services.ingest.domain.times import microseconds


def sent_at(values: list[object]) -> int | None:
    """Return when a request left the client: the latest of its sentAt values; None where there is none to read.

    One value for the whole request, so that correction never changes the order of its events.
    """
    read = []
    for value in values:
        if isinstance(value, str | int | float) and not isinstance(value, bool) and value != "":
            try:
                read.append(microseconds(value))
            except Refusal:
                continue
    return max(read, default=None)


def shift_of(received_at: int, sent: int | None, speed: float) -> int:
    """Return by how many microseconds the client's clock is behind; 0 within 30 s, which the network may take."""
    if sent is None or abs(received_at - sent) <= SKEW * speed:
        return 0
    return received_at - sent


def occurred_at(original_at: int, shift: int, received_at: int, now: int = 0) -> int:
    """Return when a touchpoint happened: the client's time corrected, else when it came in.

    `now` is later than `received_at` only in a replay. Raises Refusal (too_old, in_future).
    """
    at = original_at + shift if original_at else received_at
    if at < EARLIEST:
        message = "The event happened before 1990: its time is wrong."
        raise Refusal(Reason.TOO_OLD, message)
    if at > received_at + AHEAD and at > now + AHEAD:
        message = "The event lies more than 24 hours in the future: its time is wrong."
        raise Refusal(Reason.IN_FUTURE, message)
    return at
