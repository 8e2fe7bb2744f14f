"""Starts what is measured: real service processes on a fresh data folder, and the reference server."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2 as httpx

from bench.measure import BUILD
from migrations.run import upgrade_all
from shared.settings import SERVICES
from tests.servers import free_ports
from tests.servers.system import TenantKeys, make_keys

TICKS = os.sysconf("SC_CLK_TCK")
TENANT = "a"


@dataclass(frozen=True, slots=True)
class Server:
    """A process that listens."""

    process: "subprocess.Popen[bytes]"
    port: int

    def cpu(self) -> float:
        """Return the seconds of CPU that the process has used so far."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS


@dataclass(frozen=True, slots=True)
class Running:
    """Some of the services on one folder."""

    folder: Path
    keys: TenantKeys
    servers: dict[str, Server]

    def publish(self, map: Path, name: str) -> None:
        """Publish a map."""
        answer = httpx.put(
            f"http://127.0.0.1:{self.servers['journey'].port}/v1/maps/{name}",
            headers={"Authorization": f"Bearer {self.keys.admin}"},
            content=map.read_bytes(),
        )
        answer.raise_for_status()


@contextmanager
def running(folder: Path, services: Sequence[str], profile: str = "", **environment: str) -> Iterator[Running]:
    """Run services until the block ends. `profile` names the service that runs under cProfile, into build/."""
    upgrade_all(folder)
    keys = make_keys(folder)[TENANT]
    first = free_ports(len(SERVICES))
    servers = {}
    environment = {**os.environ, "WAYPOST_LOG_LEVEL": "warning", **environment}
    environment |= {"WAYPOST_DATA": str(folder), "WAYPOST_PORT": str(first)}
    try:
        for name in services:
            module = ["bench.profiled", str(folder / f"{name}.prof")] if name == profile else []
            command = [sys.executable, "-m", *module, f"services.{name}"]
            servers[name] = Server(subprocess.Popen(command, env=environment), first + SERVICES.index(name))
        for server in servers.values():
            _await(server)
        yield Running(folder, keys, servers)
    finally:
        _stop([server.process for server in servers.values()])


@contextmanager
def reference() -> Iterator[Server]:
    """Run the reference server until the block ends."""
    port = free_ports()
    server = Server(subprocess.Popen([sys.executable, "-m", "bench.references", str(port)]), port)
    try:
        _await(server, "/openapi.json")
        yield server
    finally:
        _stop([server.process])


def _await(server: Server, path: str = "/readyz") -> None:
    for _ in range(600):
        if server.process.poll() is not None:
            message = f"{server.process.args!r} ended with {server.process.returncode}"
            raise RuntimeError(message)
        try:
            if httpx.get(f"http://127.0.0.1:{server.port}{path}").status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.05)
    message = f"{server.process.args!r} never became ready"
    raise RuntimeError(message)


def _stop(processes: Sequence["subprocess.Popen[bytes]"]) -> None:
    for process in processes:
        process.terminate()
    for process in processes:
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def keep_profile(profile: Path, name: str) -> None:
    """Leave what a profile says in build/ as text, the functions that take longest first."""
    if profile.exists():
        code = f"import pstats; pstats.Stats({str(profile)!r}).sort_stats('tottime').print_stats(60)"
        said = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
        (BUILD / f"profile-{name}.txt").write_text(said)
