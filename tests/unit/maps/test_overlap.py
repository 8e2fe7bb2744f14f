"""Whether two matchers can match one touchpoint, and whether one covers the other."""

import pytest

from services.journey.domain.maps.load import load_map
from services.journey.domain.maps.model import Matcher
from services.journey.domain.maps.overlap import can_both_match, covers


def matcher(text: str) -> Matcher:
    return load_map(f"map: m\npath: {{step: s, match: {text}}}").steps["s"].match[0]


@pytest.mark.parametrize(
    ("one", "other", "together"),
    [
        ("A", "A", True),
        ("A", "B", False),
        ("A", "{channel: web}", True),
        ("{event: A, channel: web}", "{event: A, channel: app}", False),
        ("{event: A, channel: [web, app]}", "{event: A, channel: app}", True),
        ("{event: A, actor: staff}", "{event: A, actor: customer}", False),
        ("{event: A, where: {attributes.x: 1}}", "{event: A, where: {attributes.x: 2}}", False),
        ("{event: A, where: {attributes.x: [1, 2]}}", "{event: A, where: {attributes.x: 2}}", True),
        ("{event: A, where: {attributes.x: 1}}", "{event: A, where: {attributes.x: true}}", False),
        ("{event: A, where: {attributes.x: 1}}", "{event: A, where: {attributes.y: 2}}", True),
        ("{event: A, where: {attributes.x: 1}}", "{event: A, where: {attributes.x: {exists: false}}}", False),
        ("{event: A, where: {attributes.x: {exists: true}}}", "{event: A, where: {attributes.x: 1}}", True),
        ("{event: A, where: {attributes.x: {gte: 5}}}", "{event: A, where: {attributes.x: 1}}", True),
    ],
)
def test_two_matchers_can_match_together_unless_something_excludes_it(one: str, other: str, *, together: bool) -> None:
    assert can_both_match(matcher(one), matcher(other)) is together
    assert can_both_match(matcher(other), matcher(one)) is together


@pytest.mark.parametrize(
    ("wide", "narrow", "covered"),
    [
        ("A", "A", True),
        ("A", "{event: A, channel: web}", True),
        ("{event: A, channel: web}", "A", False),
        ("{event: A, channel: [web, app]}", "{event: A, channel: web}", True),
        ("{event: A, channel: web}", "{event: A, channel: [web, app]}", False),
        ("{channel: web}", "{event: A, channel: web}", True),
        ("A", "B", False),
        ("A", "{channel: web}", False),
        ("A", "{event: A, where: {attributes.x: 1}}", True),
        ("{event: A, where: {attributes.x: 1}}", "A", False),
    ],
)
def test_a_matcher_covers_another_where_it_asks_for_no_more(wide: str, narrow: str, *, covered: bool) -> None:
    assert covers(matcher(wide), matcher(narrow)) is covered
