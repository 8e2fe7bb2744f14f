"""When a receiver wants to hear again, as it says it in a header."""

import pytest

from services.alerts.delivery.posting import retry_after
from shared.clock import DAY, SECOND


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("90", 90 * SECOND),
        (" 0 ", 0),
        ("Fri, 02 Jan 1970 00:00:00 GMT", DAY - 5 * SECOND),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("9" * 5000, None),
    ],
)
def test_seconds_and_dates_are_read_and_anything_else_says_nothing(value: str, expected: int | None) -> None:
    assert retry_after(value, 5 * SECOND) == expected
