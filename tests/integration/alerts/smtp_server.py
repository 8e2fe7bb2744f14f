"""A mail server on this machine: speaks SMTP with STARTTLS and passwords, answers as told and keeps what it got."""

import base64
import email.policy
import socketserver
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path

from tests.integration.alerts.receiver import drip

USER, PASSWORD = "waypost", "p@ss/word?1"
OK = "250 ok"


@dataclass
class Mail:
    """One mail as it was handed over: the envelope, the bytes, and whether the line was secure."""

    sender: str
    to: list[str]
    raw: bytes
    secure: bool
    user: str

    @property
    def message(self) -> EmailMessage:
        """Read it as mail programs do."""
        message = BytesParser(policy=email.policy.default).parsebytes(self.raw)
        assert isinstance(message, EmailMessage)
        assert not message.defects
        return message

    def text(self, kind: str = "plain") -> str:
        """Return the words: plain, or html."""
        part = self.message.get_body((kind,))
        assert isinstance(part, EmailMessage)
        text: str = part.get_content()
        return text.replace("\r\n", "\n")


@dataclass
class MailServer:
    """Takes mail; `answers` replaces what is said to a command, `hang` makes it wait before it greets.

    `drips`: the command (or GREETING) whose answer goes on and on.
    """

    tls: ssl.SSLContext | None = None  # offers STARTTLS
    at_once: bool = False  # TLS from the first byte
    password: str = ""  # asks for it
    answers: dict[str, str] = field(default_factory=dict)
    hang: threading.Event | None = None
    drips: str = ""
    greeting: str = "220 ready"
    port: int = 0
    got: list[Mail] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)  # every line in the clear
    tried: int = 0  # connections

    def url(self, more: str = "", user: str = "", scheme: str = "smtp", host: str = "localhost") -> str:
        """Return the setting for this server."""
        at = f"{user}@" if user else ""
        return f"{scheme}://{at}{host}:{self.port}?to=team@ours.example&from=waypost@ours.example{more}"

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Listen until the end of the block, on the same port as before."""
        mail_server = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                """Talk with one client."""
                Talk(mail_server, self).run()

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = True
            daemon_threads = True

        with Server(("127.0.0.1", self.port), Handler) as server:
            self.port = server.server_address[1]
            thread = threading.Thread(target=server.serve_forever, args=(0.01,))
            thread.start()
            try:
                yield
            finally:
                if self.hang:
                    self.hang.set()
                server.shutdown()
                thread.join()


class Talk:
    """One client's session."""

    def __init__(self, server: MailServer, handler: socketserver.StreamRequestHandler) -> None:
        """Begin."""
        self.server, self.handler = server, handler
        self.file, self.secure, self.user, self.sender = handler.rfile, False, "", ""
        self.to: list[str] = []

    def run(self) -> None:
        """Talk until the client leaves."""
        self.server.tried += 1
        if self.server.hang:
            self.server.hang.wait(20)
        try:
            if self.server.at_once:
                self._wrap()
            self._greet()
            while line := self.file.readline():
                self._hear(line.decode().rstrip("\r\n"))
        except OSError:
            return  # the client has gone
        finally:
            self.file.close()
            self.handler.connection.close()

    def _greet(self) -> None:
        if self.server.drips == "GREETING":
            drip(self.handler.connection.sendall, b"220-wait\r\n")
        self._say(self.server.greeting)

    def _say(self, text: str) -> None:
        self.handler.connection.sendall(text.encode() + b"\r\n")

    def _wrap(self) -> None:
        assert self.server.tls
        self.handler.connection = self.server.tls.wrap_socket(self.handler.connection, server_side=True)
        self.file, self.secure = self.handler.connection.makefile("rb"), True

    def _hear(self, line: str) -> None:
        if not self.secure:
            self.server.heard.append(line)
        word = line.partition(" ")[0].upper()
        if word == self.server.drips:
            drip(self.handler.connection.sendall, b"250-wait\r\n")
        elif word in self.server.answers:
            self._say(self.server.answers[word])
        else:
            getattr(self, f"_{word.lower()}", self._other)(line)

    def _other(self, _: str) -> None:
        self._say(OK)

    def _ehlo(self, _: str) -> None:
        offers = ["STARTTLS"] if self.server.tls and not self.secure else []
        offers += ["AUTH PLAIN"] if self.server.password else []
        lines = ["localhost", *offers, "8BITMIME"]
        for line in lines[:-1]:
            self._say(f"250-{line}")
        self._say(f"250 {lines[-1]}")

    def _starttls(self, _: str) -> None:
        self._say("220 go on")
        self._wrap()

    def _auth(self, line: str) -> None:
        _, user, password = base64.b64decode(line.split(" ")[2]).decode().split("\0")
        self.user = user
        right = password == self.server.password
        self._say("235 welcome" if right else f"535 5.7.8 no such user or password: {password}")

    def _mail(self, line: str) -> None:
        self.sender = line.partition("<")[2].partition(">")[0]
        self._say(OK)

    def _rcpt(self, line: str) -> None:
        self.to.append(line.partition("<")[2].partition(">")[0])
        self._say(OK)

    def _data(self, _: str) -> None:
        self._say("354 go on")
        lines: list[bytes] = []
        while (line := self.file.readline()) != b".\r\n":
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        self.server.got.append(Mail(self.sender, self.to, b"".join(lines), self.secure, self.user))
        self._say(OK)

    def _quit(self, _: str) -> None:
        self._say("221 bye")


def certificate(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Make a certificate for localhost; return what a server uses, and what a client that trusts it uses."""
    key, cert = folder / "key.pem", folder / "cert.pem"
    made = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
    named = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    subprocess.run([*made, *named, "-keyout", key, "-out", cert], check=True, capture_output=True)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(cert, key)
    return server, ssl.create_default_context(cafile=str(cert))
