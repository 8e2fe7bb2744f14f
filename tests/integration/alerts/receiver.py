"""A receiver of webhooks and of Slack's: a real HTTP server on this machine that answers as told, keeps what it got."""

import html
import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import sleep
from typing import Any, Literal

from standardwebhooks import Webhook

from shared.clock import monotonic

SECRET = "whsec_V2F5cG9zdCdzIHRlc3RzIHNpZ24gc28h"


@dataclass
class Answer:
    """What the receiver says: status, headers, and whether it waits before it says it.

    `drips`: it begins the headers or the body and never ends them. `echoes`: it says what it heard, which is no HTTP.
    """

    status: int = 204
    headers: dict[str, str] = field(default_factory=dict)
    wait: threading.Event | None = None
    body: bytes = b""
    drips: Literal["headers", "body", ""] = ""
    echoes: bool = False


@dataclass
class Got:
    """One request, with its signature verified by the receiving side of Standard Webhooks."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def payload(self) -> dict[str, Any]:
        """Verify the signature and return the payload. Raises WebhookVerificationError."""
        payload: dict[str, Any] = Webhook(SECRET).verify(self.body, self.headers)
        return payload

    @property
    def slack(self) -> list[str]:
        """Check the JSON as Slack does and return its texts as a reader sees them: the notification, then each block.

        A reader sees a link as <text>; nothing else may have Slack's control characters.
        """
        assert self.headers["content-type"] == "application/json"
        payload = json.loads(self.body)
        assert payload.keys() <= {"text", "blocks", "unfurl_links", "unfurl_media"}
        assert 1 <= len(payload["blocks"]) <= 50
        texts = [payload["text"]]
        for block in payload["blocks"]:
            assert block.keys() == {"type", "text"}
            assert (block["type"], block["text"]["type"], block["text"]["verbatim"]) == ("section", "mrkdwn", True)
            texts.append(block["text"]["text"])
        return [_seen(text) for text in texts]


def drip(write: Callable[[bytes], object], drop: bytes) -> None:
    """Write a little again and again, until the other end hangs up."""
    until = monotonic() + 20
    with suppress(OSError):
        while monotonic() < until:
            write(drop)
            sleep(0.02)


LINK = re.compile(r"<(https?://[^|<>]+)\|([^|<>]+)>")


def _seen(text: str) -> str:
    assert 1 <= len(text) <= 3000
    bare = LINK.sub("", text)
    assert "<" not in bare
    assert ">" not in bare
    assert re.sub(r"&(amp|lt|gt);", "", bare).count("&") == 0
    return html.unescape(LINK.sub(r"[\2](\1)", text))


@dataclass
class Receiver:
    """Answers each request with the next answer, the last for ever."""

    port: int = 0
    answers: list[Answer] = field(default_factory=lambda: [Answer()])
    got: list[Got] = field(default_factory=list)

    @property
    def url(self) -> str:
        """The address of the hook."""
        return f"http://127.0.0.1:{self.port}/hook"

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Listen until the end of the block, on the same port as before."""
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                """Keep the request and answer."""
                body = self.rfile.read(int(self.headers["content-length"]))
                receiver.got.append(Got(self.path, dict(self.headers), body))
                answer = receiver.answers.pop(0) if len(receiver.answers) > 1 else receiver.answers[0]
                if answer.wait:
                    answer.wait.wait(20)
                if answer.echoes:
                    self.wfile.write(f"{self.requestline}\r\n".encode())
                    return
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.send_header("content-length", "1000000" if answer.drips else str(len(answer.body)))
                if answer.drips == "headers":
                    self.flush_headers()
                else:
                    self.end_headers()
                if answer.drips:
                    drip(self.wfile.write, b"x")
                else:
                    self.wfile.write(answer.body)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        with ThreadingHTTPServer(("127.0.0.1", self.port), Handler) as server:
            self.port = server.server_address[1]
            thread = threading.Thread(target=server.serve_forever, args=(0.01,))
            thread.start()
            try:
                yield
            finally:
                server.shutdown()
                thread.join()
