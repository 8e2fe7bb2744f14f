"""Times and durations as texts."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.clock import DAY, HOUR, MINUTE, SECOND
from shared.times import duration_text, microseconds_in, microseconds_of, rfc3339, span, span_in_words, when

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@given(st.integers(-(10**16), 2 * 10**17))
def test_a_time_reads_as_the_standard_library_writes_it(at: int) -> None:
    assert rfc3339(at) == (EPOCH + timedelta(microseconds=at)).isoformat().replace("+00:00", "Z")


@given(st.integers(-(10**16), 2 * 10**17))
def test_a_time_that_was_written_is_read_to_the_microsecond(at: int) -> None:
    assert microseconds_of(rfc3339(at)) == at


def test_no_time_stays_none() -> None:
    assert (when(None), when(0)) == (None, "1970-01-01T00:00:00Z")


def test_a_time_without_an_offset_is_utc() -> None:
    assert microseconds_of("1970-01-02") == microseconds_of("1970-01-02T02:00:00+02:00") == DAY


@pytest.mark.parametrize(("length", "text"), [(14 * DAY, "14d"), (36 * HOUR, "36h"), (90 * MINUTE, "90m")])
def test_a_duration_reads_as_a_map_writes_it(length: int, text: str) -> None:
    assert duration_text(length) == text


@pytest.mark.parametrize(
    ("length", "short", "words"),
    [(21 * DAY, "21 d", "21 days"), (DAY * 3 / 2, "1.5 d", "2 days"), (HOUR, "1 h", "1 hour"),
     (3 * MINUTE, "3 min", "3 minutes"), (8 * SECOND, "8 s", "moment"), (0, "0 s", "moment"), (-5, "0 s", "moment")],
)  # fmt: skip
def test_a_span_is_short_in_figures_and_whole_in_a_sentence(length: int, short: str, words: str) -> None:
    assert (span(length), span_in_words(length)) == (short, words)


@pytest.mark.parametrize(
    ("text", "length"),
    [("30s", 30 * SECOND), ("90m", 90 * MINUTE), (" 4 h", 4 * HOUR), ("3d", 3 * DAY), ("2w", 14 * DAY)],
)
def test_a_duration_that_a_person_wrote_is_read(text: str, length: int) -> None:
    assert microseconds_in(text) == length


@pytest.mark.parametrize("text", ["", "3", "d", "-3d", "3.5d", "3 days", "1234567d"])
def test_what_is_no_duration_is_said_with_what_one_looks_like(text: str) -> None:
    with pytest.raises(ValueError, match="such as 4h or 3d"):
        microseconds_in(text)
