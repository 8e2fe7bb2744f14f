"""`waypost up` as a person starts it: real processes, a real shell, a real Ctrl-C."""

import json
import os
import re
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest

from shared.settings import SERVICES
from tests.servers import free_ports, until
from tests.shared_data import ROOT

pytestmark = pytest.mark.xdist_group("up")  # one after the other: each starts four processes

WAYPOST = Path(sys.executable).with_name("waypost")
DEMO_MAP = ROOT / "deploy" / "maps" / "demo.yaml"


@dataclass
class Up:
    """A `waypost up` that runs in a folder of its own."""

    process: subprocess.Popen[str]
    folder: Path
    port: int
    output: Path

    def said(self) -> str:
        """Return what it printed so far."""
        return self.output.read_text()

    def keys(self) -> dict[str, str]:
        """Return the pair of its folder."""
        keys: dict[str, str] = json.loads((self.folder / "keys.json").read_text())
        return keys

    def get(self, service: str, path: str) -> Any:  # noqa: ANN401 (JSON)
        """Ask a service with the API token."""
        answer = httpx.get(
            f"http://127.0.0.1:{self.port + SERVICES.index(service)}{path}",
            headers={"Authorization": f"Bearer {self.keys()['api_token']}"},
            timeout=30.0,
        )
        assert answer.status_code == 200, answer.text
        return answer.json()

    def children(self) -> dict[str, int]:
        """Return the processes of the services by name."""
        found = {}
        for folder in Path("/proc").iterdir():
            if folder.name.isdecimal():
                try:
                    words = (folder / "cmdline").read_text().split("\0")
                    parent = (folder / "stat").read_text().rpartition(")")[2].split()[1]
                except (FileNotFoundError, ProcessLookupError):
                    continue
                if int(parent) == self.process.pid and "-m" in words:
                    found[words[words.index("-m") + 1].removeprefix("services.")] = int(folder.name)
        return found


def environment(**more: str) -> dict[str, str]:
    return {k: v for k, v in os.environ.items() if not k.startswith("WAYPOST_")} | more


@contextmanager
def up(folder: Path, *options: str, port: int = 0, **settings: str) -> Iterator[Up]:
    """Start it and wait until it said that it runs."""
    port = port or free_ports(4)
    output = folder.parent / f"{folder.name}-{port}.out"
    with output.open("w") as out:
        process = subprocess.Popen(
            [WAYPOST, "up", "--data", folder, "--port", str(port), *options],
            stdout=out,
            stderr=out,
            text=True,
            env=environment(**settings),
        )
    running = Up(process, folder, port, output)
    try:
        until(lambda: "Ctrl-C stops it." in running.said() or process.poll() is not None, 90, "waypost up")
        assert process.poll() is None, running.said()
        yield running
    finally:
        if process.poll() is None:
            process.terminate()
        process.wait(30)


def second_up(folder: Path, port: int) -> subprocess.CompletedProcess[str]:
    command = [str(WAYPOST), "up", "--data", str(folder), "--port", str(port)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env=environment())


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    with up(tmp_path_factory.mktemp("up") / "data", "--map", str(DEMO_MAP)) as started:
        yield started


def test_it_says_once_where_everything_is(running: Up) -> None:
    said, keys = running.said(), running.keys()

    for n, name in enumerate(SERVICES):
        assert re.search(rf"{name} +http://127\.0\.0\.1:{running.port + n}\b", said)
    assert said.count("(may send touchpoints, nothing else)") == 1
    assert keys["write_key"] in said
    assert keys["api_token"] in said
    assert "Map `onboarding` stands in version 1." in said


def test_a_map_that_is_refused_is_said_last_and_what_to_send_is_an_event_of_the_map(tmp_path: Path) -> None:
    path = tmp_path / "odd.yaml"
    path.write_text("map: odd\npath: [Hello There, {step: b, match: B, requires: [zz]}]\n")
    with up(tmp_path / "data", "--map", str(path), WAYPOST_WEBHOOK_URL="https://192.0.2.1/hook") as running:
        until(lambda: "is not published" in running.said())

        assert "requires the unknown step `zz`" in running.said().splitlines()[-1]
        assert '"event": "Hello There"' in running.said()


