"""`waypost replay` on real logs against exact answers, and on small files."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.shared_data import shared_path
from waypost.cli import app


def replay(*words: object) -> dict[str, Any]:
    result = CliRunner().invoke(app, ["replay", *map(str, words), "--json"])
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


@pytest.mark.parametrize(
    ("oracle", "log"),
    [("running_example", "running-example.xes"), ("helpdesk", "helpdesk.xes.gz")],
)
def test_real_logs_cost_what_the_oracle_says(tmp_path: Path, oracle: str, log: str) -> None:
    answer = json.loads(gzip.decompress(shared_path(f"oracle/{oracle}.json.gz").read_bytes()))
    tree = tmp_path / "tree.json"
    tree.write_text(json.dumps(answer["tree"]))
    found = replay("--map", tree, "--log", shared_path(f"data/{log}"), "--explain")
    assert (found["journeys"], found["touchpoints"]) == (answer["cases"], answer["events"])
    assert found["seconds"] > 0
    keys = ("trace", "cases", "prefix_costs", "complete_cost")
    ours = {tuple(variant["trace"]): [variant[key] for key in keys] for variant in found["variants"]}
    theirs = {tuple(variant["trace"]): [variant[key] for key in keys] for variant in answer["variants"]}
    assert ours == theirs
    for variant in found["variants"]:
        kinds = [kind for move in variant["moves"] for kind in move]
        assert len(kinds) - kinds.count("matched") == variant["complete_cost"]
        assert [name for move in variant["moves"] for kind, name in move.items() if kind != "map_only"] == (
            variant["trace"]
        )


def test_variants_come_in_the_order_first_seen(tmp_path: Path) -> None:
    log = tmp_path / "log.csv"
    log.write_text(
        "user,event,time\na,A,2026-01-02\na,B,2026-01-01\nb,A,2026-01-01\nb,B,2026-01-02\nc,A,2026-01-05\nc,B,2026-01-06\n"
    )
    map = tmp_path / "map.yaml"
    map.write_text("map: m\npath: [A, B]")
    found = replay("--map", map, "--log", log)
    assert [(variant["trace"], variant["cases"], variant["complete_cost"]) for variant in found["variants"]] == [
        (["B", "A"], 1, 2),
        (["A", "B"], 2, 0),
    ]


def test_json_lines_count_each_message_once_and_join_who_is_one(tmp_path: Path) -> None:
    day = "2026-01-0{}T00:00:00Z"
    rows = [
        {"event": "A", "anonymousId": "x", "messageId": "1", "timestamp": day.format(1)},
        {"event": "B", "userId": "u", "messageId": "2", "timestamp": day.format(3)},
        {"event": "B", "userId": "u", "messageId": "2", "timestamp": day.format(3)},
        {"type": "identify", "userId": "u", "anonymousId": "x", "messageId": "3", "timestamp": day.format(2)},
    ]
    log = tmp_path / "log.jsonl"
    log.write_text("\n".join(map(json.dumps, rows)))
    map_file = tmp_path / "map.yaml"
    map_file.write_text("map: m\npath: [A, B]")
    found = replay("--map", map_file, "--log", log)
    assert [variant["trace"] for variant in found["variants"]] == [["A", "B"]]
    assert found["journeys"] == 1


def test_people_read_a_summary(tmp_path: Path) -> None:
    tree = tmp_path / "tree.json"
    tree.write_text(json.dumps({"sequence": [{"step": "register request"}, {"step": "decide"}]}))
    words = ["replay", "--map", str(tree), "--log", str(shared_path("data/running-example.xes")), "--explain"]
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 0
    assert "6 histories, 42 touchpoints, 6 variants" in result.output
    assert "=register request" in result.output


def test_the_summary_says_what_the_running_system_would_say(tmp_path: Path) -> None:
    (tmp_path / "map.yaml").write_text("map: m\npath: [A, {step: b, match: B, title: Bee}, C, D]")
    rows = ["a,A,1", "a,B,2", "b,A,1", "b,C,2", "c,A,1", "c,X,2", "d,A,1", "d,C,3", "d,X,4", "d,X,5"]
    lines = [f"{row[:-1]}2026-01-0{row[-1]}" for row in rows]
    (tmp_path / "log.csv").write_text("\n".join(["user,event,time", *lines]))
    result = CliRunner().invoke(
        app, ["replay", "--map", str(tmp_path / "map.yaml"), "--log", str(tmp_path / "log.csv")]
    )
    said = result.output.splitlines()

    assert said[0].startswith("4 histories, 10 touchpoints, 4 variants, judged in ")
    assert said[1] == "2 (50.0 %) go without a detour", "an unfinished way is none, nor is what the map does not know"
    assert said[2] == "4 journeys: 4 open"
    assert "      1 at Bee" in said
    assert "      2 x skipped: Bee" in said
    assert "      2 x unmapped: X" in said
    assert said[said.index("The ways that fit worst, as if each had ended there:") + 1] == "      1 x cost 3: A > X"


@pytest.mark.parametrize(
    ("map", "log", "said"),
    [
        ("map: m\nfoo: 1", "user,event,time\n", "map.yaml:2: error: unknown key `foo`"),
        ("map: m\npath: A", "a,b\n", "no column for the user"),
        ("map: m\npath: A", "", "is empty"),
        ("map: m\npath: A", None, "cannot be opened"),
        (None, "user,event,time\n", "No such file"),
    ],
)
def test_what_cannot_be_read_ends_with_2_and_says_why(
    tmp_path: Path, map: str | None, log: str | None, said: str
) -> None:
    paths = {"map.yaml": map, "log.csv": log}
    for name, text in paths.items():
        if text is not None:
            (tmp_path / name).write_text(text)
    words = ["replay", "--map", str(tmp_path / "map.yaml"), "--log", str(tmp_path / "log.csv")]
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 2
    assert said in result.output


def test_who_is_on_no_map_has_no_way_without_a_detour(tmp_path: Path) -> None:
    (tmp_path / "map.yaml").write_text("map: m\npath: [A, B]\nopens_on: [A]")
    (tmp_path / "log.csv").write_text("user,event,time\na,B,2026-01-01\n")
    words = ["--map", str(tmp_path / "map.yaml"), "--log", str(tmp_path / "log.csv")]
    said = CliRunner().invoke(app, ["replay", *words]).output.splitlines()

    assert said[0].startswith("1 history, 1 touchpoint, 1 variant, judged in ")
    assert said[1] == "Nobody is on the map: no history opens a journey."


def test_a_log_is_read_once_and_days_are_read_as_an_import_reads_them(tmp_path: Path) -> None:
    (tmp_path / "map.yaml").write_text("map: m\npath: [A, B]")
    (tmp_path / "log.csv").write_text("user,event,time\na,A,03/04/2026\na,B,04/04/2026\na,B,soon\n")
    words = ["--map", str(tmp_path / "map.yaml"), "--log", str(tmp_path / "log.csv")]
    ran = CliRunner().invoke(app, ["replay", *words, "--dates", "dmy"])

    assert ran.stdout.splitlines()[1:3] == ["1 (100.0 %) goes without a detour", "1 journey: 1 completed"]
    assert ran.stderr.count("log.csv:4: left out") == 1


def test_bad_rows_are_named_and_left_out(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text("user,event,time\na,A,soon\n0,A,2026-01-01\na,A,2026-01-01\n")
    (tmp_path / "map.yaml").write_text("map: m\npath: A")
    words = ["replay", "--map", str(tmp_path / "map.yaml"), "--log", str(tmp_path / "log.csv"), "--json"]
    result = CliRunner().invoke(app, words)
    assert json.loads(result.stdout)["touchpoints"] == 1
    assert "log.csv:2: left out: not a time: 'soon'" in result.stderr
    assert "row 2: left out: An event needs" in result.stderr
