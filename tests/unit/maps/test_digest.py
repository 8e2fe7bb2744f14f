"""The digest of a map: content, not layout."""

import pytest

from services.journey.domain.maps.digest import map_digest
from services.journey.domain.maps.load import MapError

MAP = "map: m\npath: [A, {step: B, need: x, within: 14d}]"


@pytest.mark.parametrize(
    "same",
    [
        "# a comment\npath:\n  - A\n  - need: x\n    step: B\n    within: 2w\nmap: m\n",
        '{"map": "m", "path": ["A", {"step": "B", "need": "x", "within": "336h"}]}',
        "map: m\nsubject: person\npath: [{step: A, recurs: false}, {step: B, need: x, within: 14d}]",
    ],
)
def test_layout_order_of_keys_and_spelt_out_defaults_do_not_matter(same: str) -> None:
    assert map_digest(same) == map_digest(MAP)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("14d", "15d"),
        ("need: x", "need: y"),
        ("[A, ", "[{optional: A}, "),
        ("map: m", "map: n"),
        ("step: B", "step: C"),
    ],
)
def test_content_matters(old: str, new: str) -> None:
    assert map_digest(MAP.replace(old, new)) != map_digest(MAP)


def test_choice_and_any_order_differ() -> None:
    assert map_digest("map: m\npath: {choice: [A, B]}") != map_digest("map: m\npath: {any_order: [A, B]}")


def test_a_condition_of_one_differs_from_true() -> None:
    one, true = (f"map: m\npath: {{step: A, match: {{where: {{attributes.x: {value}}}}}}}" for value in ("1", "true"))
    assert map_digest(one) != map_digest(true)


def test_no_map_has_no_digest() -> None:
    with pytest.raises(MapError):
        map_digest("map: m")
