"""Fixtures: a migrated data folder, copied for each test."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from migrations import run
from tests.integration.alerts.house import House


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("migrated")
    run.upgrade("alerts", folder / "alerts.db")
    run.upgrade("log", folder / "journey.db")  # the facts lie in tables of a log; alerts reads nothing else there
    return folder


@pytest.fixture
def house(migrated: Path, tmp_path: Path) -> Iterator[House]:
    for file in migrated.iterdir():
        shutil.copy(file, tmp_path / file.name)
    made = House(tmp_path)
    yield made
    made.close()
