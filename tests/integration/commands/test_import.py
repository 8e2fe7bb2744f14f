"""`waypost import` into a running system: real rows, kills on the way, twice, and the same as a replay of the file."""

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.servers.system import System
from tests.shared_data import ROOT, shared_path

ROWS = 800
WAYPOST = str(Path(sys.executable).with_name("waypost"))
MAP = ROOT / "deploy/maps/shop.yaml"
SAME = ("state", "reached_at", "ended_at", "position", "route", "cost")


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Return the first rows of the real session log, one of them repeated, one broken."""
    with gzip.open(shared_path("data/shop_sessions.csv.gz"), "rt") as stream:
        rows = [next(stream) for _ in range(ROWS + 1)]
    path = tmp_path / "sessions.csv"
    path.write_text("".join([*rows, rows[7], rows[8].replace("2024-", "sometime in ")]))
    return path


def command(system: System, *words: object) -> "subprocess.Popen[str]":
    """Start a command as a user of tenant `a`."""
    keys = system.keys["a"]
    environment = {**os.environ, "WAYPOST_WRITE_KEY": keys.write, "WAYPOST_API_TOKEN": keys.admin}
    line = [WAYPOST, *map(str, words)]
    return subprocess.Popen(line, env=environment, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def finished(process: "subprocess.Popen[str]") -> tuple[int, str, str]:
    """Wait for a command and return how it ended and what it said."""
    out, err = process.communicate(timeout=120)
    return process.returncode, out, err


def run_import(system: System, log: Path) -> "subprocess.Popen[str]":
    """Start an import of a file."""
    return command(system, "import", log, "--map", MAP, "--data", system.folder, "--port", system.port)


def stored(system: System) -> int:
    """Return how many touchpoints journey has."""
    return int(system.rows("journey", "SELECT count(*) FROM touchpoints")[0][0])


def journeys(system: System, ids: list[str]) -> list[dict[str, Any]]:
    """Return the journeys that the API shows of a customer, as far as a replay can say the same."""
    found = system.customer(ids[0])["journeys"]
    return [{key: journey[key] for key in SAME} for journey in found]


def test_an_import_is_judged_as_a_replay_and_a_second_one_adds_nothing(system: System, log: Path) -> None:
    code, out, err = finished(run_import(system, log))
    assert code == 0, err
    assert "Map `shop` stands in version 1." in out
    assert f"{ROWS + 1:,} events sent" in out
    assert f"{ROWS + 1:,} new; 0 there already" in out
    assert "1 row refused:\n  line 803: not a time" in out
    assert "Map shop, version 1: " in out
    assert out.splitlines()[-1] == "Nobody here is on no map."
    assert stored(system) == ROWS + 1

    code, out, _ = finished(run_import(system, log))
    assert code == 0
    assert "Map `shop` stands in version 1. Nothing in it is new." in out
    assert f"0 new; {ROWS + 1:,} there already" in out
    assert stored(system) == ROWS + 1
    assert system.alerts() == [], "nobody is alarmed about 2024"

    words = ("replay", "--map", MAP, "--log", log, "--journeys", "--json", "--until", "2026-01-01T00:00:00Z")
    code, out, err = finished(command(system, *words))
    assert code == 0, err
    replayed: dict[str, list[dict[str, Any]]] = {}
    for journey in json.loads(out)["journeys"]:
        replayed.setdefault(journey["ids"][0], []).append({key: journey[key] for key in SAME})
    assert len(replayed) > 10
    assert {name: journeys(system, [name]) for name in replayed} == replayed


def test_an_import_outlives_a_killed_ingest_and_a_killed_command(system: System, log: Path) -> None:
    system.kill("ingest")
    process = run_import(system, log)
    system.start("ingest")
    process.kill()
    process.communicate()
    code, out, err = finished(run_import(system, log))
    assert code == 0, err
    assert "Map shop, version 1: " in out
    assert stored(system) == ROWS + 1
    assert list((system.folder / "imports").glob("*.json")) == []


def test_a_file_that_is_read_otherwise_than_before_is_asked_about(system: System, log: Path) -> None:
    words = ("import", log, "--data", system.folder, "--port", system.port)
    berlin = (*words, "--timezone", "Europe/Berlin")
    assert finished(command(system, *words))[0] == 0
    once = stored(system)
    longer = log.with_name("longer.csv")
    longer.write_text(f"{log.read_text()}{log.read_text().splitlines()[1]}\n")
    for path in (log, longer):
        code, _, err = finished(command(system, "import", path, *berlin[2:]))
        assert (code, stored(system)) == (2, once)
        assert "imported before, read with --timezone UTC --dates auto; read with --timezone Europe/Berlin" in err
        assert "--again imports it all the same" in err
    assert "It would be refused: this file" in finished(command(system, *berlin, "--dry-run"))[1]
    spelled = (*words, "--columns", "user=user_id,event=event,time=timestamp", "--dates", "dmy")
    assert finished(command(system, *spelled))[0] == 0, "other words for the same reading"
    assert finished(command(system, *berlin, "--again"))[0] == 0
    assert stored(system) > once
    assert finished(command(system, *berlin))[0] == 0, "the last reading stands"


def test_a_wrong_key_ends_the_import_at_once(system: System, log: Path) -> None:
    environment = {**os.environ, "WAYPOST_WRITE_KEY": "wk_wrong_wrong_wrong_wrong", "WAYPOST_API_TOKEN": "at_wrong"}
    line = [WAYPOST, "import", str(log), "--data", str(system.folder), "--port", str(system.port)]
    found = subprocess.run(line, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert found.returncode == 2
    assert "ingest refuses the write key of WAYPOST_WRITE_KEY: This key is not known here" in found.stderr
    assert stored(system) == 0
    assert list((system.folder / "imports").glob("*.reading")) == [], "nothing was taken: any reading may follow"


def test_a_map_is_published_to_a_running_system_and_a_broken_one_is_named_with_its_line(
    system: System, tmp_path: Path
) -> None:
    where = ("--data", system.folder, "--port", system.port)
    text = MAP.read_text()
    changed, broken = tmp_path / "changed.yaml", tmp_path / "broken.yaml"
    changed.write_text(text.replace("title:", "title: Changed", 1))
    broken.write_text("map: m\npath: [A, {step: B, wihtin: 3d}]")

    first = finished(command(system, "map", "publish", MAP, *where))
    second = finished(command(system, "map", "publish", changed, *where))
    third = finished(command(system, "map", "publish", broken, *where))

    assert first == (0, "Map `shop` stands in version 1.\n", "")
    assert second[0] == 0
    assert "stands in version 2. It holds for journeys that open from its publication on" in second[1]
    assert third[0] == 2
    assert f"{broken}:2: error: unknown key `wihtin`; did you mean `within`?" in third[2]
