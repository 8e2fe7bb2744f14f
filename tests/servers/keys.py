"""Keys of tests that stand no longer."""

from services.ingest.store.keys import KeyStore
from shared.auth import hash_key


def revoke(store: KeyStore, key: str) -> None:
    """Revoke a key as the API does; of the last that administers only once another does."""
    [row] = [row for row in store.rows() if row.key_hash == hash_key(key)]
    if row.scope == "admin":
        store.create(row.tenant, "admin", "another")
    revoked = store.revoke_id(row.tenant, row.id)
    assert revoked
    assert revoked.revoked_at is not None
