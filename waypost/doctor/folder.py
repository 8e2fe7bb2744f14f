"""The data folder: whose it is, what it holds, whether its databases are whole and belong together."""

import os
import shutil
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

import msgspec

from migrations.run import DATABASES, versions
from shared.auth import LOCAL_KEYS, SNAPSHOT, LocalKeys, StoredKey, hash_key, read_local_keys
from shared.database import connect
from shared.settings import Settings
from waypost.doctor.finding import Finding, fine, remark, wrong

MEGABYTE: Final = 1 << 20
PRIVATE: Final = (LOCAL_KEYS, SNAPSHOT)
READERS: Final = (("journey", "touchpoints", "log"), ("alerts", "facts", "journey"))  # who reads which topic of whom


def folder(path: Path, disk_free_mb: int) -> Iterator[Finding]:
    """Yield what there is to say about the folder itself: there, ours, private, with room."""
    try:
        status = path.stat()
    except FileNotFoundError:
        yield remark("data folder", f"{path} is not there yet", "`waypost up` makes it")
        return
    except OSError as error:
        yield wrong("data folder", f"{path} cannot be reached: {error.strerror}", "choose another folder with --data")
        return
    if not path.is_dir():
        yield wrong("data folder", f"{path} is a file", "choose a folder with --data")
        return
    if not is_usable(path):
        yield barred(path, theirs=status.st_uid != os.geteuid())
        return
    if status.st_uid != os.geteuid():
        yield remark("data folder", f"{path} belongs to another user than you", "run Waypost as its owner")
    else:
        yield fine("data folder", f"{path}, writable and yours")
    for name in PRIVATE:
        file = path / name
        if file.exists() and stat.S_IMODE(file.stat().st_mode) & 0o077:
            mode = stat.S_IMODE(file.stat().st_mode)
            yield wrong("data folder", f"{file} may be read by others (mode {mode:04o})", f"chmod 600 {file}")
    yield disk(path, disk_free_mb)


def barred(path: Path, *, theirs: bool) -> Finding:
    """Say that this user may not use a folder: of another user, or their own."""
    if theirs:
        text = f"{path} belongs to another user than you, and you cannot read and write it"
        return wrong("data folder", text, "run this as its owner, or choose a folder of yours with --data")
    return wrong("data folder", f"{path} cannot be read and written by this user", f"chmod u+rwx {path}")


def is_usable(path: Path) -> bool:
    """Say whether this user may do in a folder what Waypost does."""
    return os.access(path, os.R_OK | os.W_OK | os.X_OK) and path.is_dir()


def disk(path: Path, bound_mb: int) -> Finding:
    """Say how much room the disk has."""
    free = shutil.disk_usage(path).free // MEGABYTE
    text = f"{free:,} MB free; below {bound_mb:,} MB nothing is accepted"
    if free < bound_mb:
        return wrong("disk", text, "make room, or set WAYPOST_DISK_FREE_MB lower")
    return remark("disk", text, "make room soon") if free < 2 * bound_mb else fine("disk", text)


def databases(path: Path) -> Iterator[Finding]:
    """Yield whether each database is whole and of this version, and whether they belong together."""
    whole = []
    for name in DATABASES:
        file = path / f"{name}.db"
        if not file.exists():
            yield remark("databases", f"{file.name} is not there yet", "`waypost up` makes it")
            continue
        try:
            found = list(_database(file, versions(name)))
        except sqlite3.Error as error:
            text = f"{file.name} cannot be used: {error}"
            found = [wrong("databases", text, "stop Waypost and put a backup in its place (docs/operating.md)")]
        yield from found
        if not any(each.level == "wrong" for each in found):
            whole.append(name)
    if len(whole) == len(DATABASES):
        yield from offsets(path)


