"""`waypost doctor` on folders that are whole and on folders that are broken, with nothing running."""

import json
import os
import shutil
import socket
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from typer.testing import CliRunner

from services.ingest.store.keys import KeyStore
from shared.auth import read_local_keys
from shared.clock import WallClock, machine_now, write_clock
from shared.events import Touchpoint, encode
from shared.log.event_log import TOUCHPOINTS, Append, NewRecord
from shared.log.sql_log import SqlLog
from shared.settings import Settings
from shared.times import HOUR
from tests.servers import free_ports
from tests.servers.keys import revoke
from waypost.cli import app
from waypost.doctor import folder as look
from waypost.folder import prepare


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a folder as the first `waypost up` does, with a record in the log."""
    folder = tmp_path_factory.mktemp("whole")
    prepare(Settings(data=folder))
    with closing(SqlLog(folder / "log.db")) as log:
        touchpoint = Touchpoint(1, "t", "web", "e", "track", [("user", "u")], 0, 1, 1)
        log.append([Append(TOUCHPOINTS, [NewRecord(b"", encode(touchpoint))])])
    return folder


@pytest.fixture
def folder(whole: Path, tmp_path: Path) -> Path:
    """Give a copy of the whole folder, to be broken."""
    shutil.copytree(whole, tmp_path / "data")
    return tmp_path / "data"


def lines(folder: Path, environment: dict[str, str] | None = None, port: int = 0) -> tuple[int, list[str]]:
    words = ["doctor", "--data", str(folder), "--port", str(port or free_ports(4))]
    clean: dict[str, str | None] = {name: None for name in os.environ if name.startswith("WAYPOST_")}
    ran = CliRunner().invoke(app, words, env={**clean, **(environment or {})}, catch_exceptions=False)
    return ran.exit_code, ran.output.splitlines()


def sql(file: Path, command: str, *values: object) -> None:
    with closing(sqlite3.connect(file)) as db, db:
        db.execute(command, values)


def test_a_whole_folder_is_fine_throughout(folder: Path) -> None:
    code, said = lines(folder)

    assert (code, [line for line in said if not line.startswith("✓")]) == (0, [])
    assert any("ingest.db is whole, schema" in line for line in said)
    assert any("2 stand, and all services read them" in line for line in said)


def test_before_the_first_start_there_is_nothing_wrong(tmp_path: Path) -> None:
    code, said = lines(tmp_path / "data")

    assert code == 0
    assert f"! data folder: {tmp_path / 'data'} is not there yet → `waypost up` makes it" in said


def other_log(folder: Path) -> None:
    sql(folder / "journey.db", "INSERT INTO offsets VALUES ('touchpoints', 0, 0, 0, 'another')")


def beyond(folder: Path) -> None:
    with closing(SqlLog(folder / "log.db")) as log:
        sql(folder / "journey.db", "INSERT INTO offsets VALUES ('touchpoints', 0, 99, 0, ?)", log.log_id)


def revoked(folder: Path) -> None:
    keys = read_local_keys(folder)
    assert keys
    with KeyStore(folder / "ingest.db") as store:
        revoke(store, keys.api_token)
        store.publish()


def unpublished(folder: Path) -> None:
    with KeyStore(folder / "ingest.db") as store:
        store.create("default", "write", "web")


def set_back(folder: Path) -> None:
    sql(folder / "log.db", "UPDATE log_segments SET machine_at = ?", machine_now() + 5 * HOUR)


def cut_off(folder: Path) -> None:
    (folder / "alerts.db").write_bytes((folder / "alerts.db").read_bytes()[:9000])


def of_schema(version: str) -> Callable[[Path], None]:
    return lambda folder: sql(folder / "ingest.db", "UPDATE alembic_version SET version_num = ?", version)


BROKEN: dict[str, tuple[Callable[[Path], object], str]] = {
    "mode": (
        lambda f: (f / "keys.json").chmod(0o644),
        "✕ data folder: {f}/keys.json may be read by others (mode 0644)",
    ),
    "keys": (lambda f: (f / "keys.json").write_text("{"), "✕ keys: keys.json or key_hashes.json cannot be read"),
    "snapshot": (lambda f: (f / "key_hashes.json").unlink(), "✕ keys: keys.json or key_hashes.json cannot be read"),
    "revoked": (revoked, "✕ keys: a key in keys.json was revoked or is not stored → restart `waypost up`"),
    "unpublished": (unpublished, "✕ keys: the services read other keys than are stored → restart `waypost up`"),
    "clock": (lambda f: (f / "clock.json").write_text("{"), "✕ clock: {f}/clock.json cannot be read"),
    "fast": (lambda f: write_clock(f, WallClock(speed=60.0)), "! clock: time runs in this folder, 60 times as fast"),
    "stopped": (lambda f: write_clock(f, WallClock(speed=0.0)), "! clock: time stands still in this folder"),
    "set back": (set_back, "✕ clock: the machine's clock is 5 h behind the last record that it stored → set the clock"),
    "no database": (
        lambda f: (f / "ingest.db").write_bytes(b"no database " * 999),
        "✕ databases: ingest.db cannot be used: file is not a database → stop",
    ),
    "cut off": (cut_off, "✕ databases: alerts.db"),
    "missing": (lambda f: (f / "journey.db").unlink(), "! databases: journey.db is not there yet → `waypost up`"),
    "older": (of_schema("0001"), "! databases: ingest.db has schema 0001 of "),
    "newer": (
        of_schema("tomorrow"),
        "✕ databases: ingest.db is of a newer Waypost (schema tomorrow) → start the newer",
    ),
    "other log": (other_log, "✕ offsets: what journey.db has read of log.db is of another log → put both files back"),
    "beyond": (beyond, "✕ offsets: what journey.db has read of log.db ends at record 99, and the log holds 0 to 1"),
}


@pytest.mark.parametrize(("breaks", "line"), BROKEN.values(), ids=BROKEN)
def test_what_is_broken_is_named_with_what_to_do(folder: Path, breaks: Callable[[Path], object], line: str) -> None:
    breaks(folder)
    code, said = lines(folder)
    wanted = line.format(f=folder)

    assert [each for each in said if each.startswith(wanted)], said
    assert code == int(wanted.startswith("✕"))


@pytest.mark.parametrize(
    ("environment", "line"),
    [
        ({"WAYPOST_LATENES_S": "5"}, "! settings: WAYPOST_LATENES_S is no setting and does nothing → did you mean WAY"),
        ({"WAYPOST_QQ": "5"}, "! settings: WAYPOST_QQ is no setting and does nothing → docs/settings.md lists them"),
        ({"WAYPOST_BATCH": "many"}, "✕ settings: WAYPOST_BATCH: Input should be a valid integer"),
        ({"WAYPOST_LOG_LEVEL": "loud"}, "✕ settings: WAYPOST_LOG_LEVEL: "),
        ({"WAYPOST_WRITE_KEY": "short"}, "✕ settings: WAYPOST_WRITE_KEY must have 16 to 200"),
        ({"WAYPOST_WEBHOOK_URL": "gopher://x"}, "✕ settings: the channel webhook cannot work: "),
        ({"WAYPOST_SMTP_URL": "mail.example.com"}, "✕ settings: the channel mail cannot work: "),
        ({"WAYPOST_DISK_FREE_MB": str(1 << 40)}, "✕ disk: "),
        ({"WAYPOST_API_TOKEN": "at_of_another_system"}, "! keys: WAYPOST_API_TOKEN is no key that stands"),
    ],
)  # fmt: skip
def test_a_setting_that_is_wrong_or_none_is_named(folder: Path, environment: dict[str, str], line: str) -> None:
    code, said = lines(folder, environment)

    assert [each for each in said if each.startswith(line)], said
    assert code == int(line.startswith("✕"))


def test_keys_that_cannot_be_read_and_a_webhook_that_needs_them_are_no_traceback(folder: Path) -> None:
    (folder / "keys.json").write_text("{")
    code, said = lines(folder, {"WAYPOST_WEBHOOK_URL": "https://example.com/hook"})

    assert code == 1
    assert [line for line in said if line.startswith("✕ keys: keys.json")]


def test_a_port_that_another_program_has_is_named(folder: Path) -> None:
    port = free_ports(4)
    with socket.create_server(("127.0.0.1", port + 2)):
        code, said = lines(folder, port=port)

    assert code == 1
    assert f"✕ ports: {port + 2} (journey) is taken by another program → end it, or choose four free" in "\n".join(said)
    assert f"✓ ports: {port} console: free" in said


class Ready(BaseHTTPRequestHandler):
    """Answers as a service that is ready, and knows one token."""

    token = ""

    def do_GET(self) -> None:
        """Say that nothing is wrong."""
        body = b'{"wrong": {}}'
        known = self.path == "/readyz" or self.headers["Authorization"] == f"Bearer {self.token}"
        self.send_response(200 if known else 401)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_a_waypost_that_answers_where_the_folder_is_not_made_yet_is_that_of_another(
    folder: Path, tmp_path: Path
) -> None:
    port = free_ports(4)
    with ThreadingHTTPServer(("127.0.0.1", port), Ready) as server:
        threading.Thread(target=server.serve_forever).start()
        (_, ours), (code, others) = lines(folder, port=port), lines(tmp_path / "none", port=port)
        server.shutdown()

    assert f"✓ ports: {port} console: ready" in ours
    assert code == 0
    assert [line for line in others if line.startswith(f"! ports: {port} console: ready, on another data folder → say")]


def test_a_waypost_that_does_not_know_the_key_of_the_folder_is_told(folder: Path) -> None:
    keys = read_local_keys(folder)
    assert keys
    ours = type("Ours", (Ready,), {"token": keys.api_token})
    said = {}
    for answers in (ours, Ready):
        port = free_ports(4)
        with ThreadingHTTPServer(("127.0.0.1", port + 2), answers) as server:
            threading.Thread(target=server.serve_forever).start()
            said[answers] = [line for line in lines(folder, port=port)[1] if f"{port + 2} journey" in line]
            server.shutdown()

    assert said[ours][0].startswith("✓ ports: ")
    assert said[ours][0].endswith(" journey: ready")
    assert said[Ready][0].startswith("! ports: ")
    assert " journey: ready, but does not know your key → say its folder with --data" in said[Ready][0]


def test_a_folder_of_another_user_is_left_as_it_is(tmp_path: Path) -> None:
    theirs, own = (look.barred(tmp_path, theirs=whose).line for whose in (True, False))

    assert "belongs to another user" in theirs
    assert "chmod" not in theirs
    assert f"→ chmod u+rwx {tmp_path}" in own


def test_a_folder_that_is_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").touch()
    code, said = lines(tmp_path / "data")

    assert code == 1
    assert f"✕ data folder: {tmp_path / 'data'} is a file → choose a folder with --data" in said


def test_a_full_disk_and_one_that_will_be_are_told_apart(tmp_path: Path) -> None:
    free = shutil.disk_usage(tmp_path).free >> 20

    assert [look.disk(tmp_path, bound).level for bound in (free * 2, int(free * 0.7), 1)] == ["wrong", "remark", "fine"]


def test_programs_read_it_as_json(folder: Path) -> None:
    words = ["doctor", "--data", str(folder), "--port", str(free_ports(4)), "--json"]
    ran = CliRunner().invoke(app, words, catch_exceptions=False)

    found = json.loads(ran.output)
    assert {"level", "about", "text", "do"} == set(found[0])
    assert {"settings", "python", "data folder", "disk", "databases", "keys", "clock", "ports"} <= {
        each["about"] for each in found
    }
