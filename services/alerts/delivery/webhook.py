"""The webhook: every change of status as JSON, signed as Standard Webhooks says."""

import base64
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from standardwebhooks import Webhook

from services.alerts.delivery.channel import SETTINGS, Delivery, Outcome, WrongSettingError
from services.alerts.delivery.deadline import ATTEMPT_S
from services.alerts.delivery.posting import Poster
from shared.clock import SECOND, machine_now
from shared.times import when

MAX_BODY = 20_000  # bytes, by Standard Webhooks
SECRET_BYTES = 24
SECRET_SETTING = "WAYPOST_WEBHOOK_SECRET"  # noqa: S105 (its name)


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


class WebhookSender:
    """Sends signed webhooks to one address, one change at a time."""

    def __init__(self, url: str, secret: str, *, private: bool, attempt_s: float = ATTEMPT_S) -> None:
        """Sign with a `whsec_…` secret. Raises WrongSettingError when it is none, or too short to protect anything."""
        self._webhook = Webhook(_key(secret))
        self._poster = Poster(url, SETTINGS["webhook"], private=private, attempt_s=attempt_s)

    def send(self, batch: Sequence[Delivery]) -> Outcome:
        """Send one change."""
        return self._send(batch[0].webhook_id, body_of(batch[0]))

    def test(self) -> Outcome:
        """Send a payload of type `test`."""
        payload: dict[str, Any] = {"type": "test", "timestamp": when(machine_now()), "data": {}}
        return self._send(f"msg_{secrets.token_urlsafe(18)}", msgspec.json.encode(payload))

    def _send(self, webhook_id: str, body: bytes) -> Outcome:
        now = machine_now()
        at = datetime.fromtimestamp(now // SECOND, UTC)
        return self._poster.post(
            body,
            {
                "webhook-id": webhook_id,
                "webhook-timestamp": str(now // SECOND),
                "webhook-signature": self._webhook.sign(webhook_id, at, body.decode()),
            },
        )

    def close(self) -> None:
        """Close connections."""
        self._poster.close()


def _key(secret: str) -> bytes:
    if not secret:
        message = f"{SECRET_SETTING} is missing: webhooks wait until it is set"
        raise WrongSettingError(message)
    try:
        key = base64.b64decode(secret.removeprefix("whsec_") + "==")
    except ValueError:
        key = b""
    if not secret.startswith("whsec_") or len(key) < SECRET_BYTES:
        message = f"{SECRET_SETTING} is no whsec_… secret of at least {SECRET_BYTES} bytes in base64: webhooks wait"
        raise WrongSettingError(message)
    return key
