"""Who looks first waits for nothing: what pages ask for is made before they ask."""

from contextlib import AbstractContextManager, closing
from pathlib import Path
from sqlite3 import Connection
from typing import Any

from migrations.run import upgrade
from services.journey.learn.picture import Warming
from services.journey.learn.snapshots import Key, Snapshots
from services.journey.store.maps import MapRow, publish
from shared.database import connect, transaction


def test_what_pages_ask_for_is_made_for_each_map_and_each_tenant(tmp_path: Path) -> None:
    path = tmp_path / "journey.db"
    upgrade("journey", path)
    with closing(connect(path)) as db, transaction(db):
        for tenant, name, digest in [("a", "care", "1"), ("a", "care", "2"), ("a", "buy", "1"), ("z", "care", "1")]:
            publish(db, MapRow(tenant, name, 0, 0, 0, digest, f"map: {name}\npath: [a, b]"))
    made: list[Key] = []

    answers: Snapshots[Any] = Snapshots(made.append)

    def database() -> AbstractContextManager[Connection]:
        return closing(connect(path))

    Warming(database, answers, answers, (answers,)).renew()
    assert set(made) == {("a",), ("a", "buy", "1"), ("a", "care", "2"), ("z",), ("z", "care", "1")}
