"""Copies of a data folder while it is in use: one consistent folder with a manifest that says what lies in it.

The databases are copied from the last reader to the first writer: alerts, journey, ingest, log. So every offset that a
copy holds lies within the copy of the log that it belongs to, and after a restore each reader catches up by itself.
"""

import fcntl
import hashlib
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from importlib.metadata import version
from pathlib import Path

import msgspec

from shared.clear_error import ClearError
from shared.clock import machine_now
from waypost.up import lives

ORDER = ("alerts", "journey", "ingest", "log")
MANIFEST = "backup.json"
FORMAT = 1
PAGES = 2000  # copied at a time
CHUNK = 1 << 20
COUNTS = {  # what is said of a backup, and compared after a restore
    "alerts": {"alerts": "SELECT count(*) FROM alerts"},
    "journey": {
        "touchpoints": "SELECT count(*) FROM touchpoints",
        "customers": "SELECT count(*) FROM customers WHERE merged_into IS NULL",
    },
    "log": {"records": "SELECT coalesce(sum(next - begin), 0) FROM log_heads WHERE topic = 'touchpoints'"},
}

Progress = Callable[[str, int, int], None]  # database, pages left, pages in all


class BackupError(ClearError):
    """Raised when a backup cannot be made or used. The text says what to do."""


class Kept(msgspec.Struct, frozen=True):
    """A file of a backup."""

    bytes: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True):
    """What lies in a backup: when it was made by the machine, by which version, files, schemas and counts."""

    format: int
    waypost: str
    made_at: int  # microseconds
    schemas: dict[str, str]
    counts: dict[str, int]
    files: dict[str, Kept]


def make_backup(data: Path, target: Path, progress: Progress = lambda *_: None) -> Manifest:
    """Copy a data folder to a folder that is not there yet; it appears whole or not at all. Raises BackupError."""
    if os.path.lexists(target):
        message = f"{target} is there already: a backup never overwrites, name a folder that does not exist"
        raise BackupError(message)
    missing = [f"{name}.db" for name in ORDER if not (data / f"{name}.db").is_file()]
    if missing:
        message = f"{data} is no data folder of Waypost (without {', '.join(missing)}): choose it with --data"
        raise BackupError(message)
    need_room(sum(path.stat().st_size for path in data.iterdir() if path.is_file()), target)
    with appearing(target) as fresh:
        schemas: dict[str, str] = {}
        counts: dict[str, int] = {}
        for name in ORDER:
            _copy(data / f"{name}.db", fresh / f"{name}.db", lambda left, of, name=name: progress(name, left, of))  # type: ignore[misc]
            schemas[name] = _said(fresh / f"{name}.db", counts, COUNTS.get(name, {}))
        for path in sorted(path for path in data.glob("*.json") if path.is_file()):
            shutil.copy2(path, fresh / path.name)
        files = {path.name: fingerprint(path) for path in sorted(fresh.iterdir())}
        manifest = Manifest(FORMAT, version("waypost"), machine_now(), schemas, counts, files)
        (fresh / MANIFEST).write_bytes(msgspec.json.format(msgspec.json.encode(manifest)) + b"\n")
    return manifest


def _copy(source: Path, target: Path, progress: Callable[[int, int], None]) -> None:
    """Copy one database as it stands now, whoever writes meanwhile."""
    try:
        with (
            closing(sqlite3.connect(f"{source.resolve().as_uri()}?mode=ro", uri=True, isolation_level=None)) as live,
            closing(sqlite3.connect(target, isolation_level=None)) as copy,
        ):
            live.execute("BEGIN")
            live.execute("SELECT count(*) FROM sqlite_master").fetchone()  # from here on it is one snapshot
            live.backup(copy, pages=PAGES, progress=lambda _, left, of: progress(left, of))
            copy.execute("PRAGMA journal_mode = DELETE")  # one file, without a log beside it
            [(found,), *_] = copy.execute("PRAGMA quick_check(1)")
    except sqlite3.Error as error:
        message = f"{source} cannot be copied ({error}): see that the disk has room and the file is sound"
        raise BackupError(message) from error
    if found != "ok":
        message = f"{source} is damaged ({found}): restore an earlier backup of it"
        raise BackupError(message)


