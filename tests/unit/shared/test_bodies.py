"""Bodies: nobody without a key makes a service read one, nobody makes it read more or longer than is bounded."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Annotated

import pytest
from fastapi import APIRouter, Depends, FastAPI
from pydantic import BaseModel
from starlette.requests import Request
from starlette.testclient import TestClient
from starlette.types import Message

from shared.auth import Caller, Requires, StoredKey, hash_key, new_key, write_snapshot
from shared.bodies import BODY_BYTES, TEXT_BYTES, KeyFirst, read_body, read_text
from shared.errors import TooSlowError
from shared.service import create_service
from shared.settings import Settings

ADMIN, READER = new_key("at"), new_key("rk")
AS_ADMIN = {"Authorization": f"Bearer {ADMIN}"}

router = APIRouter(route_class=KeyFirst)


class Wanted(BaseModel):
    """A body with a field."""

    number: int
    text: str = ""


@router.post("/add")
def add(caller: Annotated[Caller, Depends(Requires("admin"))], wanted: Wanted) -> dict[str, object]:
    return {"tenant": caller.tenant, "number": wanted.number}


@router.put("/text")
async def text(request: Request, _: Annotated[Caller, Depends(Requires("admin"))]) -> int:
    return len(await read_text(request, "poem", "invalid_poem"))


@pytest.fixture
def app(tmp_path: Path) -> FastAPI:
    keys = [StoredKey("a", hash_key(ADMIN), "admin", ""), StoredKey("a", hash_key(READER), "read", "")]
    write_snapshot(tmp_path, keys)
    service = create_service("test", Settings(data=tmp_path), dict)
    service.include_router(router)
    return service


@pytest.fixture
def client(app: FastAPI) -> TestClient:
    return TestClient(app)


def answered(app: FastAPI, path: str, key: str, receive: Callable[[], Awaitable[Message]]) -> tuple[int, bytes]:
    """Ask with a body that `receive` gives, and return status and body of the answer."""
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    headers = [(b"content-type", b"application/json"), (b"authorization", f"Bearer {key}".encode())]
    scope = {"type": "http", "method": "POST" if path == "/add" else "PUT", "path": path, "raw_path": path.encode(),
             "headers": headers, "query_string": b"", "scheme": "http", "http_version": "1.1",
             "server": ("test", 80), "client": ("test", 1), "root_path": ""}  # fmt: skip
    asyncio.run(app(scope, receive, send))
    return sent[0]["status"], b"".join(message.get("body", b"") for message in sent[1:])


def endless(counted: list[int]) -> Callable[[], Awaitable[Message]]:
    """Return a client that never stops sending, and counts what was taken of it."""

    async def receive() -> Message:
        counted.append(65_536)
        return {"type": "http.request", "body": b" " * 65_536, "more_body": True}

    return receive


@pytest.mark.parametrize("path", ["/add", "/text"])
@pytest.mark.parametrize(
    ("key", "status"), [("", 401), (new_key("at"), 401), (READER, 403)], ids=["none", "unknown", "reader"]
)
def test_nothing_is_read_before_the_key_is_known(app: FastAPI, path: str, key: str, status: int) -> None:
    taken: list[int] = []

    assert answered(app, path, key, endless(taken))[0] == status
    assert taken == []


@pytest.mark.parametrize(("path", "most"), [("/add", BODY_BYTES), ("/text", TEXT_BYTES)])
def test_no_more_is_read_than_the_bound(app: FastAPI, path: str, most: int) -> None:
    taken: list[int] = []

    status, said = answered(app, path, ADMIN, endless(taken))

    assert (status, json.loads(said)["code"]) == (413, "too_large")
    assert str(most) in json.loads(said)["message"]
    assert sum(taken) <= most + 65_536


def test_a_body_within_the_bound_is_read_as_ever(client: TestClient) -> None:
    def parts() -> Iterator[bytes]:
        yield b'{"number": '
        yield b'5, "text": "' + b"x" * (BODY_BYTES - 25) + b'"}'

    answer = client.post("/add", content=parts(), headers=AS_ADMIN | {"Content-Type": "application/json"})

    assert (answer.status_code, answer.json()) == (200, {"tenant": "a", "number": 5})
    assert client.put("/text", content="ü" * 10, headers=AS_ADMIN).json() == 10


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (b"", "body"),
        (b"{", "body"),
        (b"[]", "body"),
        (b"{}", "body.number"),
        (b'{"number": "x"}', "body.number"),
        (b'{"number": 1e400}', "body.number"),
    ],
)
def test_a_malformed_body_is_answered_with_what_is_wrong(client: TestClient, content: bytes, named: str) -> None:
    answer = client.post("/add", content=content, headers=AS_ADMIN | {"Content-Type": "application/json"})

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert answer.json()["message"].startswith(named)


@pytest.mark.parametrize("content", [b"\xff", b'{"number": ' + b"[" * 100_000, b'{"number": ' + b"9" * 5000 + b"}"])
def test_a_body_that_cannot_be_parsed_at_all_is_refused(client: TestClient, content: bytes) -> None:
    answer = client.post("/add", content=content, headers=AS_ADMIN | {"Content-Type": "application/json"})

    assert answer.status_code in {400, 422}
    assert answer.json()["message"]


def test_a_text_that_is_none_is_refused(client: TestClient) -> None:
    answer = client.put("/text", content=b"\xff\xfe", headers=AS_ADMIN)

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_poem")
    assert "UTF-8" in answer.json()["message"]


def test_the_body_stays_in_the_description_of_the_route(app: FastAPI) -> None:
    operation = app.openapi()["paths"]["/add"]["post"]

    assert operation["requestBody"]["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/Wanted"}


def test_a_drip_is_told_that_it_is_too_slow() -> None:
    async def receive() -> Message:
        await asyncio.sleep(0.005)
        return {"type": "http.request", "body": b" ", "more_body": True}

    with pytest.raises(TooSlowError, match=r"poem did not come within 0\.05 seconds"):
        asyncio.run(read_body(Request({"type": "http"}, receive), TEXT_BYTES, "poem", within_s=0.05))


def test_a_client_that_leaves_is_no_fault_of_ours(app: FastAPI, capsys: pytest.CaptureFixture[str]) -> None:
    async def receive() -> Message:
        return {"type": "http.disconnect"}

    for path in ("/add", "/text"):
        status, said = answered(app, path, ADMIN, receive)
        assert (status, json.loads(said)["code"]) == (400, "cut_off")
    assert capsys.readouterr() == ("", "")
