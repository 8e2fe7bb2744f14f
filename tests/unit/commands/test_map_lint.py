"""`waypost map lint` as people and scripts use it."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.shared_data import shared_path
from waypost.cli import app

GOOD = "map: m\npath: [A, {step: B, need: x}]\n"
BAD = "map: m\npath:\n  - A\n  - {step: B, wihtin: 3d}\n"


@pytest.fixture
def maps(tmp_path: Path) -> dict[str, Path]:
    files = {"good": GOOD, "bad": BAD, "broken": "map: [\n"}
    paths = {name: tmp_path / f"{name}.yaml" for name in files}
    for name, text in files.items():
        paths[name].write_text(text)
    paths["latin"] = tmp_path / "latin.yaml"
    paths["latin"].write_bytes("map: m\ntitle: Größe\npath: A".encode("latin-1"))
    return paths


def lint(*words: object, text: str | None = None) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["map", "lint", *map(str, words)], input=text)
    return result.exit_code, result.output


def test_a_good_map_ends_with_0_and_says_that_it_may_be_published(maps: dict[str, Path]) -> None:
    code, output = lint(maps["good"])
    assert code == 0
    assert output.splitlines()[-1].endswith("may be published")


def test_an_error_is_shown_with_file_and_line_and_ends_with_1(maps: dict[str, Path]) -> None:
    code, output = lint(maps["good"], maps["bad"])
    assert code == 1
    assert f"{maps['bad']}:4: error: unknown key `wihtin`; did you mean `within`?" in output.splitlines()


def test_quiet_says_errors_only(maps: dict[str, Path]) -> None:
    assert lint("-q", maps["good"]) == (0, "")
    assert lint("--quiet", maps["bad"])[1].count("\n") == 1


def test_json_has_every_problem_of_every_file(maps: dict[str, Path]) -> None:
    code, output = lint("--json", maps["good"], maps["bad"])
    found = json.loads(output)
    assert code == 1
    assert {each["file"] for each in found} == {str(maps["good"]), str(maps["bad"])}
    assert {"level", "line", "text", "file"} == set(found[0])


def test_standard_input_is_read_for_a_dash() -> None:
    assert lint("-", text=GOOD)[0] == 0
    assert "-:4: error" in lint("-", text=BAD)[1]


@pytest.mark.parametrize("name", ["nowhere", "latin"])
def test_a_file_that_cannot_be_read_ends_with_2_and_the_others_are_checked(maps: dict[str, Path], name: str) -> None:
    path = maps.get(name, Path("nowhere.yaml"))
    code, output = lint(path, maps["bad"])
    assert code == 2
    assert f"{path}: cannot be read" in output
    assert "unknown key" in output


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "huge.yaml"
    path.write_bytes(b"#" * 1_100_000)
    assert "larger than 1 MB" in lint(path)[1]


def test_the_example_map_lints_without_error() -> None:
    assert lint(shared_path("design/example-map.yaml"))[0] == 0
