"""Mail: one message as plain text and as HTML, through one SMTP server.

A password is never sent in the clear unless `tls=off` says so. Headers are made by EmailMessage, which refuses line
breaks and yet reads `=?utf-8?q?=0D=0A?=` as one: what strangers wrote is on one line, and begins no such word.
"""

import base64
import hashlib
import html
import secrets
import smtplib
import socket
import ssl
from collections.abc import Sequence
from contextlib import closing, suppress
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from services.alerts.delivery.channel import SETTINGS, Delivery, Outcome
from services.alerts.delivery.deadline import ATTEMPT_S, within
from services.alerts.delivery.guard import ForbiddenTargetError, check_host
from services.alerts.delivery.smtp_url import Mailbox, read_smtp_url
from services.alerts.domain.message import Message, message_for, trial
from shared.clock import SECOND, machine_now
from shared.plain_text import one_line

TIMEOUT_S = 10.0  # of one silence
GREETING = 220  # of a server that is ready
LONGEST_SUBJECT = 180  # characters
WIDE = SMTP.clone(max_line_length=200)  # the subject on one line, where it needs no encoding
SETTING = SETTINGS["mail"]


ADVICE: tuple[tuple[type[smtplib.SMTPException], str], ...] = (
    (
        smtplib.SMTPAuthenticationError,
        f"The server refuses user or password: check both in {SETTING}, with escapes such as %40 for @.",
    ),
    (smtplib.SMTPNotSupportedError, f"The server takes no user and password: leave them out of {SETTING}."),
    (smtplib.SMTPSenderRefused, f"The server does not send for this address: check from= in {SETTING}."),
    (smtplib.SMTPRecipientsRefused, f"The server takes no mail for these addresses: check to= in {SETTING}."),
    (smtplib.SMTPServerDisconnected, f"Check port and scheme in {SETTING}: smtp:// is mostly 587, smtps:// 465."),
)


class UnsafeError(Exception):
    """Raised when a password would have to be sent in the clear."""


def mail_of(message: Message, mailbox: Mailbox, message_id: str, now: int) -> EmailMessage:
    """Return a message as a mail; `now` is the machine's time."""
    subject = message.subject[:LONGEST_SUBJECT].replace("=?", "= ?")
    mail = EmailMessage(WIDE if subject.isascii() else SMTP)
    mail["Subject"] = subject
    mail["From"] = Address("Waypost", addr_spec=mailbox.sender)
    mail["To"] = ", ".join(mailbox.to)
    mail["Date"] = format_datetime(datetime.fromtimestamp(now / SECOND, UTC))
    mail["Message-ID"] = f"<{message_id}@{mailbox.sender.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    lines = [f"{part.label}: {part.text}" if part.label else part.text for part in message.parts]
    mail.set_content("\n\n".join([message.subject, *lines, f"{message.link_text}: {message.link}"]) + "\n")
    mail.add_alternative(_html(message), subtype="html")
    return mail


def _html(message: Message) -> str:
    rows = [f"<p><b>{_escaped(message.subject)}</b></p>"]
    for part in message.parts:
        label = f"<b>{_escaped(part.label)}</b><br>" if part.label else ""
        rows.append(f"<p>{label}{_escaped(part.text)}</p>")
    rows.append(f'<p><a href="{html.escape(message.link)}">{_escaped(message.link_text)}</a></p>')
    return "<!doctype html>\n<html><body>\n" + "\n".join(rows) + "\n</body></html>\n"


def _escaped(text: str) -> str:
    return f'<span dir="auto">{html.escape(text)}</span>'


def _text(reply: bytes | str) -> str:
    return reply.decode(errors="replace") if isinstance(reply, bytes) else reply


def id_of(batch: Sequence[Delivery]) -> str:
    """Return the id of a mail: of one change its delivery's, of many one that no other mail has.

    A mailbox may drop what comes again under one id, so a digest that has more to tell than before needs another.
    """
    ids = [delivery.webhook_id for delivery in batch]
    return ids[0] if len(ids) == 1 else f"digest_{hashlib.sha256(' '.join(ids).encode()).hexdigest()[:24]}"


