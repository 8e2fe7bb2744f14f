"""Fixtures: a migrated data folder, copied for each test, and receivers that it is set to."""

import shutil
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from migrations import run
from tests.integration.alerts.house import House
from tests.integration.alerts.receiver import Receiver
from tests.integration.alerts.smtp_server import MailServer, certificate


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


@pytest.fixture
def slack(house: House) -> Iterator[Receiver]:
    made = Receiver()
    with made.listening():
        house.slack_webhook_url = made.url
        yield made


@pytest.fixture
def mail(house: House) -> Iterator[MailServer]:
    made = MailServer()
    with made.listening():
        house.smtp_url = made.url()
        yield made


@pytest.fixture(scope="session")
def contexts(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    return certificate(tmp_path_factory.mktemp("certificate"))
