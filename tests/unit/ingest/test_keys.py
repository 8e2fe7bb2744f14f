"""Keys: stored as hashes, published to every service, revoked for all of them at once."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from migrations.run import upgrade
from services.ingest.store.keys import KeyStore, KeyTakenError
from shared.auth import Caller, KeyRing, hash_key


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

    assert store.revoke(hash_key(key))
    assert not store.revoke(hash_key(key))
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
    store.revoke(hash_key(store.create("acme", "write", "web", "a-key-of-our-own")))

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
