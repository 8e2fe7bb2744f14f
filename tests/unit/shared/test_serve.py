"""A service's process: on an inherited socket or its own, until it is told to stop or left alone."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2 as httpx

from tests.servers import free_ports, until

SERVICE = """
import sys
from starlette.responses import JSONResponse
from shared.serve import serve
from shared.service import create_service

def create_app(settings):
    app = create_service("journey", settings, dict)
    app.add_route("/interval", lambda _: JSONResponse(sys.getswitchinterval()))
    return app

serve("journey", create_app)
"""


@contextmanager
def running(port: int, data: Path, **more: str) -> Iterator[subprocess.Popen[str]]:
    """Run the service in a process that inherits every descriptor named in `more`."""
    process = subprocess.Popen(
        [sys.executable, "-c", SERVICE],
        env=os.environ | {"WAYPOST_PORT": str(port), "WAYPOST_DATA": str(data)} | more,
        pass_fds=[int(fd) for fd in more.values()],
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def healthy(port: int) -> bool:
    """Ask the service whether it runs."""
    try:
        return httpx.get(f"http://127.0.0.1:{port}/healthz").status_code == 200
    except httpx.TransportError:
        return False


def test_a_service_listens_on_its_own_port_and_leaves_on_sigterm(tmp_path: Path) -> None:
    port = free_ports(4)
    with running(port, tmp_path) as process:
        until(lambda: healthy(port + 2))
        interval = httpx.get(f"http://127.0.0.1:{port + 2}/interval").json()
        process.send_signal(signal.SIGTERM)
        code = process.wait(10)

    assert interval == 0.0005
    assert code in {0, -signal.SIGTERM}


def test_a_request_made_before_the_process_runs_waits_and_is_answered(tmp_path: Path) -> None:
    alive, keep = os.pipe()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        early = socket.create_connection(("127.0.0.1", port))
        early.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        with (
            running(8700, tmp_path, WAYPOST_SOCKET_FD=str(listener.fileno()), WAYPOST_PARENT_FD=str(alive)),
            early.makefile("rb") as answer,
        ):
            said = answer.read()
        early.close()
    os.close(alive)
    os.close(keep)

    assert said.startswith(b"HTTP/1.1 200")


def test_a_service_ends_when_its_supervisor_is_gone(tmp_path: Path) -> None:
    alive, keep = os.pipe()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        descriptors = {"WAYPOST_SOCKET_FD": str(listener.fileno()), "WAYPOST_PARENT_FD": str(alive)}
        with running(8700, tmp_path, **descriptors) as process:
            until(lambda: healthy(port))
            os.close(keep)  # what the kernel does when a supervisor dies
            code = process.wait(10)
    os.close(alive)

    assert code == 0
