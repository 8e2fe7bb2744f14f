"""One attempt to deliver one webhook: signed as Standard Webhooks says, sent to the checked address, judged.

Only 2xx is success. Redirects are not followed. 410 says that the receiver is gone. The answer's body is not read.
"""

import base64
import email.utils
from datetime import UTC, datetime
from typing import Any

import httpx2 as httpx
import msgspec
from standardwebhooks import Webhook

from services.alerts.delivery.guard import ForbiddenTargetError, resolve
from services.alerts.delivery.queue import Delivery, Outcome
from services.alerts.domain.shown import when
from shared.clock import SECOND, machine_now

TIMEOUT = httpx.Timeout(10.0, connect=5.0)
MAX_BODY = 20_000  # bytes, by Standard Webhooks
SECRET_BYTES = 24
TOO_BUSY = frozenset({429, 503})


def body_of(delivery: Delivery) -> bytes:
    """Return what is sent: the change and the alert as it was then; where it is too long, with less proof."""
    alert: dict[str, Any] = msgspec.json.decode(delivery.alert)
    payload = {
        "type": f"alert.{delivery.change}",
        "timestamp": when(delivery.at),
        "tenant": delivery.tenant,
        "data": {"alert": alert, "because": msgspec.json.decode(delivery.because)},
    }
    body = msgspec.json.encode(payload)
    for field, kept in (("proof", 20), ("ids", 20), ("proof", 3), ("ids", 3), ("numbers", 0), ("proof", 0)):
        if len(body) <= MAX_BODY:
            break
        held = alert[field]
        alert[field] = held[-kept:] if kept else type(held)()
        alert["shortened"] = True
        body = msgspec.json.encode(payload)
    if len(body) > MAX_BODY:
        payload["data"] = {"alert": {"alert": alert["alert"], "status": alert["status"], "shortened": True}}
        body = msgspec.json.encode(payload)
    return body


def retry_after(value: str, now: int) -> int | None:
    """Return a Retry-After header, seconds or a date, as microseconds from now; None: it says nothing."""
    if value.strip().isdecimal():
        return int(value) * SECOND
    try:
        at = email.utils.parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(0, round(at.timestamp() * SECOND) - now)


class Sender:
    """Sends webhooks to one address."""

    def __init__(self, url: str, secret: str, *, private: bool) -> None:
        """Sign with a `whsec_…` secret. Raises ValueError when it is none, or too short to protect anything."""
        self._url = url
        self._private = private
        self._webhook = Webhook(_key(secret))
        self._http = httpx.Client(timeout=TIMEOUT, follow_redirects=False, trust_env=False)

    def send(self, delivery: Delivery) -> Outcome:
        """Try once; never raises for what a receiver or the network does."""
        try:
            target = resolve(self._url, private=self._private)
        except ForbiddenTargetError as error:
            return Outcome("forbidden", str(error))
        except OSError as error:
            return Outcome("unreachable", f"the receiver's name is not found: {error}")
        body = body_of(delivery)
        now = machine_now()
        headers = {
            "host": target.host_header,
            "content-type": "application/json",
            "user-agent": "Waypost",
            "webhook-id": delivery.webhook_id,
            "webhook-timestamp": str(now // SECOND),
            "webhook-signature": self._signature(delivery.webhook_id, now, body),
        }
        extensions = {"sni_hostname": target.host}
        try:
            with self._http.stream("POST", target.url, content=body, headers=headers, extensions=extensions) as answer:
                return _judge(answer, now)
        except httpx.HTTPError as error:
            return Outcome("unreachable", f"{type(error).__name__}: {error}"[:300])

    def _signature(self, webhook_id: str, now: int, body: bytes) -> str:
        return self._webhook.sign(webhook_id, datetime.fromtimestamp(now // SECOND, UTC), body.decode())

    def close(self) -> None:
        """Close connections."""
        self._http.close()


def _key(secret: str) -> bytes:
    key = base64.b64decode(secret.removeprefix("whsec_") + "==")
    if not secret.startswith("whsec_") or len(key) < SECRET_BYTES:
        message = f"a webhook secret is whsec_ and at least {SECRET_BYTES} bytes in base64"
        raise ValueError(message)
    return key


def _judge(answer: httpx.Response, now: int) -> Outcome:
    said = f"HTTP {answer.status_code}"
    if answer.is_success:
        return Outcome("delivered", said)
    if answer.status_code == 410:
        return Outcome("gone", "HTTP 410: the receiver wants no more webhooks")
    after = retry_after(answer.headers.get("retry-after", ""), now)
    return Outcome("busy" if answer.status_code in TOO_BUSY else "refused", said, after)
