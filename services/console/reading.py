"""What the console asks the other services, as the visitor: with their token and no other."""

from typing import Any

import httpx2 as httpx

from shared.settings import Settings

PATIENCE_S = 5.0


class UnansweredError(Exception):
    """Raised when a service does not answer in time, or with an error; the text is for people."""

    def __init__(self, message: str, status: int = 0) -> None:
        """Say which service, and what came back; status 0: nothing."""
        super().__init__(message)
        self.status = status


class Services:
    """The services of this Waypost."""

    def __init__(self, settings: Settings, http: httpx.AsyncClient) -> None:
        """Find them by the settings."""
        self._base = {name: settings.url(name) for name in ("journey", "alerts")}
        self._http = http

    async def get(self, token: str, service: str, path: str, **params: str | int) -> Any:  # noqa: ANN401 (JSON)
        """Return the JSON of a GET. Raises UnansweredError."""
        headers = {"Authorization": f"Bearer {token}"}
        try:
            answer = await self._http.get(self._base[service] + path, headers=headers, params=params)
            if answer.is_success:
                return answer.json()
            said = str(answer.json().get("message", ""))
        except httpx.HTTPError as error:
            message = f"The {service} service does not answer."
            raise UnansweredError(message) from error
        except ValueError as error:
            message = f"The {service} service answers what is no JSON."
            raise UnansweredError(message) from error
        message = f"The {service} service says: {said or answer.status_code}"
        raise UnansweredError(message, answer.status_code)