class MailSender:
    """Sends through one server, to everybody in `to`."""

    def __init__(
        self,
        url: str,
        console: str,
        tls: ssl.SSLContext | None = None,
        *,
        timeout_s: float = TIMEOUT_S,
        attempt_s: float = ATTEMPT_S,
    ) -> None:
        """Read the setting; `tls`: whose certificates are trusted. Raises WrongSettingError."""
        self._timeout_s, self._attempt_s = timeout_s, attempt_s
        self._mailbox = read_smtp_url(url)
        self._console = console
        self._tls = tls or ssl.create_default_context()

    def send(self, batch: Sequence[Delivery]) -> Outcome:
        """Send one change, or one message for many."""
        message = message_for([delivery.news for delivery in batch], self._console)
        return self._mail(message, id_of(batch))

    def test(self) -> Outcome:
        """Send a message that only says that it works."""
        return self._mail(trial(self._console), f"test_{secrets.token_urlsafe(12)}")

    def _mail(self, message: Message, message_id: str) -> Outcome:
        mail = mail_of(message, self._mailbox, message_id, machine_now())
        try:
            check_host(self._mailbox.host, self._mailbox.port)
            return self._deliver(mail)
        except ForbiddenTargetError as error:
            return Outcome("forbidden", str(error), todo=f"Set another host in {SETTING}.")
        except UnsafeError as error:
            todo = f"Use smtps:// in {SETTING}, or add &tls=off if nobody can listen in between."
            return Outcome("refused", str(error), todo=todo)
        except smtplib.SMTPException as error:
            cause = error.__context__
            return self._unreachable(cause) if isinstance(cause, TimeoutError) else self._refused(error)
        except OSError as error:
            return self._unreachable(error)
        except ValueError:  # a challenge that is no base64
            todo = f"Ask whoever runs the server; the host is set in {SETTING}."
            return Outcome("refused", "the server's answer cannot be understood", todo=todo)

    def _deliver(self, mail: EmailMessage) -> Outcome:
        box = self._mailbox
        with closing(self._server()) as server, within(self._attempt_s, lambda: server.sock):
            code, greeting = server.connect(box.host, box.port)
            if code != GREETING:
                raise smtplib.SMTPConnectError(code, greeting)
            secured = self._secure(server)
            if box.user and not secured:
                message = "the server offers no TLS, so the password was not sent"
                raise UnsafeError(message)
            if box.user:
                server.login(box.user, box.password)
            refused = server.send_message(mail)
            with suppress(smtplib.SMTPException, OSError):  # it has the mail, whatever it says to our leaving
                server.quit()
        said = "accepted by the server"
        return Outcome("delivered", f"{said}, but not for {len(refused)} of {len(box.to)}" if refused else said)

    def _secure(self, server: smtplib.SMTP) -> bool:
        """Begin TLS where the server offers it; return whether a password may be sent."""
        if self._mailbox.safety != "starttls":
            return True
        server.ehlo_or_helo_if_needed()
        if not server.has_extn("starttls"):
            return False
        server.starttls(context=self._tls)
        return True

    def _server(self) -> smtplib.SMTP:
        """Return the server before it is connected, so that its greeting has a deadline too."""
        secure, patience = self._mailbox.safety == "smtps", self._timeout_s
        server = smtplib.SMTP_SSL(timeout=patience, context=self._tls) if secure else smtplib.SMTP(timeout=patience)
        server._host = self._mailbox.host  # type: ignore[attr-defined]  # noqa: SLF001 (only its constructor sets it)
        return server

    def _refused(self, error: smtplib.SMTPException) -> Outcome:
        code, reply = 0, str(error)
        if isinstance(error, smtplib.SMTPRecipientsRefused):
            code, answer = next(iter(error.recipients.values()))
            reply = _text(answer)
        elif isinstance(error, smtplib.SMTPResponseException):
            code, reply = error.smtp_code, _text(error.smtp_error)
        todo = next(
            (todo for kind, todo in ADVICE if isinstance(error, kind)),
            f"The server refuses: check {SETTING}, above all from= and to=.",
        )
        said = f"SMTP {code}: {self._clean(reply)}" if code else f"{type(error).__name__}: {self._clean(reply)}"
        if 400 <= code < 500:
            return Outcome("busy", said, todo=f"{todo} Or the server asks to wait; Waypost tries again by itself.")
        return Outcome("refused", said, todo=todo)

    def _unreachable(self, error: OSError) -> Outcome:
        if isinstance(error, socket.gaierror):
            todo = f"The name is not found: check the host in {SETTING}, and this machine's DNS."
        elif isinstance(error, ssl.SSLError):
            todo = f"The secure connection fails: check host, port and certificate of the server in {SETTING}."
        elif isinstance(error, TimeoutError):
            todo = "Nothing answers in time: check port and firewall; smtp:// is mostly 587, smtps:// 465."
        else:
            todo = f"Nothing listens there: check host and port in {SETTING}, and firewalls."
        return Outcome("unreachable", f"{type(error).__name__}: {self._clean(str(error))}", todo=todo)

    def _clean(self, text: str) -> str:
        """Return what a server said on one line, short, and without the password, should it say it back."""
        user, password = self._mailbox.user, self._mailbox.password
        said_back = [
            password,
            *(base64.b64encode(each.encode()).decode() for each in (f"\0{user}\0{password}", password)),
        ]
        for secret in said_back if password else ():
            text = text.replace(secret, "…")
        return one_line(text)[:200]

    def close(self) -> None:
        """Do nothing: every mail has a connection of its own."""
