"""The data folder: made at the first start, migrated at every start, with one pair of keys for this machine.

Every step may be cut off by a crash and is taken up again by the next start: the pair is written down before its hashes
are stored, and storing a hash that is there already changes nothing.
"""

import base64
import secrets
from dataclasses import dataclass
from pathlib import Path

import msgspec
from alembic.util import CommandError
from sqlalchemy.exc import DatabaseError

from migrations.run import upgrade_all
from services.ingest.store.keys import KeyStore, KeyTakenError
from shared.auth import LOCAL_KEYS, LocalKeys, hash_key, new_key, read_local_keys
from shared.clear_error import ClearError
from shared.clock import CLOCK, BrokenClockError, WallClock, read_clock, write_clock
from shared.files import replace_file
from shared.settings import Settings

TENANT = "default"
SOURCE = "default"
LEAST_KEY = 16  # characters: shorter ones can be guessed
MOST_KEY = 200


class UnusableError(ClearError):
    """Raised when the folder, or a key given in the environment, cannot be used. The text says what to do."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """The keys of a folder that is ready, and whether this start made them."""

    keys: LocalKeys
    fresh: bool


def make_folder(folder: Path) -> None:
    """Create a data folder that only its owner can enter. Raises UnusableError."""
    try:
        if not folder.exists():
            folder.mkdir(mode=0o700, parents=True)
            folder.chmod(0o700)  # whatever the umask
    except OSError as error:
        message = f"cannot create the data folder {folder}: {error.strerror}; choose another with --data"
        raise UnusableError(message) from error
    if not folder.is_dir():
        message = f"{folder} is a file: choose a folder with --data"
        raise UnusableError(message)


def prepare(settings: Settings, clock: WallClock | None = None) -> Prepared:
    """Bring a locked data folder to the newest schema and see that its keys stand. Raises UnusableError."""
    check_keys(settings)
    folder = settings.data
    _set_clock(folder, clock)
    _migrate(folder)
    with KeyStore(folder / "ingest.db") as store:
        return _keys(settings, store)


def _set_clock(folder: Path, clock: WallClock | None) -> None:
    try:
        if (folder / CLOCK).exists():
            read_clock(folder)
        else:
            write_clock(folder, clock or WallClock())
    except BrokenClockError as error:
        raise UnusableError(str(error)) from error
    except OSError as error:
        message = f"cannot write in {folder} ({error.strerror}): choose another folder with --data"
        raise UnusableError(message) from error


def _migrate(folder: Path) -> None:
    try:
        upgrade_all(folder)
    except CommandError as error:
        message = f"the databases in {folder} are not of this version of Waypost ({error}): start the newer one"
        raise UnusableError(message) from error
    except (DatabaseError, OSError) as error:
        why = getattr(error, "orig", None) or error
        message = f"a database in {folder} cannot be used ({why}): `waypost doctor` says more"
        raise UnusableError(message) from error


def _old_keys(folder: Path) -> LocalKeys | None:
    try:
        return read_local_keys(folder)
    except (msgspec.DecodeError, OSError) as error:
        message = f"{folder / LOCAL_KEYS} cannot be read ({error}): put it right, or remove it and get fresh keys"
        raise UnusableError(message) from error


def _keys(settings: Settings, store: KeyStore) -> Prepared:
    folder = settings.data
    old = _old_keys(folder)
    revoked = {row.key_hash for row in store.rows(TENANT) if row.revoked_at is not None}
    keys = _choose(settings, old, revoked)
    if keys != old:
        replace_file(folder / LOCAL_KEYS, msgspec.json.encode(keys))
    try:
        store.create(TENANT, "write", SOURCE, keys.write_key)
        store.create(TENANT, "admin", SOURCE, keys.api_token)
    except KeyTakenError as error:
        message = f"WAYPOST_WRITE_KEY or WAYPOST_API_TOKEN cannot be used: {error}"
        raise UnusableError(message) from error
    store.publish()
    return Prepared(keys, fresh=old is None or (old.write_key, old.api_token) != (keys.write_key, keys.api_token))


def _choose(settings: Settings, old: LocalKeys | None, revoked: set[str]) -> LocalKeys:
    """Return the pair: what the environment sets, else what the folder has and nobody revoked, else fresh ones."""
    kept = old or LocalKeys("", "")
    return LocalKeys(
        write_key=settings.write_key or _standing(kept.write_key, revoked) or new_key("wk"),
        api_token=settings.api_token or _standing(kept.api_token, revoked) or new_key("at"),
        webhook_secret=settings.webhook_secret or kept.webhook_secret or new_webhook_secret(),
    )


def check_keys(settings: Settings) -> None:
    """Refuse keys of the environment that could be guessed, or that no header can carry. Raises UnusableError."""
    for name, key in (("WAYPOST_WRITE_KEY", settings.write_key), ("WAYPOST_API_TOKEN", settings.api_token)):
        if key and not (LEAST_KEY <= len(key) <= MOST_KEY and key.isascii() and key.isprintable() and " " not in key):
            message = f"{name} must have {LEAST_KEY} to {MOST_KEY} visible ASCII characters"
            raise UnusableError(message)
    if settings.write_key and settings.write_key == settings.api_token:
        message = "WAYPOST_WRITE_KEY and WAYPOST_API_TOKEN must differ: a write key lies in web pages for all to see"
        raise UnusableError(message)


def _standing(key: str, revoked: set[str]) -> str:
    return "" if hash_key(key) in revoked else key


def new_webhook_secret() -> str:
    """Return a secret as Standard Webhooks writes them."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode()
