"""One HTTP POST to an address of strangers: to the very address that was checked, without redirects, and judged.

Only 2xx is success. 410 says that the receiver is gone. Of the answer's body only a first word is read, if it is one.
Each attempt has a connection of its own, so that its deadline ends no other. The address may be a secret: nothing that
is said holds it.
"""

import email.utils
import re
import socket
import ssl
from typing import Any

import httpx2 as httpx

from services.alerts.delivery.channel import Outcome
from services.alerts.delivery.deadline import ATTEMPT_S, within
from services.alerts.delivery.guard import ForbiddenTargetError, Target, resolve
from shared.clock import SECOND, machine_now

TIMEOUT = httpx.Timeout(10.0, connect=5.0)  # of one silence
ONE_EACH = httpx.Limits(max_keepalive_connections=0)
TOO_BUSY = frozenset({429, 503})
SECONDS = re.compile(r"[0-9]{1,9}")
REASON = re.compile(rb"[a-z_]{2,60}")
OPENED = ("connect_tcp.complete", "start_tls.complete")


class Poster:
    """Posts to one address, which is set by the setting named."""

    def __init__(self, url: str, setting: str, *, private: bool, attempt_s: float = ATTEMPT_S) -> None:
        """Remember where to; `private`: addresses inside the house are allowed."""
        self._url, self._setting, self._private, self._attempt_s = url, setting, private, attempt_s
        self._http = httpx.Client(timeout=TIMEOUT, limits=ONE_EACH, follow_redirects=False, trust_env=False)

    def post(self, body: bytes, headers: dict[str, str]) -> Outcome:
        """Try once; never raises for what a receiver or the network does."""
        try:
            target = resolve(self._url, private=self._private)
        except ForbiddenTargetError as error:
            todo = "Set WAYPOST_WEBHOOK_PRIVATE=true if a receiver inside your network is meant."
            return Outcome("forbidden", str(error), todo=todo)
        except OSError as error:
            said = f"the receiver's name is not found: {error}"
            return Outcome("unreachable", said, todo=f"Check the host in {self._setting}, and this machine's DNS.")
        try:
            return self._post(target, body, headers)
        except httpx.ProtocolError as error:  # its text may say the address back
            said = f"{type(error).__name__}: the receiver answers no HTTP, or only half of it"
            return Outcome("unreachable", said, todo=f"Check that {self._setting} leads to such a receiver.")
        except (httpx.HTTPError, TimeoutError) as error:
            return Outcome("unreachable", f"{type(error).__name__}: {error}"[:300], todo=self._advice(error))

    def _post(self, target: Target, body: bytes, headers: dict[str, str]) -> Outcome:
        opened: list[socket.socket] = []

        def trace(event: str, info: dict[str, Any]) -> None:
            if event.endswith(OPENED):
                opened.append(info["return_value"].get_extra_info("socket"))

        sent = {"host": target.host_header, "content-type": "application/json", "user-agent": "Waypost"} | headers
        more = {"sni_hostname": target.host, "trace": trace}
        with (
            within(self._attempt_s, lambda: opened[-1] if opened else None),
            self._http.stream("POST", target.url, content=body, headers=sent, extensions=more) as answer,
        ):
            return self._judge(answer)

    def _judge(self, answer: httpx.Response) -> Outcome:
        said = f"HTTP {answer.status_code}"
        if answer.is_success:
            return Outcome("delivered", said)
        word = REASON.fullmatch(next(answer.iter_raw(64), b"").strip())
        said += f" {word[0].decode()}" if word else ""
        if answer.status_code == 410:
            todo = f"Set {self._setting} to a new address, or ask the receiver and POST /v1/deliveries/resume."
            return Outcome("gone", f"{said}: the receiver wants no more", todo=todo)
        after = retry_after(answer.headers.get("retry-after", ""), machine_now())
        if answer.status_code in TOO_BUSY:
            return Outcome("busy", said, after, "The receiver asks to wait; Waypost tries again by itself.")
        todo = "The receiver fails; ask whoever runs it."
        if answer.status_code < 500:
            todo = f"The receiver refuses this address or message: check {self._setting}, letter by letter."
        return Outcome("refused", said, after, todo)

    def _advice(self, error: Exception) -> str:
        cause = error.__cause__ or error
        while cause.__cause__ is not None:
            cause = cause.__cause__
        if isinstance(error, httpx.TimeoutException | TimeoutError):
            return "Nothing answers in time: check that a firewall lets this machine out, and that the receiver runs."
        if isinstance(cause, ssl.SSLError):
            return f"The secure connection fails: check the certificate of the host in {self._setting}."
        return f"Nothing listens there: check host and port in {self._setting}, and firewalls."

    def close(self) -> None:
        """Close connections."""
        self._http.close()


def retry_after(value: str, now: int) -> int | None:
    """Return a Retry-After header, seconds or a date, as microseconds from now; None: it says nothing."""
    if SECONDS.fullmatch(value.strip()):
        return int(value) * SECOND
    try:
        at = email.utils.parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    return max(0, round(at.timestamp() * SECOND) - now)
