"""What the console asks the other services, as the visitor: with their token and no other."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx2 as httpx

from shared.clock import monotonic
from shared.settings import Settings

PATIENCE_S = 5.0
PART_PATIENCE_S = 2.0  # with what a page can do without
SILENT_S = 3.0  # a service that did not answer is not waited for again by a part so soon
GONE = 0  # the status of a service that does not answer


def path_of(*names: str) -> str:
    """Return a path of the API, each name of it whole: `/v1/maps/a%2Fb/overview`."""
    return "/v1/" + "/".join(quote(name, safe="").replace(".", "%2E") for name in names)  # `..` would go up


class UnansweredError(Exception):
    """Raised when a service does not answer in time, or with an error; the text is for people."""

    def __init__(self, message: str, status: int = GONE, said: dict[str, Any] | None = None) -> None:
        """Say what came back: the service's own words, status and answer; status 0: nothing came."""
        super().__init__(message)
        self.status = status
        self.said = said or {}
        self.code = str(self.said.get("code") or "")


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a page that may be missing while the rest is shown: what came, or in words why nothing did."""

    value: Any = None
    missing: str = ""
    status: int = 200


class Services:
    """The services of this Waypost."""

    def __init__(self, settings: Settings, http: httpx.AsyncClient) -> None:
        """Find them by the settings."""
        self._base = {name: settings.url(name) for name in ("ingest", "journey", "alerts")}
        self._http = http
        self._silent: dict[str, float] = {}  # until when, by service

    def is_silent(self, service: str) -> bool:
        """Tell whether a service did not answer a moment ago."""
        return monotonic() < self._silent.get(service, 0.0)

    async def ask(self, method: str, token: str, service: str, path: str, **more: Any) -> Any:  # noqa: ANN401 (httpx's own, and JSON)
        """Return the JSON of an answer; None where it has no body. Raises UnansweredError."""
        headers = {"Authorization": f"Bearer {token}"}
        try:
            answer = await self._http.request(method, self._base[service] + path, headers=headers, **more)
            found = answer.json() if answer.content else None
        except httpx.HTTPError as error:
            self._silent[service] = monotonic() + SILENT_S
            message = f"The {service} service does not answer."
            raise UnansweredError(message) from error
        except ValueError as error:
            message = f"The {service} service answers what is no JSON."
            raise UnansweredError(message, 502) from error
        self._silent.pop(service, None)  # it is back
        if answer.is_success:
            return found
        said = found if isinstance(found, dict) else {}
        message = str(said.get("message") or f"The {service} service answers with status {answer.status_code}.")
        raise UnansweredError(message, answer.status_code, said)

    async def stream(self, token: str, service: str, path: str, params: dict[str, str]) -> httpx.Response:
        """Return an answer whose body is still to be read, and closed by who reads it. Raises UnansweredError."""
        headers = {"Authorization": f"Bearer {token}"}
        request = self._http.build_request("GET", self._base[service] + path, params=params, headers=headers)
        try:
            answer = await self._http.send(request, stream=True)
        except httpx.HTTPError as error:
            message = f"The {service} service does not answer."
            raise UnansweredError(message) from error
        if answer.is_success:
            return answer
        await answer.aclose()
        message = f"The {service} service answers with status {answer.status_code}."
        raise UnansweredError(message, answer.status_code)


@dataclass(frozen=True, slots=True)
class Asking:
    """The services as one visitor sees them."""

    services: Services
    token: str

    async def get(self, service: str, path: str, **params: str | int) -> Any:  # noqa: ANN401 (JSON)
        """Return the JSON of a GET; empty parameters are left out. Raises UnansweredError."""
        return await self.services.ask("GET", self.token, service, path, params=_given(params))

    async def part(self, service: str, path: str, **params: str | int) -> Part:
        """Return the JSON of a GET, or why it is missing: for what a page can do without."""
        if self.services.is_silent(service):
            return Part(None, f"The {service} service does not answer.", GONE)
        more = {"params": _given(params), "timeout": PART_PATIENCE_S}
        try:
            return Part(await self.services.ask("GET", self.token, service, path, **more))
        except UnansweredError as error:
            return Part(None, str(error), error.status)

    async def act(self, method: str, service: str, path: str, body: object = None) -> Any:  # noqa: ANN401 (JSON)
        """Change something: POST, PUT or DELETE. Raises UnansweredError with the service's own words."""
        more = {} if body is None else {"json": body}
        return await self.services.ask(method, self.token, service, path, **more)


def _given(params: Mapping[str, str | int]) -> dict[str, str | int]:
    return {name: value for name, value in params.items() if value != ""}
