"""Reading what a run came to: quantiles of a histogram, server-sent events, sending in time."""

import threading
from typing import Any

import httpx2 as httpx
import pytest

from shared.clock import SteppedClock
from waypost.alert_stream import events_of
from waypost.outcome import lag_ms
from waypost.sending import MOST, Sender
from waypost.simulate.touches import Touch


def metrics(*counts: tuple[str, int]) -> str:
    return "\n".join(f'waypost_journey_visible_seconds_bucket{{le="{bound}"}} {count}.0' for bound, count in counts)


@pytest.mark.parametrize(
    ("counts", "share", "milliseconds"),
    [
        ([("0.01", 50), ("0.1", 100), ("+Inf", 100)], 0.5, 10.0),
        ([("0.01", 50), ("0.1", 100), ("+Inf", 100)], 0.75, 55.0),
        ([("0.01", 0), ("0.1", 100), ("+Inf", 100)], 0.5, 55.0),
        ([("0.01", 0), ("0.1", 0), ("+Inf", 10)], 0.99, 100.0),  # beyond the last bound: no less than that
        ([("0.01", 0), ("+Inf", 0)], 0.5, None),
        ([], 0.5, None),
    ],
)
def test_a_quantile_is_linear_within_its_bucket(
    counts: list[tuple[str, int]], share: float, milliseconds: float | None
) -> None:
    assert lag_ms(metrics(*counts), share) == milliseconds


def test_events_of_a_stream_are_read_with_their_ids_and_comments_are_not() -> None:
    lines = [": alive", "", "retry: 2000", "id: 7", "", "event: opened", "id:8", "data: {", "data: }", ""]

    assert list(events_of(iter(lines))) == [("", ""), ("7", ""), ("8", "{\n}")]


class Door:
    """A client whose ingest answers as told: refusals first, then acceptance."""

    def __init__(self, refusals: int = 0) -> None:
        """Refuse so many requests."""
        self.refusals = refusals
        self.taken: list[list[str]] = []

    def request(self, method: str, service: str, path: str, **more: Any) -> httpx.Response:  # noqa: ANN401 (httpx's own)
        """Answer as ingest does."""
        assert (method, service, path) == ("POST", "ingest", "/v1/touchpoints")
        if self.refusals:
            self.refusals -= 1
            return httpx.Response(503, json={"code": "unavailable", "message": "The log is down."})
        self.taken.append([body["messageId"] for body in more["json"]])
        return httpx.Response(200, json={"accepted": len(more["json"]), "refused": []})


def touches(count: int, arrival: int = 0) -> list[Touch]:
    return [Touch(arrival, arrival, {"messageId": f"m{n}"}) for n in range(count)]


def test_touchpoints_are_sent_when_the_clock_has_come_to_them_and_not_before() -> None:
    door, clock = Door(), SteppedClock(10)
    sender = Sender(door, clock, [*touches(2, 5), *touches(1, 50)], threading.Event())  # type: ignore[arg-type]
    sender.start()
    sender.join(0.3)

    assert door.taken == [["m0", "m1"]]
    assert sender.is_alive()
    clock.step(100)
    sender.join(5)
    assert door.taken == [["m0", "m1"], ["m0"]]
    assert sender.accepted == 3


def test_what_was_refused_for_now_is_sent_again() -> None:
    door = Door(refusals=2)
    sender = Sender(door, SteppedClock(10), touches(3), threading.Event())  # type: ignore[arg-type]
    sender.run()

    assert door.taken == [["m0", "m1", "m2"]]
    assert sender.wrong == ""


def test_no_request_grows_too_large() -> None:
    door = Door()
    Sender(door, SteppedClock(10), touches(MOST + 1), threading.Event()).run()  # type: ignore[arg-type]

    assert [len(batch) for batch in door.taken] == [MOST, 1]


def test_a_sender_that_is_told_to_stop_stops() -> None:
    door, stop = Door(refusals=10_000), threading.Event()
    sender = Sender(door, SteppedClock(10), touches(3), stop)  # type: ignore[arg-type]
    sender.start()
    stop.set()
    sender.join(5)

    assert not sender.is_alive()
    assert door.taken == []
