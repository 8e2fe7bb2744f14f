"""Published maps: immutable versions, numbered in order of publication; `revision` says that something new is there."""

import sqlite3
from typing import NamedTuple


class MapRow(NamedTuple):
    """A published version of a map."""

    tenant: str
    map: str
    version: int
    revision: int
    published_at: int  # in force from then on
    digest: str
    yaml: str


def publish(db: sqlite3.Connection, draft: MapRow, *, correct: bool = False) -> MapRow:
    """Publish a map unless its newest version has the same digest; return what stands. Inside a transaction.

    The draft's version and revision are given here: one more than the newest. One that corrects is in force from when
    the version before it was (the newest with other content), in its place.
    """
    newest = latest(db, draft.tenant, draft.map)
    wrong = _newest_but(db, draft) if correct else None
    in_force = wrong.published_at if wrong else draft.published_at
    if newest and newest.digest == draft.digest and not (wrong and newest.published_at != in_force):
        return newest
    revision = db.execute("SELECT coalesce(max(revision), 0) + 1 FROM maps").fetchone()[0]
    version = newest.version + 1 if newest else 1
    row = draft._replace(version=version, revision=revision, published_at=in_force)
    db.execute("INSERT INTO maps VALUES (?, ?, ?, ?, ?, ?, ?)", row)
    return row


def _newest_but(db: sqlite3.Connection, draft: MapRow) -> MapRow | None:
    row = db.execute(
        "SELECT * FROM maps WHERE tenant = ? AND map = ? AND digest <> ? ORDER BY version DESC LIMIT 1",
        (draft.tenant, draft.map, draft.digest),
    ).fetchone()
    return MapRow(*row) if row else None


def latest(db: sqlite3.Connection, tenant: str, map: str) -> MapRow | None:
    """Return the newest version of a map."""
    row = db.execute(
        "SELECT * FROM maps WHERE tenant = ? AND map = ? ORDER BY version DESC LIMIT 1",
        (tenant, map),
    ).fetchone()
    return MapRow(*row) if row else None


def version(db: sqlite3.Connection, tenant: str, map: str, number: int) -> MapRow | None:
    """Return one version of a map."""
    row = db.execute(
        "SELECT * FROM maps WHERE tenant = ? AND map = ? AND version = ?",
        (tenant, map, number),
    ).fetchone()
    return MapRow(*row) if row else None


def all_maps(db: sqlite3.Connection) -> list[MapRow]:
    """Return every version of every tenant, in order of publication."""
    return [MapRow(*row) for row in db.execute("SELECT * FROM maps ORDER BY revision")]


def newest_maps(db: sqlite3.Connection, tenant: str | None = None) -> list[MapRow]:
    """Return the newest version of each map of one tenant, or of all, by name."""
    rows = db.execute(
        "SELECT * FROM maps m WHERE (?1 IS NULL OR tenant = ?1)"
        " AND version = (SELECT max(version) FROM maps WHERE tenant = m.tenant AND map = m.map) ORDER BY map",
        (tenant,),
    )
    return [MapRow(*row) for row in rows]


def newest_revision(db: sqlite3.Connection) -> int:
    """Return the revision of the last publication of any tenant; 0 before the first."""
    found: int = db.execute("SELECT coalesce(max(revision), 0) FROM maps").fetchone()[0]
    return found