def _said(path: Path, counts: dict[str, int], questions: dict[str, str]) -> str:
    with closing(sqlite3.connect(path)) as database:
        counts |= {what: database.execute(question).fetchone()[0] for what, question in questions.items()}
        row = database.execute("SELECT version_num FROM alembic_version").fetchone()
    return str(row[0]) if row else ""


def read_manifest(backup: Path) -> Manifest:
    """Return what a backup says of itself. Raises BackupError."""
    try:
        manifest = msgspec.json.decode((backup / MANIFEST).read_bytes(), type=Manifest)
    except OSError as error:
        message = f"{backup} is no backup of Waypost: it has no {MANIFEST} that can be read ({error.strerror})"
        raise BackupError(message) from error
    except msgspec.DecodeError as error:
        message = f"{backup / MANIFEST} is damaged ({error}): use another backup"
        raise BackupError(message) from error
    if manifest.format > FORMAT:
        message = f"{backup} was made by Waypost {manifest.waypost}: restore it with that version or a newer one"
        raise BackupError(message)
    unsafe = [name for name in manifest.files if Path(name).name != name]
    if unsafe or not {f"{name}.db" for name in ORDER} <= manifest.files.keys():
        message = f"{backup / MANIFEST} does not list what a backup holds: use another backup"
        raise BackupError(message)
    return manifest


def copy_checked(backup: Path, manifest: Manifest, target: Path, progress: Progress = lambda *_: None) -> None:
    """Copy the files of a backup, each compared with the manifest. Raises BackupError."""
    for number, (name, kept) in enumerate(manifest.files.items()):
        progress(name, len(manifest.files) - number, len(manifest.files))
        try:
            shutil.copy2(backup / name, target / name)
        except FileNotFoundError as error:
            message = f"{backup / name} is missing: the backup is not whole, use another"
            raise BackupError(message) from error
        if fingerprint(target / name) != kept:
            message = f"{backup / name} is damaged (its checksum is not the one it was made with): use another backup"
            raise BackupError(message)


def fingerprint(path: Path) -> Kept:
    """Return size and checksum of a file."""
    with path.open("rb") as file:
        return Kept(path.stat().st_size, hashlib.file_digest(file, "sha256").hexdigest())


def need_room(size: int, target: Path) -> None:
    """See that a disk has room, once what killed runs left there is gone. Raises BackupError."""
    _clear(target.parent)
    try:
        free = shutil.disk_usage(target.resolve().parent).free
    except OSError as error:
        message = (
            f"{target.parent} is no folder that can be written to ({error.strerror}): create it, or choose another"
        )
        raise BackupError(message) from error
    if free < size:
        message = f"{target.parent} has {free >> 20:,} MB left, and {size >> 20:,} MB are needed: choose another disk"
        raise BackupError(message)


@contextmanager
def appearing(target: Path) -> Iterator[Path]:
    """Lend a folder beside the target that takes its name once everything in it is on disk; else it vanishes."""
    fresh = target.with_name(f".{target.name}.partial-{os.getpid()}")
    try:
        fresh.mkdir(mode=0o700)
        with _held(fresh):
            yield fresh
            for path in fresh.iterdir():
                _sync(path)
            _sync(fresh)
            fresh.rename(target)
        _sync(target.resolve().parent)
    except OSError as error:
        message = f"cannot write {target} ({error.strerror or error}): see that the disk has room and is yours"
        raise BackupError(message) from error
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _clear(folder: Path) -> None:
    """Remove what runs that were killed left, under whatever name: nobody of their number lives, or holds it."""
    for left in folder.glob(".*.partial-*"):
        number = left.name.rpartition("-")[2]
        if number.isdecimal() and len(number) < 10 and not lives(int(number)):
            with suppress(OSError), _held(left):
                shutil.rmtree(left, ignore_errors=True)


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    """Hold a folder; processes of another container do not know ours by its number. Raises BlockingIOError."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if isinstance(error, BlockingIOError):
                raise
        yield  # also where the file system locks no folders, such as NFS
    finally:
        os.close(handle)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
