"""Backups that cannot be made or used: nothing half made is left, and one line says what to do."""

import fcntl
import json
import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner

from waypost.backup import MANIFEST, fingerprint
from waypost.cli import app
from waypost.commands.options import settings_for
from waypost.folder import make_folder, prepare


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a data folder that nobody runs."""
    folder = tmp_path_factory.mktemp("house") / "data"
    make_folder(folder)
    prepare(settings_for(folder))
    return folder


@pytest.fixture
def copy(data: Path, tmp_path: Path) -> Path:
    assert run("backup", tmp_path / "copy", "--data", data)[0] == 0
    return tmp_path / "copy"


def run(*words: object) -> tuple[int, str]:
    ran = CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False)
    return ran.exit_code, ran.output


def test_a_backup_holds_databases_keys_and_clock_for_its_owner_alone(data: Path, copy: Path) -> None:
    assert {path.name for path in copy.iterdir()} == {
        *(f"{name}.db" for name in ("log", "ingest", "journey", "alerts")),
        *(path.name for path in data.glob("*.json")),
        MANIFEST,
    }
    assert copy.stat().st_mode & 0o777 == 0o700
    assert (copy / "keys.json").stat().st_mode & 0o777 == 0o600
    manifest = json.loads((copy / MANIFEST).read_text())
    assert manifest["counts"] == {"alerts": 0, "touchpoints": 0, "customers": 0, "records": 0}
    assert set(manifest["schemas"]) == {"log", "ingest", "journey", "alerts"}


def test_a_restored_folder_has_the_same_keys_and_is_ready(data: Path, copy: Path, tmp_path: Path) -> None:
    code, said = run("restore", copy, "--data", tmp_path / "new")
    assert code == 0, said
    for name in ("keys.json", "clock.json"):
        assert (tmp_path / "new" / name).read_bytes() == (data / name).read_bytes()
    assert run("migrate", "--data", tmp_path / "new")[0] == 0
    assert {path.name for path in tmp_path.iterdir()} == {"copy", "new"}


def test_what_killed_backups_left_is_cleared_away_by_the_next_whatever_its_name(data: Path, tmp_path: Path) -> None:
    stays = {".copy.partial-1", ".a.partial-x", f".a.partial-{'9' * 30}", ".a.partial-99999997"}
    for name in stays | {".copy.partial-99999999", ".monday.partial-99999998"}:
        (tmp_path / name).mkdir()
        (tmp_path / name / "log.db").write_bytes(b"secret")
    handle = os.open(tmp_path / ".a.partial-99999997", os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)  # of a process whose number is not known here
    assert run("backup", tmp_path / "copy", "--data", data)[0] == 0
    os.close(handle)
    assert {path.name for path in tmp_path.iterdir()} == stays | {"copy"}


def flip(copy: Path) -> None:
    content = bytearray((copy / "journey.db").read_bytes())
    content[len(content) // 2] ^= 1
    (copy / "journey.db").write_bytes(content)


def cut(copy: Path) -> None:
    (copy / "log.db").write_bytes((copy / "log.db").read_bytes()[:-1])


def lose(copy: Path) -> None:
    (copy / "ingest.db").unlink()


def spoil(copy: Path) -> None:
    (copy / MANIFEST).write_text('{"format": 1')


def outdate(copy: Path) -> None:
    (copy / MANIFEST).write_text((copy / MANIFEST).read_text().replace('"format": 1', '"format": 9'))


def lead_away(copy: Path) -> None:
    (copy / MANIFEST).write_text((copy / MANIFEST).read_text().replace('"ingest.db"', '"../ingest.db"'))


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (flip, "journey.db is damaged (its checksum is not the one it was made with): use another backup"),
        (cut, "log.db is damaged"),
        (lose, "ingest.db is missing: the backup is not whole"),
        (spoil, f"{MANIFEST} is damaged"),
        (outdate, "restore it with that version or a newer one"),
        (lead_away, "does not list what a backup holds"),
    ],
)
def test_a_damaged_backup_is_not_restored(
    copy: Path, tmp_path: Path, damage: Callable[[Path], None], said: str
) -> None:
    damage(copy)
    code, output = run("restore", copy, "--data", tmp_path / "new")
    assert (code, said in output) == (2, True), output
    assert {path.name for path in tmp_path.iterdir()} == {"copy"}


def test_a_backup_of_a_newer_schema_is_not_restored(copy: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(copy / "journey.db", isolation_level=None)) as newer:
        newer.execute("UPDATE alembic_version SET version_num = '9999'")
    manifest = msgspec.json.decode((copy / MANIFEST).read_bytes())
    manifest["files"]["journey.db"] = fingerprint(copy / "journey.db")
    (copy / MANIFEST).write_bytes(msgspec.json.encode(manifest))
    code, said = run("restore", copy, "--data", tmp_path / "new")
    assert (code, "start the newer one" in said) == (2, True), said
    assert {path.name for path in tmp_path.iterdir()} == {"copy"}


def test_nothing_is_overwritten(copy: Path, data: Path, tmp_path: Path) -> None:
    code, said = run("backup", copy, "--data", data)
    assert (code, "is there already" in said) == (2, True)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "notes").write_text("mine")
    code, said = run("restore", copy, "--data", tmp_path / "full")
    assert (code, "is not empty" in said) == (2, True)
    assert (tmp_path / "full" / "notes").read_text() == "mine"
    (tmp_path / "empty").mkdir()
    assert run("restore", copy, "--data", tmp_path / "empty")[0] == 0


def test_what_is_no_data_folder_or_no_backup_is_named(tmp_path: Path) -> None:
    code, said = run("backup", tmp_path / "copy", "--data", tmp_path)
    assert (code, "is no data folder of Waypost" in said) == (2, True)
    code, said = run("restore", tmp_path, "--data", tmp_path / "new")
    assert (code, "is no backup of Waypost" in said) == (2, True)
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_database_is_not_copied(data: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.mkdir()
    for path in data.iterdir():
        (broken / path.name).write_bytes(path.read_bytes())
    content = bytearray((broken / "alerts.db").read_bytes())
    content[4096:8192] = b"\xff" * 4096
    (broken / "alerts.db").write_bytes(content)
    code, said = run("backup", tmp_path / "copy", "--data", broken)
    assert code == 2
    assert "alerts.db" in said
    assert {path.name for path in tmp_path.iterdir()} == {"broken"}


def test_a_folder_of_any_name_is_copied(data: Path, tmp_path: Path) -> None:
    odd = tmp_path / "50% #1?mode=rwc"
    shutil.copytree(data, odd)
    before = {path.name for path in tmp_path.iterdir()}
    code, said = run("backup", tmp_path / "copy", "--data", odd)
    assert code == 0, said
    assert {path.name for path in tmp_path.iterdir()} == {*before, "copy"}
