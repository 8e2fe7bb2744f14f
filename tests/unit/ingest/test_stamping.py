"""Stamps: when a touchpoint happened by our clock, whatever the client's clock says."""

import pytest

from services.ingest.domain.refusal import Reason, Refusal
from services.ingest.domain.stamping import occurred_at, sent_at, shift_of

S = 1_000_000
NOW = 1_795_283_847 * S
HOUR, DAY = 3600 * S, 86_400 * S


@pytest.mark.parametrize(
    ("behind", "speed", "shift"),
    [
        (0, 1.0, 0),
        (30 * S, 1.0, 0),
        (-30 * S, 1.0, 0),
        (30 * S + 1, 1.0, 30 * S + 1),
        (-30 * S - 1, 1.0, -30 * S - 1),
        (10 * DAY, 1.0, 10 * DAY),
        (HOUR, 86_400.0, 0),
        (31 * DAY, 86_400.0, 31 * DAY),
    ],
)
def test_a_clock_is_corrected_beyond_what_the_network_may_take(behind: int, speed: float, shift: int) -> None:
    assert shift_of(NOW, NOW - behind, speed) == shift


def test_without_sent_at_nothing_is_corrected() -> None:
    assert shift_of(NOW, None, 1.0) == 0


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([], None),
        ([None, "", True, "soon", {"a": 1}, []], None),
        (["2026-11-21T17:57:27Z"], NOW),
        (["2026-11-21T17:57:27Z", NOW // 1000 - 5, "broken"], NOW),
    ],
)
def test_a_request_left_its_client_once_at_the_latest_of_its_times(values: list[object], expected: int | None) -> None:
    assert sent_at(values) == expected


@pytest.mark.parametrize(
    ("original", "shift", "expected"),
    [
        (0, 0, NOW),
        (0, HOUR, NOW),
        (NOW - DAY, 0, NOW - DAY),
        (NOW - DAY, HOUR, NOW - DAY + HOUR),
        (NOW + DAY, 0, NOW + DAY),
        (4_070_908_800 * S, NOW - 4_070_908_800 * S, NOW),  # a clock in 2099, corrected to now
        (1, NOW - 1, NOW),  # a clock in 1970, corrected to now
        (631_152_000 * S, 0, 631_152_000 * S),
    ],
)
def test_a_touchpoint_happened_at_the_clients_time_corrected_else_when_it_came(
    original: int, shift: int, expected: int
) -> None:
    assert occurred_at(original, shift, NOW) == expected


@pytest.mark.parametrize(
    ("original", "shift", "reason"),
    [
        (1, 0, Reason.TOO_OLD),
        (631_152_000 * S - 1, 0, Reason.TOO_OLD),
        (NOW, -NOW, Reason.TOO_OLD),
        (NOW + DAY + 1, 0, Reason.IN_FUTURE),
        (4_070_908_800 * S, 0, Reason.IN_FUTURE),
        (NOW, 2 * DAY, Reason.IN_FUTURE),
    ],
)
def test_the_corrected_time_is_what_is_tested(original: int, shift: int, reason: Reason) -> None:
    with pytest.raises(Refusal) as refused:
        occurred_at(original, shift, NOW)

    assert refused.value.reason is reason
