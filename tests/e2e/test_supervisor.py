"""The supervisor with services that can be asked who they are: killed, stopped and left alone."""

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx2 as httpx
import pytest

from shared.settings import SERVICES, Settings
from tests.servers import free_ports, until
from waypost.up import CannotStartError, Supervisor, hold, pause_after

STAND_IN = dict.fromkeys(SERVICES, "tests.e2e.stand_in")
SCRIPT = """
import sys, threading
from pathlib import Path
from shared.settings import SERVICES, Settings
from waypost.up import Supervisor, hold
with hold(Settings(data=Path(sys.argv[1]), port=int(sys.argv[2]))) as place:
    with Supervisor(place, print, modules=dict.fromkeys(SERVICES, "tests.e2e.stand_in")):
        threading.Event().wait()
"""


def pid(port: int) -> int:
    """Ask a service for its process; a request waits while the service starts."""
    number: int = httpx.get(f"http://127.0.0.1:{port}/process", timeout=30.0).json()["pid"]
    return number


def is_bound(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port)).close()
    except ConnectionRefusedError:
        return False
    return True


def lives(process: int) -> bool:
    """Tell whether a process runs; one that ended and that nobody waited for yet does not."""
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in "ZX"


@dataclass
class Running:
    """A supervisor in this process."""

    settings: Settings
    said: list[str] = field(default_factory=list)


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    running = Running(Settings(data=tmp_path, port=free_ports(4)))
    with hold(running.settings) as place, Supervisor(place, running.said.append, modules=STAND_IN):
        yield running


def test_all_four_services_answer_on_ports_in_a_row(running: Running) -> None:
    assert len({pid(running.settings.port + n) for n in range(4)}) == 4


def test_a_request_made_while_a_killed_service_is_down_is_answered_by_the_next_process(running: Running) -> None:
    port = running.settings.port + 1
    first = pid(port)
    os.kill(first, signal.SIGKILL)

    second = pid(port)

    assert second != first
    assert "ingest was killed (SIGKILL); starting it again" in running.said
    os.kill(second, signal.SIGKILL)
    assert pid(port) not in (first, second)
    assert "ingest was killed (SIGKILL); starting it again in 0.5 s" in running.said


def test_the_death_of_one_service_leaves_the_others_alone(running: Running) -> None:
    others = [pid(running.settings.port + n) for n in (0, 2, 3)]
    os.kill(pid(running.settings.port + 1), signal.SIGKILL)
    pid(running.settings.port + 1)

    assert [pid(running.settings.port + n) for n in (0, 2, 3)] == others


def test_services_find_no_key_in_their_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAYPOST_WRITE_KEY", "wk_of_the_environment")
    monkeypatch.setenv("WAYPOST_API_TOKEN", "at_of_the_environment")
    port = free_ports(4)
    with hold(Settings(data=tmp_path, port=port)) as place, Supervisor(place, print, modules=STAND_IN):
        found = httpx.get(f"http://127.0.0.1:{port}/process", timeout=30.0).json()["environment"]

    assert {"WAYPOST_DATA", "WAYPOST_PORT", "WAYPOST_HOST"} <= set(found)
    assert not {"WAYPOST_WRITE_KEY", "WAYPOST_API_TOKEN"} & set(found)


def test_stopping_ends_every_service_within_seconds_although_somebody_reads_a_stream(tmp_path: Path) -> None:
    port = free_ports(4)
    reading = threading.Event()
    with hold(Settings(data=tmp_path, port=port)) as place:
        with Supervisor(place, print, modules=STAND_IN):
            processes = [pid(port + n) for n in range(4)]

            def read() -> None:
                try:
                    with httpx.stream("GET", f"http://127.0.0.1:{port + 3}/stream", timeout=30.0) as stream:
                        for _ in stream.iter_lines():
                            reading.set()
                except httpx.TransportError:
                    pass  # the server went away, as it should

            reader = threading.Thread(target=read)
            reader.start()
            assert reading.wait(20)
            stopping = threading.Timer(8.0, os.abort)  # were it to hang, this test must not
            stopping.start()
        stopping.cancel()
    reader.join(10)

    assert not reader.is_alive()
    assert not any(lives(process) for process in processes)


def test_a_service_that_cannot_run_is_tried_again_with_growing_pauses(tmp_path: Path) -> None:
    said: list[str] = []
    modules = STAND_IN | {"journey": "tests.e2e.no_such_module"}
    with (
        (tmp_path / "errors").open("wb") as errors,
        hold(Settings(data=tmp_path, port=free_ports(4))) as place,
        Supervisor(place, said.append, modules=modules, errors=errors),
    ):
        until(lambda: len(said) >= 3, what="the third death")
        pid(place.settings.port + 1)

    assert said[:3] == [
        "journey ended (exit code 1); starting it again",
        "journey ended (exit code 1); starting it again in 0.5 s",
        "journey ended (exit code 1); starting it again in 1 s",
    ]
    assert "no_such_module" in (tmp_path / "errors").read_text()


@pytest.mark.parametrize(("deaths", "seconds"), [(1, 0.0), (2, 0.5), (3, 1.0), (6, 8.0), (8, 30.0), (5000, 30.0)])
def test_pauses_double_up_to_half_a_minute(deaths: int, seconds: float) -> None:
    assert pause_after(deaths) == seconds


def test_a_folder_and_a_port_are_taken_once_and_free_again_afterwards(running: Running, tmp_path: Path) -> None:
    with pytest.raises(CannotStartError, match=r"Waypost already runs on .*choose another folder with --data"):
        hold(running.settings).__enter__()
    other = tmp_path / "other"
    other.mkdir()
    with pytest.raises(CannotStartError, match=rf"port {running.settings.port + 1} \(console\) is taken.*--port"):
        hold(Settings(data=other, port=running.settings.port + 1)).__enter__()
    with hold(Settings(data=other, port=free_ports(4))):
        pass  # the lock of a start that failed is gone


def test_kill_9_of_the_supervisor_leaves_no_orphans_and_a_new_one_can_start_at_once(tmp_path: Path) -> None:
    port = free_ports(4)
    supervisor = subprocess.Popen([sys.executable, "-c", SCRIPT, str(tmp_path), str(port)])
    until(lambda: is_bound(port + 3), what="the ports being bound")
    processes = [pid(port + n) for n in range(4)]
    supervisor.kill()
    supervisor.wait()

    with hold(Settings(data=tmp_path, port=port)) as place:
        assert not any(lives(process) for process in processes)
        with Supervisor(place, print, modules=STAND_IN):
            assert pid(port) not in processes
