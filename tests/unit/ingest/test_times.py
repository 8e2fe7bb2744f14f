"""Times as clients send them: texts with and without zone, numbers of four units, and what is none."""

from datetime import UTC, datetime

import pytest

from services.ingest.domain.refusal import Reason, Refusal
from services.ingest.domain.times import microseconds

AT = datetime(2026, 11, 21, 17, 57, 27, 143_000, tzinfo=UTC)
US = int(AT.timestamp()) * 1_000_000 + AT.microsecond


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-21T17:57:27.143Z",
        "2026-11-21T17:57:27.143+00:00",
        "2026-11-21T17:57:27.143000+00:00",
        "2026-11-21T17:57:27.143000123Z",
        "2026-11-21 17:57:27.143",
        "2026-11-21T17:57:27.143",
        "2026-11-21T18:57:27.143+01:00",
        "2026-11-21T18:57:27.143+0100",
        "2026-11-21T12:27:27.143-05:30",
        "2026-11-21t17:57:27.143z",
        " 2026-11-21T17:57:27.143Z ",
        "20261121T175727.143Z",
    ],
)
def test_a_text_is_read_with_its_zone_and_as_utc_without_one(text: str) -> None:
    assert microseconds(text) == US


@pytest.mark.parametrize(
    "number",
    [
        US // 1000,
        US,
        US * 1000,
        US / 1_000_000,
        str(US // 1000),
        str(US),
        str(US / 1_000_000),
    ],
    ids=repr,
)
def test_a_number_says_by_its_size_whether_it_counts_seconds_or_less(number: float | str) -> None:
    assert microseconds(number) == US


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0, 0),
        (1, 1_000_000),
        (-1, -1_000_000),
        (1_700_000_000, 1_700_000_000_000_000),
        ("1970-01-01T00:00:00Z", 0),
        ("1969-12-31T23:59:59.999999Z", -1),
        ("2026-11-21", 1_795_219_200_000_000),
        ("2016-12-31T23:59:60Z", 1_483_228_800_000_000),
        ("0001-01-01T00:00:00+14:00", -62_135_647_200_000_000),
    ],
)
def test_edges(value: float | str, expected: int) -> None:
    assert microseconds(value) == expected


@pytest.mark.parametrize(
    "value",
    ["", "yesterday", "2026-13-01", "2026-02-30T00:00:00Z", "2026-11-21T25:00:00Z", "12:00", "Sat Nov 21 2026", "-",
     "2026-11-21T17:57:61Z", "\uff11" * 10, 10**30, -(10**30), 1e300, "9" * 20, "2026-11-21T17:57:27+99:00"],
)  # fmt: skip
def test_what_is_no_time_is_refused(value: float | str) -> None:
    with pytest.raises(Refusal) as refused:
        microseconds(value)

    assert refused.value.reason is Reason.BAD_TIME
