"""`waypost kpis check`: what people read of a catalogue, and how it ends where it is refused."""

import json
from pathlib import Path

from typer.testing import CliRunner, Result

from waypost.cli import app

WHOLE = """kpis:
  - {kpi: value, class: outcome, title: Value in time, owner: success, target: 60%}
  - {kpi: calls, class: activity, prominence: 9}
report: {headline: [value]}
goals: [{goal: Improve CX}]
"""


STEP = "From 80 % on that is a warning. The nearest step: an outcome in the place of `calls`."


def run(folder: Path, text: str, *options: str) -> Result:
    file = folder / "kpis.yaml"
    file.write_text(text)
    return CliRunner().invoke(app, ["kpis", "check", str(file), *options])


def test_a_catalogue_is_shown_with_its_audit_and_its_goals(tmp_path: Path) -> None:
    found = run(tmp_path, WHOLE)
    assert found.exit_code == 0
    assert found.stdout.splitlines()[:3] == [
        "outcome         Value in time (success), target 60%, heads the report",
        "activity        calls",
        f"warning: 1 of 2 KPIs say what we did, not what came of it: 50 %, 90 % by prominence. {STEP}",
    ]
    assert found.stdout.splitlines()[3].startswith("“Improve CX” is a wish until it says `metric` (which KPI)")
    assert json.loads(run(tmp_path, WHOLE, "--json").stdout)["audit"]["warns"] is True


def test_a_catalogue_that_is_refused_ends_with_1_and_names_each_line(tmp_path: Path) -> None:
    assert "cannot be shown" in run(tmp_path, WHOLE.replace("Improve CX", '"\\u202eCX"')).stderr
    found = run(tmp_path, WHOLE.replace("[value]", "[calls]").replace("outcome", "outcom"))
    assert found.exit_code == 1
    assert (
        "kpis.yaml:2: error: unknown value of `class` of KPI `value` `outcom`; did you mean `outcome`?" in found.stderr
    )
    assert "kpis.yaml:4: error: the report is headed by `calls`, which is an activity" in found.stderr
    assert found.stderr.splitlines()[-1].endswith("mend what is named above")
    assert CliRunner().invoke(app, ["kpis", "check", str(tmp_path / "none.yaml")]).exit_code == 2
