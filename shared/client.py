"""How commands and the console talk to a running Waypost: by HTTP and port, with the data folder's keys."""

import os
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx2 as httpx
import msgspec

from shared.address import read_address
from shared.auth import LOCAL_KEYS, read_local_keys
from shared.clear_error import ClearError
from shared.clock import monotonic
from shared.settings import SERVICES

PATIENCE_S = 20.0  # a service that died is started again long before
RETRY_S = 0.3
PASSING = (429, 503)


class CannotReachError(ClearError):
    """Raised when a service does not answer, or there is no key to ask with; says what to do."""

    status = 503


class RefusedError(CannotReachError):
    """Raised when a service answers that it will not, with its own words."""

    def __init__(self, message: str, status: int) -> None:
        """Keep the HTTP status."""
        super().__init__(message)
        self.status = status


ADMINISTERS = ("/v1/keys", "/v1/dead-letters", "/v1/erasures")  # ingest's routes that are no doors for events


def find_keys(data: Path) -> tuple[str, str]:
    """Return (write key, API token): from WAYPOST_WRITE_KEY and WAYPOST_API_TOKEN, else from the data folder.

    Raises CannotReachError when the folder's cannot be read.
    """
    try:
        local = read_local_keys(data)
    except (OSError, msgspec.DecodeError) as error:
        message = f"{data / LOCAL_KEYS} cannot be read ({error}): `waypost doctor` says what to do"
        raise CannotReachError(message) from error
    write = os.environ.get("WAYPOST_WRITE_KEY") or (local.write_key if local else "")
    token = os.environ.get("WAYPOST_API_TOKEN") or (local.api_token if local else "")
    return write, token


class Client:
    """A client of the four services of one system."""

    def __init__(self, port: int = 0, data: Path = Path("waypost-data"), host: str = "") -> None:
        """Find the system by its port and host, else by its data folder; the keys by environment or data folder.

        Raises CannotReachError.
        """
        self._data = data.expanduser()
        known = read_address(self._data)
        self.write_key, self.api_token = find_keys(self._data)
        self.port = port or known.port
        self._base = {name: f"http://{host or known.host}:{self.port + n}" for n, name in enumerate(SERVICES)}
        self._http = httpx.Client(timeout=30.0)

    def __enter__(self) -> Self:
        """Open."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Close the connections."""
        self._http.close()

    def url(self, service: str, path: str) -> str:
        """Return the address of a path of a service."""
        return self._base[service] + path

    def request(self, method: str, service: str, path: str, **more: Any) -> httpx.Response:  # noqa: ANN401 (httpx's own)
        """Ask a service, with the write key for ingest's doors and the API token elsewhere. Raises CannotReachError."""
        key = self._key(writes=is_door(method, service, path)) if path.startswith("/v1/") else self.api_token
        headers = {"Authorization": f"Bearer {key}"} | more.pop("headers", {})
        try:
            return self._http.request(method, self.url(service, path), headers=headers, **more)
        except (httpx.TransportError, httpx.InvalidURL) as error:
            message = f"{service} does not answer at {self._base[service]}: start it with `waypost up`, or say --port"
            raise CannotReachError(message) from error

    def ask(self, method: str, service: str, path: str, **more: Any) -> Any:  # noqa: ANN401 (JSON)
        """Return the JSON that a service answers. Raises RefusedError where it will not, CannotReachError."""
        return self._good(method, service, path, **more).json()

    def patiently(self, method: str, service: str, path: str, *, within_s: float = PATIENCE_S, **more: Any) -> Any:  # noqa: ANN401 (JSON)
        """Return the JSON of what may be asked twice, though the service may be starting again. Raises as `ask`."""
        deadline = monotonic() + within_s
        while True:
            try:
                return self.ask(method, service, path, **more)
            except CannotReachError as error:
                if error.status not in PASSING or monotonic() > deadline:
                    raise
                time.sleep(RETRY_S)

    def get(self, service: str, path: str, **params: Any) -> Any:  # noqa: ANN401 (JSON)
        """Return the JSON of a GET. Raises RefusedError, CannotReachError."""
        return self.ask("GET", service, path, params={k: v for k, v in params.items() if v is not None})

    def file(self, service: str, path: str, **params: str) -> bytes:
        """Return what a GET answers that is no JSON. Raises RefusedError, CannotReachError."""
        return self._good("GET", service, path, params=params).content

    def _good(self, method: str, service: str, path: str, **more: Any) -> httpx.Response:  # noqa: ANN401 (httpx's own)
        answer = self.request(method, service, path, **more)
        if answer.is_success:
            return answer
        raise RefusedError(self.refusal(answer, service, writes=is_door(method, service, path)), answer.status_code)

    def refusal(self, answer: httpx.Response, service: str, *, writes: bool = False) -> str:
        """Return why a service will not; of a key that it does not know, also where that is from and what to do."""
        if answer.status_code != 401:
            return said(answer)
        what, name = ("write key", "WAYPOST_WRITE_KEY") if writes else ("API token", "WAYPOST_API_TOKEN")
        there = f"the Waypost at {self._base[service]}"
        if os.environ.get(name):
            return f"{service} refuses the {what} of {name}: {said(answer)} Set it to one of {there}, or unset it"
        found = f"{service} refuses the {what} of {self._data}: {said(answer)}"
        return f"{found} Say with --data the folder of {there}, or set {name}"

    def need_keys(self) -> None:
        """See that both keys are known, before anything is done with one of them. Raises CannotReachError."""
        for writes in (True, False):
            self._key(writes=writes)

    def _key(self, *, writes: bool) -> str:
        key = self.write_key if writes else self.api_token
        if not key:
            name = "WAYPOST_WRITE_KEY" if writes else "WAYPOST_API_TOKEN"
            message = f"no key: set {name}, or --data to the folder of `waypost up` ({self._data} has none)"
            raise CannotReachError(message)
        return key


def is_door(method: str, service: str, path: str) -> bool:
    """Say whether touchpoints go in there, for which the write key is enough."""
    return (service, method) == ("ingest", "POST") and path.startswith("/v1/") and not path.startswith(ADMINISTERS)


def said(answer: httpx.Response) -> str:
    """Return the message of an error answer, for people."""
    try:
        message: str = answer.json()["message"]
    except (ValueError, KeyError, TypeError):
        return f"HTTP {answer.status_code}: {answer.text[:200]}"
    return message
