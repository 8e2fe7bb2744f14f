"""How commands find a running system, and what they say when they do not."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx2 as httpx
import msgspec
import pytest

from shared.address import Address, write_address
from shared.auth import LOCAL_KEYS, LocalKeys
from shared.client import CannotReachError, Client, find_keys, said
from shared.files import replace_file
from tests.servers import free_ports


class Echo(BaseHTTPRequestHandler):
    """Answers with what it was asked; with the status that the path names, if any."""

    def do_GET(self) -> None:
        """Echo."""
        status = int(self.path.rsplit("/", 1)[1].partition("?")[0]) if self.path.startswith("/status/") else 200
        asked = {"path": self.path, "key": self.headers.get("Authorization", ""), "message": "said so"}
        body = json.dumps(asked).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_PUT = do_GET  # noqa: N815 (the library's names)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def port() -> Iterator[int]:
    """Serve on the ports of ingest and journey; give the console's, where nothing listens."""
    first = free_ports(4)
    servers = [ThreadingHTTPServer(("127.0.0.1", first + n), Echo) for n in (1, 2)]
    threads = [threading.Thread(target=server.serve_forever, args=(0.01,)) for server in servers]
    for thread in threads:
        thread.start()
    yield first
    for server, thread in zip(servers, threads, strict=True):
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture(autouse=True)
def no_keys_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the keys of the developer's own system out."""
    monkeypatch.delenv("WAYPOST_WRITE_KEY", raising=False)
    monkeypatch.delenv("WAYPOST_API_TOKEN", raising=False)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Give a data folder with the pair of `waypost up`."""
    replace_file(tmp_path / LOCAL_KEYS, msgspec.json.encode(LocalKeys(write_key="w-local", api_token="t-local")))
    return tmp_path


def test_keys_come_from_the_data_folder(data: Path) -> None:
    assert find_keys(data) == ("w-local", "t-local")


def test_keys_of_the_environment_go_first(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAYPOST_API_TOKEN", "t-given")

    assert find_keys(data) == ("w-local", "t-given")


def test_without_either_there_are_no_keys(tmp_path: Path) -> None:
    assert find_keys(tmp_path) == ("", "")


@pytest.mark.parametrize(
    ("method", "service", "path", "key"),
    [
        ("POST", "ingest", "/v1/batch", "w-local"),
        ("POST", "ingest", "/v1/keys", "t-local"),
        ("POST", "ingest", "/v1/dead-letters/dismiss", "t-local"),
        ("GET", "ingest", "/v1/dead-letters", "t-local"),
        ("GET", "journey", "/v1/customers", "t-local"),
        ("PUT", "journey", "/v1/maps/m", "t-local"),
    ],
)
def test_ingests_doors_get_the_write_key_and_all_else_the_api_token(
    port: int, data: Path, method: str, service: str, path: str, key: str
) -> None:
    with Client(port, data) as client:
        answer = client.request(method, service, path)

    assert answer.json()["key"] == f"Bearer {key}"


def test_the_folder_says_where_its_waypost_answers(port: int, data: Path) -> None:
    write_address(data, Address("127.0.0.1", port))

    with Client(data=data) as client:
        assert client.get("journey", "/v1/customers")["path"] == "/v1/customers"


@pytest.mark.parametrize("broken", [b"", b"{", b'{"port": 99999}', b'{"port": "x"}'])
def test_an_address_that_cannot_be_read_counts_for_nothing(data: Path, broken: bytes) -> None:
    (data / "address.json").write_bytes(broken)

    with Client(data=data) as client:
        assert client.port == 8700


def test_keys_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    (tmp_path / LOCAL_KEYS).write_text("{")

    with pytest.raises(CannotReachError, match=r"keys\.json cannot be read .*waypost doctor"):
        Client(data=tmp_path)


def test_a_question_carries_only_the_parameters_that_are_given(port: int, data: Path) -> None:
    with Client(port, data) as client:
        assert client.get("journey", "/v1/customers", map="m", step=None)["path"] == "/v1/customers?map=m"


@pytest.mark.parametrize(("status", "words"), [(401, "WAYPOST_API_TOKEN"), (404, "said so"), (503, "said so")])
def test_a_refusal_is_told_in_words(port: int, data: Path, status: int, words: str) -> None:
    with Client(port, data) as client, pytest.raises(CannotReachError, match=words):
        client.get("journey", f"/status/{status}")


def test_a_key_that_another_waypost_does_not_know_is_told_with_where_it_is_from(
    port: int, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = f"the Waypost at http://127.0.0.1:{port + 2}"

    def told() -> str:
        with Client(port, data) as client, pytest.raises(CannotReachError) as refused:
            client.get("journey", "/status/401")
        return str(refused.value)

    of_the_folder = told()
    monkeypatch.setenv("WAYPOST_API_TOKEN", "t-given")

    assert of_the_folder.startswith(f"journey refuses the API token of {data}: ")
    assert of_the_folder.endswith(f"Say with --data the folder of {there}, or set WAYPOST_API_TOKEN")
    assert told().startswith("journey refuses the API token of WAYPOST_API_TOKEN: ")
    assert told().endswith(f"Set it to one of {there}, or unset it")


def test_where_nothing_listens_the_error_says_what_to_start(port: int, data: Path) -> None:
    with Client(port, data) as client, pytest.raises(CannotReachError, match="waypost up"):
        client.get("console", "/")


@pytest.mark.parametrize(
    ("body", "words"),
    [(b'{"message": "no"}', "no"), (b"<html>", "HTTP 500: <html>"), (b"[]", "HTTP 500: []"), (b"{}", "HTTP 500: {}")],
)
def test_an_answer_that_is_not_ours_is_quoted(body: bytes, words: str) -> None:
    assert said(httpx.Response(500, content=body)) == words


@pytest.mark.parametrize(
    ("method", "service", "name"), [("GET", "journey", "API_TOKEN"), ("POST", "ingest", "WRITE_KEY")]
)
def test_without_a_key_nothing_is_asked_and_it_is_said_which_one_is_missing(
    tmp_path: Path, port: int, method: str, service: str, name: str
) -> None:
    with Client(port, tmp_path) as client, pytest.raises(CannotReachError, match=f"no key: set WAYPOST_{name}"):
        client.request(method, service, "/v1/anything")
