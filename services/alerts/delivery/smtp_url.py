"""Reads WAYPOST_SMTP_URL: `smtp://user:password@host:587?to=…&from=…`, one setting for all that mail needs."""

import re
from dataclasses import dataclass, field
from typing import Literal, TypeAlias
from urllib.parse import parse_qs, unquote, urlsplit

from services.alerts.delivery.channel import SETTINGS, WrongSettingError

Safety: TypeAlias = Literal["starttls", "smtps", "off"]

PORTS: dict[Safety, int] = {"starttls": 587, "smtps": 465, "off": 25}
EXAMPLE = "smtp://user:password@mail.example.com:587?to=team@example.com&from=waypost@example.com"
NO_ADDRESS = "is no address; characters such as @ / ? # in a password are written %40 %2F %3F %23"
ADDRESS = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[A-Za-z0-9.-]{1,255}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Mailbox:
    """Through which server mail goes, from whom and to whom; `safety`: how the connection is kept from listeners."""

    host: str
    port: int
    safety: Safety
    to: tuple[str, ...]
    sender: str
    user: str = ""
    password: str = field(default="", repr=False)


def read_smtp_url(url: str) -> Mailbox:
    """Return what the setting says. Raises WrongSettingError, whose text never holds the password."""
    try:
        return _read(url)
    except ValueError as error:
        message = f"{SETTINGS['mail']} {error}. An example: {EXAMPLE}"
        raise WrongSettingError(message) from None  # what urlsplit says may hold the password


def _read(url: str) -> Mailbox:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
        asked = parse_qs(parts.query.replace("+", "%2B"), strict_parsing=bool(parts.query), max_num_fields=20)
    except ValueError:
        raise ValueError(NO_ADDRESS) from None
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    to = tuple(address.strip() for address in ",".join(asked.get("to", [])).split(",") if address.strip())
    sender = (asked.get("from") or to[:1] or ("",))[0].strip()
    wrong = next((address for address in (*to, sender) if not ADDRESS.fullmatch(address)), None)
    unknown = sorted(asked.keys() - {"to", "from", "tls"})
    off = asked.get("tls", [""])[0] == "off"
    message = ""
    if parts.scheme not in {"smtp", "smtps"} or not host:
        message = "begins with smtp:// or smtps:// and names a host"
    elif parts.path not in {"", "/"} or parts.fragment:
        message = NO_ADDRESS
    elif unknown:
        message = f"takes to, from and tls=off, not `{unknown[0][:40]}`"
    elif not to:
        message = "names nobody in to="
    elif wrong is not None:
        message = f"holds `{wrong[:80]}`, which is no mail address"
    elif not (user + password).isascii():
        message = "holds a user or password with letters beyond ASCII, which cannot be sent"
    if message:
        raise ValueError(message)
    safety: Safety = "smtps" if parts.scheme == "smtps" else "off" if off else "starttls"
    return Mailbox(host or "", port or PORTS[safety], safety, to, sender, user, password)
