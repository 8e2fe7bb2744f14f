"""Keys: stored as hashes, published to every service, revoked for all of them at once."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from migrations.run import upgrade
from services.ingest.store.keys import MOST, KeyStore, KeyTakenError, LastAdminError, TooManyKeysError
from shared.auth import Caller, KeyRing
from tests.servers.keys import revoke


@pytest.fixture
def store(tmp_path: Path) -> Iterator[KeyStore]:
    upgrade("ingest", tmp_path / "ingest.db")
    with KeyStore(tmp_path / "ingest.db") as keys:
        yield keys


def test_a_published_key_names_its_tenant_scope_and_source(store: KeyStore, tmp_path: Path) -> None:
    key = store.create("acme", "write", "web")
    store.publish()

    assert KeyRing(tmp_path).find(key) == Caller("acme", "write", "web")


def test_a_key_is_unknown_until_it_is_published(store: KeyStore, tmp_path: Path) -> None:
    key = store.create("acme", "write", "web")

    assert KeyRing(tmp_path).find(key) is None


def test_a_revoked_key_stands_no_longer_and_stays_listed(store: KeyStore, tmp_path: Path) -> None:
    key = store.create("acme", "write", "web")
    kept = store.create("acme", "admin", "default")
    store.publish()
    ring = KeyRing(tmp_path)
    assert ring.find(key)

    revoke(store, key)
    store.publish()

    assert ring.find(key) is None
    assert ring.find(kept) == Caller("acme", "admin", "default")
    assert [(row.source, row.revoked_at is None) for row in store.rows("acme")] == [("web", False), ("default", True)]


def test_keys_of_one_tenant_are_listed_without_those_of_another(store: KeyStore) -> None:
    store.create("acme", "write", "web")
    store.create("globex", "write", "app")

    assert [row.source for row in store.rows("globex")] == ["app"]
    assert [row.source for row in store.rows()] == ["web", "app"]


def test_storing_a_chosen_key_again_changes_nothing(store: KeyStore) -> None:
    assert store.create("acme", "write", "web", "a-key-of-our-own") == "a-key-of-our-own"
    store.create("acme", "write", "web", "a-key-of-our-own")

    assert len(store.rows()) == 1


@pytest.mark.parametrize(("tenant", "scope"), [("globex", "write"), ("acme", "admin")])
def test_a_key_cannot_stand_for_two_things(store: KeyStore, tenant: str, scope: str) -> None:
    store.create("acme", "write", "web", "a-key-of-our-own")

    with pytest.raises(KeyTakenError, match="something else"):
        store.create(tenant, scope, "web", "a-key-of-our-own")  # type: ignore[arg-type]


def test_a_revoked_key_cannot_be_stored_again(store: KeyStore) -> None:
    revoke(store, store.create("acme", "write", "web", "a-key-of-our-own"))

    with pytest.raises(KeyTakenError, match="revoked"):
        store.create("acme", "write", "web", "a-key-of-our-own")


def test_the_file_holds_no_key(store: KeyStore, tmp_path: Path) -> None:
    key = store.create("acme", "write", "web")
    store.publish()

    connection = sqlite3.connect(tmp_path / "ingest.db")
    stored = str(connection.execute("SELECT * FROM keys").fetchall())
    connection.close()
    assert key not in stored
    assert key not in (tmp_path / "key_hashes.json").read_text()


def test_a_tenant_has_a_bound_of_keys(store: KeyStore, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "ingest.db")) as connection, connection:
        rows = [(f"{n:064x}", "acme", "read", "x", n) for n in range(MOST)]
        connection.executemany(
            "INSERT INTO keys (key_hash, tenant, scope, source, created_at) VALUES (?, ?, ?, ?, ?)", rows
        )

    with pytest.raises(TooManyKeysError, match="1000 keys already"):
        store.create("acme", "read", "one more")
    assert store.create("globex", "read", "x").startswith("rk_")


def test_the_last_key_that_administers_stays_whoever_else_has_one(store: KeyStore) -> None:
    store.create("globex", "admin", "x")
    store.create("acme", "admin", "x")
    store.create("acme", "write", "web")
    admin, write = store.rows("acme")

    with pytest.raises(LastAdminError, match="last key with scope admin"):
        store.revoke_id("acme", admin.id)
    assert store.revoke_id("acme", "000000000000") is None
    gone = store.revoke_id("acme", write.id)
    assert gone is not None
    assert gone.revoked_at is not None
    assert store.revoke_id("acme", write.id) == gone


def test_who_sends_a_revoked_key_hears_so(store: KeyStore, tmp_path: Path) -> None:
    key = store.create("acme", "write", "web")
    revoke(store, key)
    store.publish()
    ring = KeyRing(tmp_path)

    assert "was revoked" in ring.refusal(key).message
    assert "not known here" in ring.refusal("wk_mistyped").message
    assert "No key" in ring.refusal("").message