def _database(file: Path, known: list[str]) -> Iterator[Finding]:
    with closing(connect(file, read_only=True)) as db:
        [(said,)] = db.execute("PRAGMA quick_check(1)").fetchall()
        if said != "ok":
            do = "stop Waypost and put a backup in its place (docs/operating.md)"
            yield wrong("databases", f"{file.name} is damaged: {said}", do)
            return
        rows = db.execute("SELECT version_num FROM alembic_version").fetchall()
    have = str(rows[0][0]) if rows else ""
    size = file.stat().st_size / MEGABYTE
    if have and have not in known:
        yield wrong("databases", f"{file.name} is of a newer Waypost (schema {have})", "start the newer one")
    elif have != known[-1]:
        yield remark(
            "databases", f"{file.name} has schema {have or 'none'} of {known[-1]}", "`waypost up` brings it up to date"
        )
    else:
        yield fine("databases", f"{file.name} is whole, schema {have}, {size:,.0f} MB")


def offsets(path: Path) -> Iterator[Finding]:
    """Yield whether every reader's place lies in the log that it reads."""
    for reader, topic, writer in READERS:
        try:
            found = _offsets(path, reader, topic, writer)
        except sqlite3.Error as error:
            found = f"cannot be compared: {error}"
        if found:
            text = f"what {reader}.db has read of {writer}.db {found}"
            yield wrong("offsets", text, "put both files back from the same backup (docs/operating.md)")
        else:
            yield fine("offsets", f"{reader}.db reads {topic} of the {writer}.db that lies beside it")


def _offsets(path: Path, reader: str, topic: str, writer: str) -> str:
    with (
        closing(connect(path / f"{reader}.db", read_only=True)) as reads,
        closing(connect(path / f"{writer}.db", read_only=True)) as writes,
    ):
        log_id = [str(row[0]) for row in writes.execute("SELECT log_id FROM log_meta")]
        heads = {
            part: (begin, end)
            for part, begin, end in writes.execute("SELECT part, begin, next FROM log_heads WHERE topic = ?", (topic,))
        }
        places = reads.execute("SELECT part, next, log_id FROM offsets WHERE topic = ?", (topic,)).fetchall()
    for part, place, of in places:
        begin, end = heads.get(part, (0, 0))
        if log_id != [of]:
            return "is of another log"
        if not begin <= place <= end:
            return f"ends at record {place}, and the log holds {begin} to {end}"
    return ""


def keys(path: Path, settings: Settings) -> Iterator[Finding]:
    """Yield whether the keys can be read, the services read what ingest has stored, and the environment's stand."""
    if not (path / "ingest.db").exists():
        return
    try:
        local = read_local_keys(path)
        snapshot = msgspec.json.decode((path / SNAPSHOT).read_bytes(), type=list[StoredKey])
    except (OSError, msgspec.DecodeError) as error:
        text = f"{LOCAL_KEYS} or {SNAPSHOT} cannot be read: {error}"
        yield wrong("keys", text, f"remove {path / LOCAL_KEYS}: the next `waypost up` makes a fresh pair")
        return
    standing = {each.key_hash for each in snapshot if not each.revoked}
    try:
        with closing(connect(path / "ingest.db", read_only=True)) as db:
            stored = {row[0] for row in db.execute("SELECT key_hash FROM keys WHERE revoked_at IS NULL")}
    except sqlite3.Error:  # said of the database already
        return
    if stored != standing:
        yield wrong("keys", "the services read other keys than are stored", "restart `waypost up`")
    elif local and not _stands(local, standing):
        yield wrong(
            "keys", f"a key in {LOCAL_KEYS} was revoked or is not stored", "restart `waypost up`: it makes a fresh one"
        )
    else:
        yield fine("keys", f"{len(standing)} stand, and all services read them")
    for name, key in (("WAYPOST_WRITE_KEY", settings.write_key), ("WAYPOST_API_TOKEN", settings.api_token)):
        if key and hash_key(key) not in standing:
            text = f"{name} is no key that stands in this folder, and commands use it"
            yield remark("keys", text, "unset it; or start `waypost up` again with it, which makes it one")


def _stands(local: LocalKeys, standing: set[str]) -> bool:
    return {hash_key(local.write_key), hash_key(local.api_token)} <= standing
