"""A map in the terminal: every block, what the design says, who stands where, and names that are hostile."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from services.journey.domain.maps.load import load_map
from tests.shared_data import ROOT
from waypost.cli import app
from waypost.map_lines import Here, map_lines

MAP = """
map: m
title: To the sea
subject: account
path:
  - {step: a, title: Arrive, match: [Came, Landed], within: 7d, owner: ann, milestone: true}
  - optional: {step: b, evidence: [{source: talk}]}
  - any_order:
      - c
      - sequence: [d, e]
  - choice: [f, {silent: true}]
  - repeat: {do: g, redo: h}
  - optional: [i, j]
"""

LINES = [
    "To the sea (m), one journey for each account",
    "Arrive                                        on Came, Landed · within 7d · owner ann · milestone · assumed",
    "b (optional)",
    "in any order:",
    "  c                                           assumed",
    "  one after the other:",
    "    d                                         assumed",
    "    e                                         assumed",
    "one of:",
    "  f                                           assumed",
    "  nothing",
    "g (repeated)                                  assumed",
    "and between two times:",
    "  h                                           assumed",
    "may be left out:",
    "  i                                           assumed",
    "  j                                           assumed",
]


def test_every_block_has_its_lines() -> None:
    assert list(map_lines(load_map(MAP))) == LINES


def test_who_stands_where_is_said_of_the_running_system() -> None:
    here: Here = {
        "a": {"here": 1200, "stalled": 3, "waited_median_s": 3 * 86_400},
        "c": {"here": 0, "waited_median_s": None},
    }
    lines = list(map_lines(load_map(MAP), here))

    assert lines[1].endswith("· assumed · 1,200 here · 3 wait too long · half of them for 3 d or more")
    assert lines[4].endswith("assumed · 0 here")
    assert lines[2].endswith("0 here")


@pytest.mark.parametrize("name", ["shop", "demo"])
def test_the_maps_that_come_with_it_are_shown_with_their_stages(name: str) -> None:
    ran = CliRunner().invoke(app, ["map", "show", str(ROOT / "deploy" / "maps" / f"{name}.yaml")])

    assert ran.exit_code == 0
    assert "pre-sale" in ran.output
    assert "post-sale" in ran.output


def test_titles_of_strangers_change_no_terminal(tmp_path: Path) -> None:
    text = 'map: m\ntitle: "a [bold]b[/] </b>"\npath: [{step: x, title: "{{7*7}} =1+1"}]\n'
    (tmp_path / "m.yaml").write_text(text)
    ran = CliRunner().invoke(app, ["map", "show", str(tmp_path / "m.yaml")])

    assert "a [bold]b[/] </b> (m)" in ran.output
    assert "{{7*7}} =1+1" in ran.output


def test_a_file_that_is_none_and_a_map_that_is_broken_are_told(tmp_path: Path) -> None:
    (tmp_path / "broken.yaml").write_text("map: m\npath: {nothing: 5}\n")
    missing = CliRunner().invoke(app, ["map", "show", str(tmp_path / "none.yaml")])
    broken = CliRunner().invoke(app, ["map", "show", str(tmp_path / "broken.yaml")])

    assert (missing.exit_code, missing.output) == (
        2, f"error: {tmp_path / 'none.yaml'}: cannot be read: No such file or directory\n"
    )  # fmt: skip
    assert broken.exit_code == 2
    assert broken.output.splitlines()[-1] == (
        f"error: {tmp_path / 'broken.yaml'} is no map that can be used: mend what is named above"
    )
