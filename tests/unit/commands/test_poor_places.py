"""Data folders that cannot be used, disks that are full, and processes killed at their work: one line, then again."""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers import free_ports, until
from tests.shared_data import ROOT
from tests.unit.commands.test_every_command import ran

WAYPOST = Path(sys.executable).with_name("waypost")
MAP = str(ROOT / "deploy" / "maps" / "shop.yaml")
CHILD = """
import json, resource, sys
from typer.testing import CliRunner
from waypost.cli import app
most, lines = json.load(sys.stdin)
if most:
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
for words in lines:
    ran = CliRunner().invoke(app, words)
    ended = ran.exception is None or isinstance(ran.exception, SystemExit)
    print(json.dumps([words[0], ran.exit_code, ran.output if ended else repr(ran.exception)]))
"""

Said = list[tuple[str, int, str]]


def run_all(lines: list[list[str]], most: int = 0) -> Said:
    """Run commands as a user whom the modes of files stop, though it be root; files grow to `most` bytes, if told."""
    bare = ["setpriv", "--bounding-set=-all"] if os.geteuid() == 0 else []
    environment = {k: v for k, v in os.environ.items() if not k.startswith("WAYPOST_")} | {"WAYPOST_DISK_FREE_MB": "0"}
    done = subprocess.run(
        [*bare, sys.executable, "-c", CHILD],
        input=json.dumps([most, lines]),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        env=environment,
    )
    return [tuple(json.loads(line)) for line in done.stdout.splitlines()]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a data folder and its backup."""
    folder = tmp_path_factory.mktemp("places")
    succeed(["migrate", "--data", f"{folder}/data"])
    succeed(["backup", f"{folder}/copy", "--data", f"{folder}/data"])
    return folder


def succeed(words: list[str]) -> None:
    result = ran(words)
    assert result.exit_code == 0, result.output


def lines_on(data: Path, made: Path) -> list[list[str]]:
    """Return a line of each command that uses a data folder."""
    events = made / "events.jsonl"
    events.write_text('{"userId": "u", "event": "e", "timestamp": "2026-01-01T00:00:00Z"}\n')
    commands = [["up"], ["status"], ["doctor"], ["import", str(events)], ["key", "list"]]
    port = ["--port", str(free_ports(4))]
    own = [["migrate"], ["backup", str(made / "never")], ["restore", str(made / "copy")]]
    return [[*words, "--data", str(data)] for words in [*(words + port for words in commands), *own]]


def is_one_line(name: str, code: int, said: str) -> bool:
    """Say whether a command ended with one error; `status` and `doctor` answer at more length."""
    if name == "status" and code == 1:
        return "Waypost does not run there" in said
    if name == "doctor":
        return code == 1 and "✕ data folder: " in said and "→ " in said
    lines = [line for line in said.splitlines() if line != "Starting four services …"]
    return code in (1, 2) and len(lines) == 1 and lines[0].startswith("error: ")


def test_a_data_folder_that_cannot_be_used_is_one_line(made: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for name in ("seen", "hidden", "above/data"):
        shutil.copytree(made / "data", tmp_path / name)
    (tmp_path / "seen" / "keys.json").unlink()  # nothing can be asked of a system of which no key is known
    modes = {"seen": 0o500, "hidden": 0, "above": 0}
    places = [tmp_path / name for name in ("file", "file/in", "seen", "hidden", "above/data")]
    lines = [words for place in places for words in lines_on(place, made)]
    lines = [words for words in lines if (words[0], words[-1]) != ("backup", f"{tmp_path}/seen")]  # reading is enough
    for name, mode in modes.items():
        (tmp_path / name).chmod(mode)
    said = run_all(lines)
    for name in modes:
        (tmp_path / name).chmod(0o700)

    assert len(said) == 5 * 8 - 1
    assert [(words, *each) for words, each in zip(lines, said, strict=True) if not is_one_line(*each)] == []


def test_a_full_disk_is_one_line_and_with_room_it_goes_on(made: Path, tmp_path: Path) -> None:
    data = ["--data", str(tmp_path / "data")]
    lines = [
        ["backup", str(tmp_path / "copy"), "--data", str(made / "data")],
        ["restore", str(made / "copy"), "--data", str(tmp_path / "restored")],
        ["simulate", "--map", MAP, "--customers", "200", "--out", f"{tmp_path}/o", "--truth", f"{tmp_path}/t"],
    ]
    said = run_all([["up", "--port", str(free_ports(4)), *data], *lines], most=50_000)  # in the midst of a migration

    assert [each for each in said if not is_one_line(*each)] == []
    for words in (["migrate", *data], *lines):
        succeed(words)


def killed_at_work(words: list[str], folder: Path) -> None:
    """Start a command and kill it, as kill -9 does, when it has begun to write."""
    process = subprocess.Popen([WAYPOST, *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until(lambda: list(folder.glob(".*.partial-*/log.db")) or process.poll() is not None, what="the beginning")
    process.send_signal(signal.SIGKILL)
    assert process.wait(10) == -signal.SIGKILL, "it was done before it could be killed"


def test_a_backup_and_a_restore_that_were_killed_are_made_again(made: Path, tmp_path: Path) -> None:
    shutil.copytree(made / "data", tmp_path / "data")
    with (tmp_path / "data" / "large.json").open("wb") as file:
        file.truncate(150_000_000)  # takes its time
    lines = [
        ["backup", str(tmp_path / "copy"), "--data", str(tmp_path / "data")],
        ["restore", str(tmp_path / "copy"), "--data", str(tmp_path / "restored")],
    ]
    for words in lines:
        killed_at_work(words, tmp_path)
        succeed(words)

    assert {path.name for path in tmp_path.iterdir()} == {"data", "copy", "restored"}
    for name in ("data", "copy", "restored"):
        assert (tmp_path / name / "large.json").stat().st_size == 150_000_000
        (tmp_path / name / "large.json").unlink()
