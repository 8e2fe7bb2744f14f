"""An ingest service that really runs: uvicorn on a port, SQLite files, two tenants."""

import threading
from contextlib import closing
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Self

import httpx2 as httpx
import uvicorn

from migrations.run import upgrade
from services.ingest.app import create_app
from services.ingest.store.keys import KeyStore
from shared.auth import Scope
from shared.clock import Clock
from shared.events import DeadLetter, Touchpoint, decode_dead_letter, decode_touchpoint
from shared.log.event_log import DEAD_LETTERS, TOUCHPOINTS, EventLog, Record
from shared.log.sql_log import SqlLog
from shared.settings import Settings
from tests.servers import free_ports, until

SCOPES: tuple[Scope, ...] = ("write", "read", "admin")
TENANTS = ("acme", "globex")


@cache
def migrated() -> dict[str, bytes]:
    """Return the files of an empty data folder: migrating once is enough for many tests."""
    with TemporaryDirectory() as folder:
        for database in ("log", "ingest"):
            upgrade(database, Path(folder) / f"{database}.db")
        return {path.name: path.read_bytes() for path in Path(folder).glob("*.db")}


def make_folder(folder: Path) -> dict[tuple[str, str], str]:
    """Make a data folder and return the keys of two tenants by (tenant, scope)."""
    for name, content in migrated().items():
        if not (folder / name).exists():
            (folder / name).write_bytes(content)
    with KeyStore(folder / "ingest.db") as store:
        keys: dict[tuple[str, str], str] = {
            (tenant, scope): store.create(tenant, scope, "web") for tenant in TENANTS for scope in SCOPES
        }
        store.publish()
    return keys


def read(log: EventLog, topic: str) -> list[Record]:
    """Return every record of a topic."""
    with closing(log.subscribe(topic, "test", lambda _: None, lambda _: None)) as reader:
        records: list[Record] = []
        while more := reader.poll(0):
            records += more
        return records


class Ingest:
    """A running ingest service and its log."""

    def __init__(self, folder: Path, *, clock: Clock | None = None, log: Any = None, **more: Any) -> None:  # noqa: ANN401 (settings)
        """Start; `more` are settings."""
        self.folder = folder
        self.keys = make_folder(folder)
        self.port = free_ports(3) + 1  # the neighbours stay free for those who look for other services there
        self.settings = Settings(data=folder, **more)
        app = create_app(self.settings, clock, log)
        self._server = uvicorn.Server(uvicorn.Config(app, port=self.port, log_config=None, timeout_graceful_shutdown=3))
        self._thread = threading.Thread(target=self._server.run)
        self._thread.start()
        until(lambda: self._server.started, what="ingest starting")
        self.http = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=30.0)
        self.log = SqlLog(folder / "log.db")

    def __enter__(self) -> Self:
        """Use until the end of the block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self.http.close()
        self.log.close()
        self._server.should_exit = True
        self._thread.join()

    @property
    def url(self) -> str:
        """Where the service is."""
        return f"http://127.0.0.1:{self.port}"

    def ask(self, method: str, path: str, *, tenant: str = "acme", scope: str = "write", **more: Any) -> httpx.Response:  # noqa: ANN401 (httpx's)
        """Send a request with a key of a tenant."""
        headers = {"Authorization": f"Bearer {self.keys[tenant, scope]}"} | more.pop("headers", {})
        return self.http.request(method, path, headers=headers, **more)

    def post(self, path: str, body: Any, **more: Any) -> dict[str, Any]:  # noqa: ANN401 (JSON)
        """Return what a door answers to events that it takes."""
        how = {"content": body} if isinstance(body, bytes) else {"json": body}
        answer = self.ask("POST", path, **how, **more)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def touchpoints(self) -> list[Touchpoint]:
        """Return what was stored."""
        return [decode_touchpoint(record.value) for record in read(self.log, TOUCHPOINTS)]

    def letters(self) -> list[DeadLetter]:
        """Return what was refused."""
        return [decode_dead_letter(record.value) for record in read(self.log, DEAD_LETTERS)]
