"""`waypost replay --journeys`: what the API would show, from a file alone."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from services.journey.domain.maps.load import load_map
from tests.shared_data import shared_path
from waypost.cli import app
from waypost.commands.journeys import Judged, customers_of, until_of
from waypost.commands.traces import read_past

ALONE = ("opened_at", "state", "reached_at", "ended_at", "cost")
STALL = ("step", "since", "level", "historical")
DEVIATION = ("kind", "cost", "certain", "status")


def picked(journey: dict[str, Any], expected: dict[str, Any]) -> dict[str, Any]:
    """Return of a journey what a case compares."""
    found: dict[str, Any] = {key: journey[key] for key in ALONE}
    found["key"] = journey.get("key")
    found["position"] = {key: journey["position"][key] for key in expected["position"]}
    if "route" in expected:
        found["route"] = journey["route"] and [step["step"] for step in journey["route"]]
    if "stall" in expected:
        found["stall"] = journey["stall"] and {key: journey["stall"][key] for key in STALL}
    if "deviations" in expected:
        found["deviations"] = sorted([str(each[key]) for key in DEVIATION] for each in journey["deviations"])
    return found


def test_files_are_judged_as_the_cases_say(tmp_path: Path) -> None:
    cases = json.loads(gzip.decompress(shared_path("oracle/judgement_cases.json.gz").read_bytes()))
    for case in cases:
        log = tmp_path / "log.jsonl"
        log.write_text("\n".join(json.dumps(record) for record in case["history"]))
        past = read_past(log, pytest.fail)
        map = load_map(json.dumps(case["map"]))
        judged = Judged(map, customers_of(past, map), until_of(case["W"]))
        expected = case["expected"]["journeys"]
        ours = [picked(journey, wanted) for journey, wanted in zip(judged.shown, expected, strict=True)]
        for wanted in expected:
            if "deviations" in wanted:
                wanted["deviations"] = sorted([str(each[key]) for key in DEVIATION] for each in wanted["deviations"])
        assert ours == expected, case["id"]


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    (tmp_path / "map.yaml").write_text("map: m\npath: [A, {step: B, within: 5d}, C]")
    rows = [
        {"event": "A", "anonymousId": "x", "timestamp": "2026-01-01"},
        {"event": "A", "userId": "v", "timestamp": "2026-01-04"},
        {"type": "identify", "userId": "u", "anonymousId": "x", "timestamp": "2026-01-09"},
    ]
    (tmp_path / "log.jsonl").write_text("\n".join(map(json.dumps, rows)))
    return ["replay", "--map", str(tmp_path / "map.yaml"), "--log", str(tmp_path / "log.jsonl"), "--journeys"]


def test_each_journey_has_its_customers_ids_and_is_judged_until_the_last_touchpoint(files: list[str]) -> None:
    result = CliRunner().invoke(app, [*files, "--json"])
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert [journey["ids"] for journey in found["journeys"]] == [["anonymous:x", "user:u"], ["user:v"]]
    assert [journey["stall"] and journey["stall"]["step"] for journey in found["journeys"]] == ["B", None]
    assert found["touchpoints"] == 2
    assert [variant["cases"] for variant in found["variants"]] == [2]


def test_until_says_from_when_to_look(files: list[str]) -> None:
    result = CliRunner().invoke(app, [*files, "--json", "--until", "2026-02-01T00:00:00+01:00"])
    stalls = [journey["stall"] for journey in json.loads(result.stdout)["journeys"]]
    assert [stall["since"] for stall in stalls] == ["2026-01-06T00:00:00Z", "2026-01-09T00:00:00Z"]


def test_people_read_where_the_journeys_stand(files: list[str]) -> None:
    output = CliRunner().invoke(app, files).output.splitlines()
    assert output[2:4] == ["2 journeys: 2 open", "      2 at B; 1 waits too long for it"]


def test_a_moment_that_is_none_ends_with_2(files: list[str]) -> None:
    result = CliRunner().invoke(app, [*files, "--until", "soon"])
    assert result.exit_code == 2
    assert "--until: 'soon' is not a time" in result.output
