"""Keys: who may do what, and whose data it is. The tenant of every request comes from its key and from nowhere else.

Only SHA-256 hashes are stored: keys are 192 random bits, so a slow hash would add nothing. Ingest owns the keys; every
service reads the snapshot that ingest leaves in the data folder, and reads it again when it changed.
"""

import base64
import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import msgspec
from starlette.requests import Request

from shared.errors import ForbiddenError, UnauthorizedError
from shared.files import replace_file

Scope = Literal["write", "read", "admin"]
SNAPSHOT = "key_hashes.json"
LOCAL_KEYS = "keys.json"
ALLOWS: dict[Scope, frozenset[Scope]] = {
    "write": frozenset({"write"}),
    "read": frozenset({"read"}),
    "admin": frozenset({"read", "admin"}),
}


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls: the tenant, scope and source of a key."""

    tenant: str
    scope: Scope
    source: str


class StoredKey(msgspec.Struct, frozen=True):
    """A key as stored: never the key itself."""

    tenant: str
    key_hash: str
    scope: Scope
    source: str
    revoked: bool = False  # stands no longer; kept so that whoever still sends it hears why


class LocalKeys(msgspec.Struct, frozen=True):
    """The pair that `waypost up` made, for commands on the same machine; lies in keys.json, mode 0600."""

    write_key: str
    api_token: str
    webhook_secret: str = ""


def new_key(prefix: str) -> str:
    """Return a fresh random key."""
    return f"{prefix}_{secrets.token_urlsafe(24)}"


def hash_key(key: str) -> str:
    """Return what is stored of a key."""
    return hashlib.sha256(key.encode()).hexdigest()


def write_snapshot(folder: Path, keys: Iterable[StoredKey]) -> None:
    """Publish the keys, the revoked ones too, to every service of the data folder."""
    replace_file(folder / SNAPSHOT, msgspec.json.encode(list(keys)))


def read_local_keys(folder: Path) -> LocalKeys | None:
    """Return the local pair, or None where `waypost up` never ran."""
    path = folder / LOCAL_KEYS
    return msgspec.json.decode(path.read_bytes(), type=LocalKeys) if path.exists() else None


@dataclass(frozen=True, slots=True)
class _Ring:
    """One snapshot, and the keys found in it, which a later one does not inherit: any of them may be revoked there."""

    stamp: tuple[int, int] | None = None
    callers: dict[str, Caller] = field(default_factory=dict)
    revoked: frozenset[str] = frozenset()
    known: dict[str, Caller] = field(default_factory=dict)  # by key, so that the hot path hashes once


class KeyRing:
    """The keys that stand, by hash; follows the snapshot. Safe among threads: each asks one snapshot, whole."""

    def __init__(self, folder: Path) -> None:
        """Follow the snapshot of a data folder."""
        self._path = folder / SNAPSHOT
        self._ring = _Ring()

    def find(self, key: str) -> Caller | None:
        """Return whose key this is."""
        ring = self._newest()
        if caller := ring.known.get(key):
            return caller
        caller = ring.callers.get(hash_key(key))
        if caller:
            ring.known[key] = caller
        return caller

    def refusal(self, key: str) -> UnauthorizedError:
        """Return the error that says why a key opens nothing: there is none, it was revoked, or nobody knows it."""
        if not key:
            return UnauthorizedError()
        if hash_key(key) in self._newest().revoked:
            return UnauthorizedError("This key was revoked: use another, e.g. one from `waypost key create`.")
        return UnauthorizedError("This key is not known here: it is mistyped, or of another Waypost.")

    def tenants(self) -> set[str]:
        """Return every tenant that has a key."""
        return {caller.tenant for caller in self._newest().callers.values()}

    def _newest(self) -> _Ring:
        try:
            status = self._path.stat()
        except FileNotFoundError:
            return self._ring
        stamp = (status.st_mtime_ns, status.st_ino)
        ring = self._ring
        if stamp != ring.stamp:
            keys = msgspec.json.decode(self._path.read_bytes(), type=list[StoredKey])
            callers = {key.key_hash: Caller(key.tenant, key.scope, key.source) for key in keys if not key.revoked}
            ring = self._ring = _Ring(stamp, callers, frozenset(key.key_hash for key in keys if key.revoked))
        return ring


def bearer(authorization: str) -> str:
    """Return the key of an Authorization header: Bearer, or Basic with the key as user name; empty: none."""
    scheme, _, rest = authorization.partition(" ")
    if scheme.lower() == "bearer":
        return rest.strip()
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(rest.strip(), validate=True).decode().partition(":")[0]
        except ValueError:  # not base64, not ASCII, not UTF-8
            return ""
    return ""


class Requires:
    """FastAPI dependency: the caller, or 401 without a key that stands, or 403 without the scope."""

    def __init__(self, scope: Scope) -> None:
        """Require a scope."""
        self.scope = scope

    def __call__(self, request: Request) -> Caller:
        """Return the caller of a request. Raises UnauthorizedError and ForbiddenError."""
        ring: KeyRing = request.app.state.keys
        key = bearer(request.headers.get("authorization", ""))
        caller = ring.find(key)
        if caller is None:
            raise ring.refusal(key)
        if self.scope not in ALLOWS[caller.scope]:
            raise ForbiddenError(self.scope)
        return caller
