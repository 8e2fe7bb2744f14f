"""A real Prometheus beside a running Waypost, with the configuration that we deploy."""

import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx2 as httpx

from shared.settings import SERVICES
from tests.servers.ports import free_ports
from tests.servers.system import HOST
from tests.servers.waiting import until
from tests.shared_data import ROOT

DEPLOY = ROOT / "deploy"
EVERY = "300ms"  # instead of 15 s, between two scrapes and between two evaluations


@dataclass
class Prometheus:
    """Prometheus on the services from `port` on; it keeps its data in `folder`."""

    folder: Path
    port: int
    http: httpx.Client = field(init=False)
    _process: subprocess.Popen[bytes] = field(init=False)

    def __enter__(self) -> Self:
        """Start it and wait until it answers."""
        self.folder.mkdir()
        config = (DEPLOY / "prometheus.yml").read_text().replace("15s", EVERY)
        for n in range(len(SERVICES)):
            config = config.replace(f"waypost:{8700 + n}", f"{HOST}:{self.port + n}")
        (self.folder / "prometheus.yml").write_text(config)
        (self.folder / "prometheus-rules.yml").write_text((DEPLOY / "prometheus-rules.yml").read_text())
        listen = f"{HOST}:{free_ports(1)}"
        self.http = httpx.Client(base_url=f"http://{listen}")
        self._process = subprocess.Popen(
            [
                "prometheus",
                f"--config.file={self.folder / 'prometheus.yml'}",
                f"--storage.tsdb.path={self.folder / 'data'}",
                f"--web.listen-address={listen}",
                "--log.level=error",
            ],
            stdout=subprocess.DEVNULL,
        )
        try:
            until(self._ready, what="Prometheus being ready")
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Stop it."""
        self._process.terminate()
        self._process.wait(10)
        self.http.close()

    def _ready(self) -> bool:
        assert self._process.poll() is None, "Prometheus ended"
        try:
            return self.http.get("/-/ready").status_code == 200
        except httpx.TransportError:
            return False

    def ask(self, path: str, **parameters: str) -> Any:  # noqa: ANN401 (JSON)
        """Return the data of an answer of its API."""
        answer = self.http.get(f"/api/v1/{path}", params=parameters).json()
        assert answer["status"] == "success", answer
        return answer["data"]

    def values(self, query: str) -> dict[tuple[str, ...], float]:
        """Return the value of each series that a query gives, by the values of its labels in their order."""
        found = self.ask("query", query=query)["result"]
        return {
            tuple(value for name, value in sorted(each["metric"].items()) if name not in NOT_OURS): float(
                each["value"][1]
            )
            for each in found
        }


NOT_OURS = {"__name__", "instance", "job"}
