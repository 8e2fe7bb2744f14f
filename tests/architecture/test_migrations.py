"""Every database's line of versions: forth, equal to the tables in code, back, and forth again."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from migrations.run import DATABASES, check, downgrade, upgrade


def tables(path: Path) -> set[str]:
    """Return the tables of a database file."""
    with closing(sqlite3.connect(path)) as connection:
        question = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        return {name for (name,) in connection.execute(question)}


@pytest.mark.parametrize("database", DATABASES)
def test_a_migrated_file_has_its_write_ahead_log_before_any_service_opens_it(database: str, tmp_path: Path) -> None:
    path = tmp_path / f"{database}.db"
    upgrade(database, path)

    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


@pytest.mark.parametrize("database", DATABASES)
def test_a_database_migrates_forth_and_back_and_equals_its_tables_in_code(database: str, tmp_path: Path) -> None:
    path = tmp_path / f"{database}.db"

    upgrade(database, path)
    check(database, path)
    made = tables(path)
    downgrade(database, path)
    left = tables(path)
    upgrade(database, path)
    check(database, path)

    assert len(made) > 1
    assert left == {"alembic_version"}
    assert tables(path) == made
