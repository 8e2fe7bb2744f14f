"""Makes the channels that the settings name. One that cannot work is there all the same, and says what is wrong."""

import hashlib
import re
from collections.abc import Callable
from urllib.parse import urlsplit

from services.alerts.delivery.channel import SETTINGS, Channel, Listener, Name, Sender, WrongSettingError
from services.alerts.delivery.guard import ForbiddenTargetError, check_url
from services.alerts.delivery.mail import MailSender
from services.alerts.delivery.slack import SlackSender
from services.alerts.delivery.webhook import WebhookSender
from shared.auth import read_local_keys
from shared.clock import SECOND
from shared.settings import Settings

_SHOWN = re.compile(r"(?P<scheme>[a-z]+://)(?:[^/?#]*@)?(?P<host>[^/?#]*)")


def listeners(settings: Settings) -> tuple[Listener, ...]:
    """Return the channels that are set, as the writer of changes knows them."""
    hold = round(settings.tell_after_s * SECOND)
    return tuple(
        Listener(name, target_of(url))
        if name == "webhook"
        else Listener(name, target_of(url), settings.tell_from, hold)
        for name, url in _urls(settings).items()
        if url
    )


def channels(settings: Settings) -> dict[Name, Channel]:
    """Return the channels that are set, with what sends on them."""
    make: dict[Name, Callable[[], Sender]] = {
        "slack": lambda: _slack(settings),
        "mail": lambda: MailSender(settings.smtp_url, settings.console),
        "webhook": lambda: _webhook(settings),
    }
    found = {}
    for listener in listeners(settings):
        try:
            found[listener.channel] = Channel(listener, make[listener.channel]())
        except WrongSettingError as error:
            found[listener.channel] = Channel(listener, None, str(error))
        except ForbiddenTargetError as error:
            found[listener.channel] = Channel(listener, None, f"{SETTINGS[listener.channel]}: {error}")
    return found


def target_of(url: str) -> str:
    """Name a receiver by its host and a digest: path, query and password may be secret."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        shown = f"{parts.scheme}://[{host}]" if ":" in host else f"{parts.scheme}://{host}"
    except ValueError:
        shown = "?"
    return f"{shown}#{hashlib.sha256(url.encode()).hexdigest()[:12]}"


def shown_target(target: str) -> str:
    """Return of a stored target what may be shown: rows of before hold a whole address, whose path may be secret."""
    found = _SHOWN.match(target)
    return f"{found['scheme']}{found['host']}" if found else "?"


def _urls(settings: Settings) -> dict[Name, str]:
    return {"slack": settings.slack_webhook_url, "mail": settings.smtp_url, "webhook": settings.webhook_url}


def _slack(settings: Settings) -> SlackSender:
    check_url(settings.slack_webhook_url)
    return SlackSender(settings.slack_webhook_url, settings.console, private=settings.webhook_private)


def _webhook(settings: Settings) -> WebhookSender:
    local = read_local_keys(settings.data)
    check_url(settings.webhook_url)
    secret = settings.webhook_secret or (local.webhook_secret if local else "")
    return WebhookSender(settings.webhook_url, secret, private=settings.webhook_private)
