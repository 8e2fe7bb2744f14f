"""Counting identical rows in little memory."""

from hypothesis import given, settings
from hypothesis import strategies as st

from services.ingest.files.identical import Occurrences, content_id


@settings(deadline=None)
@given(st.lists(st.integers(0, 40)), st.integers(1, 9))
def test_occurrences_are_counted_however_small_the_recent_part(contents: list[int], recent: int) -> None:
    seen = Occurrences(recent)
    counts: dict[int, int] = {}
    for content in contents:
        counts[content] = counts.get(content, 0) + 1
        assert seen.nth(content) == counts[content]


def test_the_whole_range_of_64_bits_counts() -> None:
    seen = Occurrences(2)
    top = (1 << 64) - 1
    assert [seen.nth(value) for value in (top, 0, top - 1, top, 1, 0, top)] == [1, 1, 1, 2, 1, 2, 3]


def test_an_id_depends_on_content_and_occurrence_alone() -> None:
    one, other = Occurrences(), Occurrences()
    first = [content_id(content, one) for content in ({"a": 1, "b": 2}, {"b": 2, "a": 1}, {"a": 2})]
    second = [content_id(content, other) for content in ({"a": 2}, {"a": 1, "b": 2}, {"a": 1, "b": 2})]
    assert len(set(first)) == 3
    assert set(first) == set(second)
