"""Times as exports write them."""

from datetime import UTC

import pytest

from services.ingest.files.times import Dates, TimeError, read_time, stamp, zone


@pytest.mark.parametrize(
    ("text", "dates", "utc"),
    [
        ("2024-03-13 10:21:14", "", "2024-03-13T10:21:14Z"),
        ("2024-03-13T10:21:14.5+02:00", "", "2024-03-13T08:21:14.500000Z"),
        ("2024-03-13T10:21Z", "", "2024-03-13T10:21:00Z"),
        ("2024-03-13", "", "2024-03-13T00:00:00Z"),
        ("1710325274", "", "2024-03-13T10:21:14Z"),
        ("1710325274.25", "", "2024-03-13T10:21:14.250000Z"),
        ("1710325274123", "", "2024-03-13T10:21:14.123000Z"),
        ("1710325274123456", "", "2024-03-13T10:21:14.123456Z"),
        ("2024/03/13 10:21", "", "2024-03-13T10:21:00Z"),
        ("13.03.2024 10:21:14", "", "2024-03-13T10:21:14Z"),
        ("13/03/2024", "", "2024-03-13T00:00:00Z"),
        ("03/13/2024 10:21 PM", "", "2024-03-13T22:21:00Z"),
        ("03/03/2024 12:05 am", "", "2024-03-03T00:05:00Z"),
        ("04/03/2024", "dmy", "2024-03-04T00:00:00Z"),
        ("04/03/2024", "mdy", "2024-04-03T00:00:00Z"),
        ("04/03/2024 10:00 +0200", "dmy", "2024-03-04T08:00:00Z"),
    ],
)
def test_usual_times_are_read(text: str, dates: Dates, utc: str) -> None:
    assert stamp(read_time(text, UTC, dates)) == utc


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no time"),
        ("soon", "not a time"),
        ("04/03/2024", "day or the month first"),
        ("31.02.2024", "no such time"),
        ("13/13/2024", "no such time"),
        ("01.01.2024 25:00", "no such time"),
        ("01.01.2024 13:00 pm", "no such time"),
        ("01.01.2024 noon", "not a time"),
        ("2024-13-01", "not a time"),
        ("0001-01-01T00:00:00+12:00", "out of range"),
        ("12345", "not a time"),
        ("9" * 30, "not a time"),
    ],
)
def test_what_is_no_time_is_refused_with_the_reason(text: str, said: str) -> None:
    with pytest.raises(TimeError, match=said):
        read_time(text, UTC)


@pytest.mark.parametrize("name", ["Nowhere/City", "", "../etc/passwd", "Europe"])
def test_unknown_zones_are_refused(name: str) -> None:
    with pytest.raises(TimeError, match="unknown time zone"):
        zone(name)


def test_known_zones_are_found() -> None:
    assert zone("utc") is UTC
    assert str(zone("America/New_York")) == "America/New_York"
