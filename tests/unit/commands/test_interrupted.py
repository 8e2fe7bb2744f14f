"""Commands that change things while a service dies and is started again: they go on, or say what is done."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from shared.client import CannotReachError, Client, RefusedError
from tests.servers import free_ports
from waypost.cli import app
from waypost.commands import customer_delete
from waypost.commands.dead_letters import saying

ERASURE = {"erasure": 1, "erased_at": "2026-11-25T08:00:00Z", "ids": 2, "scrubbed_at": None}
DONE = ERASURE | {"scrubbed_at": "2026-11-25T08:01:00Z"}
CUSTOMER = {"customer": 7, "ids": ["user:42", "anonymous:a"], "journeys": []}


class Services:
    """Ingest, journey and alerts in one place, each of which may die: then connections end without an answer."""

    def __init__(self) -> None:
        """Know one customer and three pages of letters."""
        self.port = free_ports(4)
        self.dies = {"dead-letters": 0, "erasures": 0, "customers": 0, "alerts": 0}  # so many requests without answer
        self.erased = 0
        self.pages = 0

    def answer(self, method: str, path: str) -> tuple[int, Any] | None:
        """Return status and body; None: nobody is there."""
        name = next((name for name in self.dies if name in path), "")
        if name and self.dies[name] and (method == "POST" or self.erased):
            self.dies[name] -= 1
            return None
        if name == "customers" and self.erased:
            return 404, {"code": "not_found", "message": "no customer is known"}
        return 200, self.said(method, path, name)

    def said(self, method: str, path: str, name: str) -> Any:  # noqa: ANN401 (JSON)
        """Return what is answered where all is well."""
        if name == "customers":
            return {"touchpoints": []} if "timeline" in path else CUSTOMER
        if name == "erasures" and method == "POST":
            self.erased += 1
            return ERASURE
        if method == "GET":
            return {"alerts": [], "dead_letters": [], "next": None, "erasures": [DONE] * bool(self.erased)}
        self.pages += 1
        following = self.pages if self.pages < 3 else None
        return {"results": [{"offset": 0, "accepted": True}], "next": following, "missing": [], "dismissed": 1}


@pytest.fixture
def services(monkeypatch: pytest.MonkeyPatch) -> Iterator[Services]:
    found = Services()
    monkeypatch.setenv("WAYPOST_WRITE_KEY", "wk_x" * 5)
    monkeypatch.setenv("WAYPOST_API_TOKEN", "at_x" * 5)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            answer = found.answer(self.command, self.path)
            if answer is not None:
                body = json.dumps(answer[1]).encode()
                self.send_response(answer[0])
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        do_POST = do_GET  # noqa: N815 (the library's names)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    servers = [ThreadingHTTPServer(("127.0.0.1", found.port + n), Handler) for n in (1, 2, 3)]
    threads = [threading.Thread(target=server.serve_forever, args=(0.01,)) for server in servers]
    for thread in threads:
        thread.start()
    yield found
    for server, thread in zip(servers, threads, strict=True):
        server.shutdown()
        server.server_close()
        thread.join()


def run(services: Services, *words: str) -> Result:
    return CliRunner().invoke(app, [*words, "--port", str(services.port), "--data", "none"])


@pytest.mark.parametrize(("act", "said"), [("replay", "3 replayed"), ("dismiss", "3 dismissed")])
def test_letters_are_gone_through_although_ingest_is_started_again(services: Services, act: str, said: str) -> None:
    services.dies["dead-letters"] = 2
    result = run(services, "dead-letters", act, "--all")
    assert (result.exit_code, services.pages) == (0, 3)
    assert result.output.startswith(said)


@pytest.mark.parametrize("ends", [CannotReachError("ingest does not answer"), KeyboardInterrupt()])
def test_where_it_ends_in_between_it_is_said_how_much_was_done(services: Services, ends: BaseException) -> None:
    said = "Until then 5 replayed; the same command goes on, and nothing counts twice"
    with (
        Client(services.port) as client,
        pytest.raises(CannotReachError, match=said),
        saying(client, lambda: "5 replayed"),
    ):
        raise ends


@pytest.mark.parametrize("name", ["erasures", "customers", "alerts"])
def test_a_customer_is_deleted_although_a_service_is_started_again(services: Services, name: str) -> None:
    services.dies[name] = 1
    result = run(services, "customer", "delete", "user:42", "--yes")
    assert (result.exit_code, services.dies[name]) == (0, 0)
    assert "Deleted. Nothing of it is left" in result.output


def test_an_erasure_of_which_nobody_knows_whether_it_was_stored_is_said_so(services: Services) -> None:
    services.dies["erasures"] = 99
    with (
        Client(services.port) as client,
        pytest.raises(CannotReachError, match="nobody knows whether the erasure was stored: say the same again"),
    ):
        customer_delete.erase(client, ["user:42"], within_s=0.5)
    assert services.dies["erasures"] < 98


def test_deleting_again_says_how_the_last_erasure_stands(services: Services) -> None:
    services.erased = 1
    result = run(services, "customer", "delete", "user:42", "--yes")
    assert result.exit_code == 1
    assert result.output.splitlines() == [customer_delete.last_erasure(DONE), "error: no customer is known"]
    assert "and is done: the event log holds nothing of it since 25 Nov 2026 08:01 UTC" in result.output
    assert "still being scrubbed" in customer_delete.last_erasure(ERASURE)


def test_an_erasure_that_takes_long_is_confirmed() -> None:
    said = customer_delete.what_is_left(gone=False, scrubbed=False)
    assert said[0].startswith("The erasure is stored and goes on by itself")


def test_whoever_is_patient_is_told_at_once_of_what_does_not_pass(services: Services) -> None:
    services.erased = 1
    with Client(services.port) as client, pytest.raises(RefusedError, match="no customer"):
        client.patiently("GET", "journey", "/v1/customers/user:42")
