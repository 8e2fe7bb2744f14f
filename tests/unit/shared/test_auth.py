"""Keys: stored as hashes, read as a snapshot, with scopes and two tenants."""

import base64
import os
from pathlib import Path
from typing import Annotated

import msgspec
import pytest
from fastapi import Depends, FastAPI
from starlette.testclient import TestClient

from shared.auth import (
    LOCAL_KEYS,
    SNAPSHOT,
    Caller,
    KeyRing,
    LocalKeys,
    Requires,
    Scope,
    StoredKey,
    bearer,
    hash_key,
    new_key,
    read_local_keys,
    write_snapshot,
)
from shared.files import replace_file
from shared.service import create_service
from shared.settings import Settings

A_READS, B_READS, A_WRITES, A_RULES = (new_key(prefix) for prefix in ("r", "r", "w", "a"))
KEYS = [
    StoredKey("a", hash_key(A_READS), "read", ""),
    StoredKey("b", hash_key(B_READS), "read", ""),
    StoredKey("a", hash_key(A_WRITES), "write", "shop"),
    StoredKey("a", hash_key(A_RULES), "admin", ""),
]


def test_keys_are_random_and_long_enough_that_a_fast_hash_will_do() -> None:
    keys = {new_key("wk") for _ in range(200)}

    assert len(keys) == 200
    assert all(key.startswith("wk_") and len(key) == 3 + 32 for key in keys)  # 24 bytes in base64


def test_the_snapshot_holds_no_key_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    write_snapshot(tmp_path, KEYS)

    path = tmp_path / SNAPSHOT
    stored = path.read_text()
    assert not any(key in stored for key in (A_READS, B_READS, A_WRITES, A_RULES))
    assert path.stat().st_mode & 0o777 == 0o600
    assert [left.name for left in tmp_path.iterdir()] == [SNAPSHOT]


def test_a_private_file_is_private_even_under_an_open_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        replace_file(tmp_path / "secret", b"x")
    finally:
        os.umask(before)

    assert (tmp_path / "secret").stat().st_mode & 0o777 == 0o600


def test_a_key_ring_finds_whose_key_it_is(tmp_path: Path) -> None:
    write_snapshot(tmp_path, KEYS)
    ring = KeyRing(tmp_path)

    assert ring.find(A_WRITES) == Caller("a", "write", "shop")
    assert ring.find(A_WRITES) == Caller("a", "write", "shop")  # remembered
    assert ring.find(B_READS) == Caller("b", "read", "")
    assert ring.find(new_key("w")) is None
    assert ring.find(hash_key(A_READS)) is None  # a stolen snapshot opens nothing
    assert ring.find("") is None
    assert ring.tenants() == {"a", "b"}


def test_before_there_is_a_snapshot_no_key_stands(tmp_path: Path) -> None:
    assert KeyRing(tmp_path).find(A_READS) is None


def test_a_revoked_key_stops_standing_with_the_next_request(tmp_path: Path) -> None:
    write_snapshot(tmp_path, KEYS)
    ring = KeyRing(tmp_path)
    assert ring.find(A_READS)

    write_snapshot(tmp_path, KEYS[1:])

    assert ring.find(A_READS) is None
    assert ring.find(B_READS)


def test_a_key_revoked_while_it_is_looked_up_is_not_remembered(tmp_path: Path) -> None:
    write_snapshot(tmp_path, KEYS)
    ring = KeyRing(tmp_path)

    class Raced(str):
        """A key that is revoked, and the snapshot read again, while the ring takes its hash."""

        __slots__ = ()

        def encode(self, encoding: str = "utf-8", errors: str = "strict") -> bytes:
            write_snapshot(tmp_path, KEYS[1:])
            assert ring.find(B_READS)
            return super().encode(encoding, errors)

    ring.find(Raced(A_READS))

    assert ring.find(A_READS) is None


def basic(text: bytes) -> str:
    return "Basic " + base64.b64encode(text).decode()


@pytest.mark.parametrize(
    ("header", "key"),
    [
        ("Bearer k1", "k1"),
        ("bearer  k1 ", "k1"),
        (basic(b"k1:"), "k1"),
        (basic(b"k1:ignored"), "k1"),
        ("", ""),
        ("k1", ""),
        ("Digest k1", ""),
        ("Basic ###", ""),
        ("Basic é", ""),
        (basic(b"\xff\xfe"), ""),
    ],
)
def test_the_key_is_read_from_bearer_or_basic(header: str, key: str) -> None:
    assert bearer(header) == key


@pytest.fixture
def client(tmp_path: Path) -> TestClient:
    """Make a service with one route for each scope."""
    write_snapshot(tmp_path, KEYS)
    app: FastAPI = create_service("test", Settings(data=tmp_path), dict)
    scopes: tuple[Scope, ...] = ("write", "read", "admin")
    for scope in scopes:

        @app.get(f"/{scope}")
        def whose(caller: Annotated[Caller, Depends(Requires(scope))]) -> str:
            return caller.tenant

    return TestClient(app)


@pytest.mark.parametrize(
    ("key", "opens"),
    [(A_WRITES, {"write"}), (A_READS, {"read"}), (A_RULES, {"read", "admin"}), (B_READS, {"read"})],
    ids=["write", "read", "admin", "read of another tenant"],
)
def test_a_scope_opens_its_own_doors_only(client: TestClient, key: str, opens: set[str]) -> None:
    answers = {
        scope: client.get(f"/{scope}", headers={"Authorization": f"Bearer {key}"})
        for scope in ("write", "read", "admin")
    }

    assert {scope for scope, answer in answers.items() if answer.status_code == 200} == opens
    refused = [answer for scope, answer in answers.items() if scope not in opens]
    assert all(answer.status_code == 403 and answer.json()["code"] == "forbidden" for answer in refused)


@pytest.mark.parametrize(
    ("header", "said"),
    [
        (None, "Authorization: Bearer"),
        ("Basic ###", "Authorization: Bearer"),
        ("Bearer ", "Authorization: Bearer"),
        ("Bearer wrong", "mistyped, or of another Waypost"),  # it was sent as it should be
    ],
)
def test_without_a_key_that_stands_the_answer_is_401_and_says_why(
    client: TestClient, header: str | None, said: str
) -> None:
    answer = client.get("/read", headers={"Authorization": header} if header else {})

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert said in answer.json()["message"]


def test_the_tenant_comes_from_the_key(client: TestClient) -> None:
    said = {
        client.get("/read?tenant=a", headers={"Authorization": f"Bearer {key}", "X-Tenant": "a"}).json()
        for key in (B_READS,)
    }

    assert said == {"b"}


def test_the_local_pair_is_read_where_up_left_it(tmp_path: Path) -> None:
    assert read_local_keys(tmp_path) is None
    pair = LocalKeys(write_key="w", api_token="t")

    replace_file(tmp_path / LOCAL_KEYS, msgspec.json.encode(pair))

    assert read_local_keys(tmp_path) == pair
