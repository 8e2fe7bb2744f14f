"""`waypost import --dry-run`: everything is read, nothing is sent."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.shared_data import ROOT, shared_path
from waypost.cli import app


def dry_run(*words: object) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["import", *map(str, words), "--dry-run"])
    return result.exit_code, result.output


def test_the_session_log_fits_the_shop_map() -> None:
    code, output = dry_run(shared_path("data/shop_sessions.csv.gz"), "--map", ROOT / "deploy/maps/shop.yaml")
    assert code == 0
    assert "user       column 'user_id'" in output
    assert "attributes session_id, acquisition_channel, user_cohort, user_lifecycle" in output
    assert "31,106 events of 600 customers, from 2024-01-04T11:45:38Z to 2024-06-29T22:02:40Z; 0 rows refused" in output
    assert output.count('"type":"track"') == 3
    assert "470 purchase  (step purchase)" in output
    assert "unmapped" not in output
    assert "Nothing was sent" in output


def test_everything_refused_is_said(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text("user,event,time\na,X,2026-01-01\na,X,03/04/2026\n0,Y,2026-01-01\n")
    (tmp_path / "map.yaml").write_text("map: m\npath: [X, Z]")
    code, output = dry_run(path, "--map", tmp_path / "map.yaml")
    assert code == 0
    assert "line 3: '03/04/2026' may have the day or the month first" in output
    assert "1 event that ingest would refuse:\n  row 3: An event needs" in output
    assert "1 Y  (unmapped)" in output
    assert "The map names events that the file has none of: Z" in output


def test_events_are_named_as_a_map_matches_them_and_who_says_only_who_they_are_is_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    rows = [{"type": "page", "name": "Prices"}, {"type": "identify"}, {"event": "X"}]
    common = {"timestamp": "2026-01-01"}
    ids = [{"ids": {"email": f"{name}@example.org"}} for name in ("ada", "ben", "ada")]
    path.write_text("\n".join(json.dumps(row | common | whose) for row, whose in zip(rows, ids, strict=True)))
    (tmp_path / "map.yaml").write_text("map: m\npath: [X, {step: look, match: Page Viewed}]")
    code, output = dry_run(path, "--map", tmp_path / "map.yaml")
    assert code == 0
    assert "3 events of 2 customers" in output
    assert "1 Page Viewed  (step look)" in output
    assert "1 of type identify" in output
    assert "unmapped" not in output


def test_options_say_how_to_read(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text("who;what;when;where\na;X;03/04/2026 12:00;shop\n")
    columns = "user=who,event=what,time=when,channel=where"
    code, output = dry_run(path, "--columns", columns, "--dates", "dmy", "--timezone", "Europe/Berlin")
    assert code == 0
    assert '"timestamp":"2026-04-03T10:00:00Z","channel":"shop"' in output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--columns", "user=nobody"), "there is no such column"),
        (("--columns", "nobody=user"), "cannot read"),
        (("--timezone", "Nowhere"), "unknown time zone"),
        (("--map", "nowhere.yaml"), "No such file"),
    ],
)
def test_options_that_cannot_be_meant_end_with_2(tmp_path: Path, words: tuple[str, str], said: str) -> None:
    path = tmp_path / "log.csv"
    path.write_text("user,event,time\n")
    code, output = dry_run(path, *words)
    assert code == 2
    assert said in output


def test_a_file_without_a_single_event_ends_with_1(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text("user,event,time\na,X,soon\n")
    assert dry_run(path)[0] == 1


def test_without_keys_nothing_is_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WAYPOST_WRITE_KEY", raising=False)
    monkeypatch.delenv("WAYPOST_API_TOKEN", raising=False)
    path = tmp_path / "log.csv"
    path.write_text("user,event,time\na,X,2026-01-01\n")
    result = CliRunner().invoke(app, ["import", str(path), "--data", str(tmp_path / "none")])
    assert result.exit_code == 2
    assert "no key: set WAYPOST_WRITE_KEY" in result.output