def test_the_line_to_paste_works_as_printed(running: Up) -> None:
    line = next(line for line in running.said().splitlines() if line.strip().startswith("curl "))

    done = subprocess.run(line, shell=True, capture_output=True, text=True, timeout=30, check=False)  # noqa: S602 (as a person does)

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["success"] is True
    until(lambda: running.get("journey", "/v1/status")["behind"] == 0)
    until(lambda: running.get("journey", "/v1/customers")["customers"])
    customer = running.get("journey", "/v1/customers/user:u-1")
    assert customer["journeys"][0]["position"]["after"] == "signup"


def command(running: Up, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a command against it, found by port and folder."""
    line = [str(WAYPOST), *words, "--port", str(running.port), "--data", str(running.folder)]
    return subprocess.run(line, capture_output=True, text=True, timeout=60, check=False, env=environment())


def test_the_commands_find_it_by_port_and_folder(running: Up) -> None:
    httpx.post(
        f"http://127.0.0.1:{running.port + 1}/v1/touchpoints",
        json=[
            {"userId": "u-7", "event": "Signed Up", "messageId": "u-7-1", "timestamp": "2026-03-01T10:00:00Z"},
            {
                "userId": "u-7",
                "event": "Trial Project Built",
                "messageId": "u-7-2",
                "timestamp": "2026-03-02T10:00:00Z",
            },
        ],
        auth=(running.keys()["write_key"], ""),
    ).raise_for_status()
    until(lambda: command(running, "customer", "u-7").returncode == 0, what="the customer being there")
    told = command(running, "customer", "user:u-7").stdout

    assert "onboarding · version 1 · on the way" in told
    assert "At       Offer (buy), last moved 02 Mar 2026 10:00, after Trial" in told
    assert "Skipped Tour" in told
    assert "Signed Up" in told
    assert json.loads(command(running, "customer", "u-7", "--json").stdout)["ids"] == ["user:u-7"]
    status = command(running, "status")
    assert status.returncode == 0, status.stdout + status.stderr
    assert [line.split()[:2] for line in status.stdout.splitlines()[: len(SERVICES)]] == [
        [n, r] for n, r in zip(SERVICES, ["ready", "ready", "ready:", "ready:"], strict=True)
    ]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["customer", "nobody"], "error: no customer is known as `nobody`"),
        (["customer", "a/../b c"], "error: no customer is known as `a/../b c`"),
        (["migrate"], "error: Waypost already runs on "),
    ],
)
def test_commands_that_cannot_do_it_say_why_in_one_line(running: Up, words: list[str], said: str) -> None:
    line = [str(WAYPOST), *words, "--data", str(running.folder)]
    line += ["--port", str(running.port)] if words[0] == "customer" else []
    done = subprocess.run(line, capture_output=True, text=True, timeout=60, check=False, env=environment())

    assert done.returncode in (1, 2)
    assert done.stderr.startswith(said)
    assert done.stderr.count("\n") == 1


def test_the_console_shows_the_map_to_who_has_the_token(running: Up) -> None:
    page = httpx.get(
        f"http://127.0.0.1:{running.port}/",
        headers={"Authorization": f"Bearer {running.keys()['api_token']}"},
        timeout=30.0,
    )

    assert page.status_code == 200
    assert "From first visit to renewal" in page.text
    assert '<svg class="drawn' in page.text, "nobody has come yet: the designed map alone"


def test_keys_lie_in_files_for_their_owner_alone(running: Up) -> None:
    assert stat.S_IMODE(running.folder.stat().st_mode) == 0o700
    for name in ("keys.json", "key_hashes.json"):
        assert stat.S_IMODE((running.folder / name).stat().st_mode) == 0o600


def test_a_second_up_on_the_folder_gets_one_clear_line(running: Up) -> None:
    done = second_up(running.folder, free_ports(4))

    assert done.returncode == 2
    assert done.stderr == (
        f"error: Waypost already runs on {running.folder}: stop it first, or choose another folder with --data\n"
    )


def test_a_taken_port_gets_one_clear_line(running: Up, tmp_path: Path) -> None:
    done = second_up(tmp_path / "other", running.port - 1)

    assert done.returncode == 2
    assert done.stderr == (
        f"error: port {running.port} (ingest) is taken: choose four free ones in a row with --port\n"
    )


@pytest.mark.parametrize("service", SERVICES)
def test_a_killed_service_is_restarted_and_requests_survive(running: Up, service: str) -> None:
    before = running.children()
    os.kill(before[service], signal.SIGKILL)

    answer = httpx.get(f"http://127.0.0.1:{running.port + SERVICES.index(service)}/healthz", timeout=30.0)

    assert answer.status_code == 200
    assert running.children()[service] != before[service]


def test_ctrl_c_stops_everything_cleanly_although_somebody_reads_the_stream_of_alerts(tmp_path: Path) -> None:
    with up(tmp_path / "data") as running:
        children = running.children()
        token = running.keys()["api_token"]
        stream = subprocess.Popen(
            [
                "curl",
                "-sSN",
                "-H",
                f"Authorization: Bearer {token}",
                f"http://127.0.0.1:{running.port + 3}/v1/alerts/stream",
            ],
            stdout=subprocess.PIPE,
        )
        assert stream.stdout is not None
        assert stream.stdout.readline()
        running.process.send_signal(signal.SIGINT)

        assert running.process.wait(20) == 0
        assert "Traceback" not in running.said()
        assert "was killed" not in running.said()
        stream.wait(10)
        stream.stdout.close()
        assert not [name for name, pid in children.items() if Path(f"/proc/{pid}").exists()]


def test_a_later_start_says_where_the_keys_lie_and_not_the_keys(tmp_path: Path) -> None:
    with up(tmp_path / "data") as first:
        keys = first.keys()
    with up(tmp_path / "data") as second:
        assert second.keys() == keys
        assert keys["api_token"] not in second.said()
        assert f"The write key and the API token lie in {tmp_path / 'data' / 'keys.json'}" in second.said()


def test_kill_9_of_the_supervisor_leaves_no_orphans_and_nothing_is_lost(tmp_path: Path) -> None:
    key = "wk_chosen_for_this_test"
    with up(tmp_path / "data", WAYPOST_WRITE_KEY=key) as first:
        children = first.children()
        sent = httpx.post(
            f"http://127.0.0.1:{first.port + 1}/v1/track", json={"userId": "u-9", "event": "Signed Up"}, auth=(key, "")
        )
        assert sent.status_code == 200
        first.process.kill()
        first.process.wait()
    assert set(children) == set(SERVICES)
    with up(tmp_path / "data", port=first.port) as second:  # waits for the orphans' end, then starts
        assert not [name for name, pid in children.items() if pid in second.children().values()]
        until(lambda: second.get("journey", "/v1/customers")["customers"])
        assert second.get("journey", "/v1/customers")["customers"][0]["ids"] == ["user:u-9"]


@pytest.mark.parametrize(
    ("options", "settings", "said"),
    [
        (["--map", str(ROOT / "pyproject.toml")], {}, f"{ROOT / 'pyproject.toml'}:2: error: "),
        ([], {"WAYPOST_BATCH": "many"}, "error: wrong setting: WAYPOST_BATCH: "),
        (
            [],
            {"WAYPOST_SMTP_URL": "mail.example.com"},
            "error: the channel mail cannot work: WAYPOST_SMTP_URL begins with",
        ),
        (
            [],
            {"WAYPOST_SLACK_URL": "https://slack.example", "WAYPOST_BATCH": "1", "WAYPOST_WEBHOOK_URL": "x"},
            "waypost: WAYPOST_SLACK_URL is no setting and does nothing: did you mean WAYPOST_SLACK_WEBHOOK_URL?\nerr",
        ),
        ([], {"WAYPOST_WRITE_KEY": "short"}, "error: WAYPOST_WRITE_KEY must have 16 to 200 visible ASCII characters"),
    ],
)
def test_what_is_wrong_before_the_start_is_one_clear_line(
    tmp_path: Path, options: list[str], settings: dict[str, str], said: str
) -> None:
    command = [str(WAYPOST), "up", "--data", str(tmp_path / "data"), "--port", str(free_ports(4)), *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env=environment(**settings))

    assert done.returncode == 2
    assert done.stderr.startswith(said)
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "data").exists()


def test_a_port_that_is_taken_is_said_and_leaves_no_folder(tmp_path: Path) -> None:
    port = free_ports(4)
    with socket.create_server(("127.0.0.1", port + 2)):
        command = [str(WAYPOST), "up", "--data", str(tmp_path / "data"), "--port", str(port)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env=environment())

    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert f"port {port + 2} (journey) is taken: choose four free ones in a row with --port" in done.stderr
    assert not (tmp_path / "data").exists()
