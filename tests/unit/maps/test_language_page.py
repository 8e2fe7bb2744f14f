"""The page of the map language has every key, and its examples are maps."""

import re

import pytest

from services.journey.domain.maps import matchers, outcomes, paths, reading, requirements
from services.journey.domain.maps.lint import lint_text
from shared.times import UNITS
from shared.yaml_text import document
from tests.shared_data import ROOT

PAGE = (ROOT / "docs/map-language.md").read_text()
EXAMPLES = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)


def section(title: str) -> str:
    """Return the text under a heading."""
    found = re.search(rf"^## {title}$(.*?)(?=^## |\Z)", PAGE, re.DOTALL | re.MULTILINE)
    assert found, title
    return found[1]


@pytest.mark.parametrize(
    ("title", "keys"),
    [
        ("The head", reading.HEAD_KEYS),
        ("The head", reading.HEALTHY_KEYS),
        ("The head", reading.COST_KEYS),
        ("Outcomes", (*outcomes.OUTCOME_KINDS, *outcomes.TARGET_KEYS, "target", "ends: true")),
        ("Stages", reading.STAGE_KEYS),
        ("Stages", reading.PHASES),
        ("Blocks", paths.RESERVED),
        ("Blocks", paths.REPEAT_KEYS),
        ("Steps", paths.STEP_KEYS),
        ("Steps", paths.SEVERITIES),
        ("Steps", paths.EVIDENCE_KEYS),
        ("Matchers", (*matchers.FIELDS, "where", "event")),
        ("Personas", reading.PERSONA_KEYS),
    ],
)
def test_every_key_of_the_loader_is_on_the_page(title: str, keys: tuple[str, ...]) -> None:
    text = section(title)
    assert [key for key in keys if f"`{key}`" not in text] == []


def test_every_block_test_and_unit_is_on_the_page() -> None:
    assert [key for key in paths.BLOCK_KEYS if f"`{key}: " not in section("Blocks")] == []
    assert [test for test in matchers.TESTS if f"{test}: " not in section("Matchers")] == []
    assert [root for root in matchers.FIELD_ROOTS if f"`{root}.…`" not in section("Matchers")] == []
    assert [unit for unit in UNITS if not re.search(rf"`\d+{unit}`", section("Durations"))] == []


def test_no_key_is_on_the_page_that_the_loader_refuses() -> None:
    tables = {"The head": reading.HEAD_KEYS, "Stages": reading.STAGE_KEYS, "Steps": paths.STEP_KEYS}
    for title, keys in (*tables.items(), ("Personas", reading.PERSONA_KEYS)):
        assert set(re.findall(r"^\| `(\w+)` \|", section(title), re.MULTILINE)) == set(keys)


def test_the_limits_are_those_of_the_loader() -> None:
    text = section("Limits")
    limits = (
        document.MAX_CHARACTERS,
        document.BOUNDS.depth,
        document.BOUNDS.values,
        document.BOUNDS.aliases,
        paths.MAX_PLACES,
        requirements.MAX_MILESTONES,
    )
    assert [limit for limit in limits if f"{limit:,}" not in text] == []


@pytest.mark.parametrize("example", EXAMPLES, ids=[example.partition("\n")[0] for example in EXAMPLES])
def test_the_examples_on_the_page_are_maps_without_error(example: str) -> None:
    assert [problem.text for problem in lint_text(example) if problem.level == "error"] == []


def test_the_shipped_maps_are_maps_without_error() -> None:
    shipped = sorted((ROOT / "deploy/maps").glob("*.yaml"))
    assert shipped
    for path in shipped:
        assert [problem.text for problem in lint_text(path.read_text()) if problem.level == "error"] == []
