"""A real Waypost for tests: the four services as processes on one data folder, killed and started at will.

The sockets belong to the test, as they belong to the supervisor in `waypost up`: a request made while a service is down
waits in the backlog and is answered by the next process.
"""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx2 as httpx

from migrations.run import upgrade_all
from services.ingest.store.keys import KeyStore
from shared.clock import WallClock, write_clock
from shared.database import connect
from shared.settings import SERVICES
from tests.servers.ports import free_ports
from tests.servers.waiting import until

TENANTS = ("a", "b")
HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class TenantKeys:
    """The keys of one tenant, one of each scope."""

    write: str
    read: str
    admin: str


def make_keys(folder: Path) -> dict[str, TenantKeys]:
    """Give each of the two tenants a key of each scope."""
    with KeyStore(folder / "ingest.db") as store:
        keys = {
            tenant: TenantKeys(
                write=store.create(tenant, "write", f"source-of-{tenant}"),
                read=store.create(tenant, "read", ""),
                admin=store.create(tenant, "admin", ""),
            )
            for tenant in TENANTS
        }
        store.publish()
    return keys


@dataclass
class System:
    """Four services on one folder. Requests are made as tenant `a` unless said otherwise."""

    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    clock: WallClock = field(default_factory=WallClock)
    keys: dict[str, TenantKeys] = field(init=False)
    port: int = field(init=False)
    processes: dict[str, subprocess.Popen[bytes]] = field(init=False, default_factory=dict)
    _listeners: dict[str, socket.socket] = field(init=False, default_factory=dict)
    _open: ExitStack = field(init=False, default_factory=ExitStack)

    @staticmethod
    def migrate(folder: Path) -> None:
        """Make a data folder with every database."""
        folder.mkdir(parents=True, exist_ok=True)
        upgrade_all(folder)

    def __enter__(self) -> Self:
        """Make the folder, take four ports, start everything and wait until it is ready."""
        self.migrate(self.folder)
        write_clock(self.folder, self.clock)
        self.keys = make_keys(self.folder)
        self.port = free_ports(len(SERVICES))
        for n, name in enumerate(SERVICES):
            self._listeners[name] = self._open.enter_context(socket.create_server((HOST, self.port + n), backlog=1024))
        self.http = self._open.enter_context(httpx.Client(timeout=30.0))
        self._alive, keep = os.pipe()
        self._open.callback(os.close, keep)
        self._open.callback(os.close, self._alive)
        self._errors = self._open.enter_context((self.folder / "services.log").open("ab"))
        try:
            self.start()
            self.wait_until_ready()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Stop everything."""
        self.stop()
        self._open.close()

    # processes

    def start(self, *services: str) -> None:
        """Start the services named, or all; those that run stay as they are."""
        for name in services or SERVICES:
            running = self.processes.get(name)
            if running is None or running.poll() is not None:
                self.processes[name] = self._start(name)

    def _start(self, name: str) -> subprocess.Popen[bytes]:
        listener = self._listeners[name].fileno()
        return subprocess.Popen(
            [sys.executable, "-m", f"services.{name}"],
            env={
                **os.environ,
                "WAYPOST_LOG_LEVEL": "warning",
                "WAYPOST_HEARTBEAT_S": "0.1",
                **self.environment,
                "WAYPOST_DATA": str(self.folder),
                "WAYPOST_PORT": str(self.port),
                "WAYPOST_SOCKET_FD": str(listener),
                "WAYPOST_PARENT_FD": str(self._alive),
            },
            pass_fds=(listener, self._alive),
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            stdout=self._errors,
            stderr=self._errors,
        )

    def kill(self, *services: str) -> None:
        """Kill the services named, or all, as kill -9 does, and wait until they are gone."""
        for name in services or SERVICES:
            self.processes[name].send_signal(signal.SIGKILL)
        for name in services or SERVICES:
            self.processes[name].wait()

    def stop(self) -> None:
        """Stop every service as `waypost up` does: SIGTERM, then kill those that stay."""
        for process in self.processes.values():
            process.terminate()
        for process in self.processes.values():
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def restart(self, *services: str) -> None:
        """Kill and start the services named, or all."""
        self.kill(*services)
        self.start(*services)

    def wait_until_ready(self) -> None:
        """Wait until every service that shall run says that it can do its work."""
        for name in self.processes:
            until(lambda name=name: self.is_ready(name), what=f"{name} being ready ({self.said()})")  # type: ignore[misc]

    def is_ready(self, name: str) -> bool:
        """Say whether a service can do its work. Raises RuntimeError when it is gone."""
        if self.processes[name].poll() is not None:
            message = f"{name} ended with {self.processes[name].returncode}: {self.said()}"
            raise RuntimeError(message)
        try:
            return self.http.get(self.url(name, "/readyz"), timeout=5.0).status_code == 200
        except httpx.TransportError:  # it died, or does not answer yet
            return False

    def said(self) -> str:
        """Return the last that the services logged."""
        return (self.folder / "services.log").read_text(errors="replace")[-3000:]

    # questions

    def url(self, service: str, path: str) -> str:
        """Return the address of a path of a service."""
        return f"http://{HOST}:{self.port + SERVICES.index(service)}{path}"

    def request(self, method: str, service: str, path: str, key: str, **more: Any) -> httpx.Response:  # noqa: ANN401
        """Ask a service with a key."""
        return self.http.request(method, self.url(service, path), headers={"Authorization": f"Bearer {key}"}, **more)

    def get(self, service: str, path: str, tenant: str = "a", **params: str | int) -> Any:  # noqa: ANN401 (JSON)
        """Return the JSON of a GET."""
        answer = self.request("GET", service, path, self.keys[tenant].read, params=params)
        assert answer.status_code == 200, (path, answer.status_code, answer.text)
        return answer.json()

    def publish(self, map: str, text: str, tenant: str = "a") -> None:
        """Publish a map."""
        answer = self.request("PUT", "journey", f"/v1/maps/{map}", self.keys[tenant].admin, content=text.encode())
        assert answer.is_success, answer.text

    def send(self, events: Sequence[Mapping[str, Any]], tenant: str = "a") -> dict[str, Any]:
        """Send touchpoints in one request and return the answer."""
        answer = self.request("POST", "ingest", "/v1/touchpoints", self.keys[tenant].write, json=list(events))
        assert answer.status_code == 200, (answer.status_code, answer.text)
        said: dict[str, Any] = answer.json()
        return said

    def customer(self, id: str, tenant: str = "a") -> Any:  # noqa: A002, ANN401 (JSON)
        """Return what stands about a customer, or None."""
        answer = self.request("GET", "journey", f"/v1/customers/{id}", self.keys[tenant].read)
        return answer.json() if answer.status_code == 200 else None

    def alerts(self, tenant: str = "a", status: str = "live") -> list[dict[str, Any]]:
        """Return the alerts of a tenant, all pages."""
        found: list[dict[str, Any]] = []
        after: str | None = ""
        while after is not None:
            page = self.get("alerts", "/v1/alerts", tenant, status=status, limit=500, after=after)
            found += page["alerts"]
            after = page["next"]
        return found

    # progress, read where it is durable

    def rows(self, database: str, question: str, *values: object) -> list[tuple[Any, ...]]:
        """Ask a database file."""
        with closing(connect(self.folder / f"{database}.db", read_only=True)) as connection:
            return connection.execute(question, values).fetchall()

    def _end(self, database: str, topic: str) -> int:
        found = self.rows(database, "SELECT next FROM log_heads WHERE topic = ? AND part = 0", topic)
        return int(found[0][0]) if found else 0

    def _reached(self, database: str, topic: str) -> int:
        found = self.rows(database, "SELECT next FROM offsets WHERE topic = ? AND part = 0", topic)
        return int(found[0][0]) if found else 0

    def wait_until_consumed(self, seconds: float = 60.0) -> None:
        """Wait until every touchpoint stored so far is in a journey, and every fact of it in the alerts."""
        for reader, writer, topic in (("journey", "log", "touchpoints"), ("alerts", "journey", "facts")):
            end = self._end(writer, topic)
            try:
                until(lambda r=reader, t=topic, e=end: self._reached(r, t) >= e, seconds, f"{reader} reading")  # type: ignore[misc]
            except TimeoutError as error:
                error.add_note(self.said())
                raise

    def dead_letters(self) -> int:
        """Return how many records became dead letters, in any service."""
        return sum(self._end(database, "dead_letters") for database in ("log", "journey", "alerts"))

    def heard_until(self) -> int:
        """Return up to which moment everything has been heard, in microseconds; absence is judged less the lateness."""
        found = self.rows("journey", "SELECT min(heard_until) FROM offsets WHERE topic = 'touchpoints'")
        return int(found[0][0] or 0)


def ids_of(events: Iterable[Mapping[str, Any]]) -> set[str]:
    """Return the user ids that events name, as the API writes them."""
    return {f"user:{event['userId']}" for event in events if event.get("userId")}
