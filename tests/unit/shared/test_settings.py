"""Settings: from the environment, checked at the start."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from shared.settings import SERVICES, Settings


def test_every_setting_says_what_it_means() -> None:
    unexplained = [name for name, field in Settings.model_fields.items() if not field.description]

    assert unexplained == []


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAYPOST_DATA", "elsewhere")
    monkeypatch.setenv("WAYPOST_PORT", "9000")
    monkeypatch.setenv("WAYPOST_LATENESS_S", "86400")

    settings = Settings()

    assert (settings.data, settings.port, settings.lateness_s) == (Path("elsewhere"), 9000, 86_400.0)


def test_one_port_moves_all_four_services() -> None:
    settings = Settings(port=9100)

    assert [settings.port_of(service) for service in SERVICES] == [9100, 9101, 9102, 9103]
    assert SERVICES == ("console", "ingest", "journey", "alerts")


@pytest.mark.parametrize(
    ("host", "reached_by"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("0.0.0.0", "127.0.0.1"),  # noqa: S104 (an address to listen on)
        ("::", "[::1]"),
        ("::1", "[::1]"),
        ("waypost.internal", "waypost.internal"),
    ],
)
def test_this_machine_reaches_its_services_wherever_they_listen(host: str, reached_by: str) -> None:
    assert Settings(host=host, port=9100).url("journey") == f"http://{reached_by}:9102"


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("WAYPOST_PORT", "0"),
        ("WAYPOST_PORT", "65533"),  # the fourth port would not exist
        ("WAYPOST_PORT", "many"),
        ("WAYPOST_LATENESS_S", "-1"),
        ("WAYPOST_HEARTBEAT_S", "0"),
        ("WAYPOST_BATCH", "0"),
        ("WAYPOST_LOG_LEVEL", "loud"),
    ],
)
def test_a_wrong_setting_is_refused_by_name(monkeypatch: pytest.MonkeyPatch, variable: str, value: str) -> None:
    monkeypatch.setenv(variable, value)

    with pytest.raises(ValidationError, match=variable.removeprefix("WAYPOST_").lower()):
        Settings()


NUMBERS = [name for name, field in Settings.model_fields.items() if field.annotation in (int, float)]


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("value", ["inf", "-inf", "nan", "1e300", "9" * 30, "-1"])
def test_every_number_has_bounds(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"WAYPOST_{name.upper()}", value)

    with pytest.raises(ValidationError, match=name):
        Settings()


@pytest.mark.parametrize(
    "url", ["http://[::1", "http://", "https://:443", "http://way.example:99999", "http://way.example:x", "way.example"]
)
def test_an_address_of_the_console_that_nobody_could_open_is_refused(url: str) -> None:
    with pytest.raises(ValidationError, match="console_url"):
        Settings(console_url=url)


@pytest.mark.parametrize("url", ["", "http://[::1]:8700", "https://way.example/", "https://way.example:8443/a"])
def test_an_address_of_the_console_that_opens_is_taken(url: str) -> None:
    assert Settings(console_url=url).console_url == url


def test_settings_do_not_change_while_a_service_runs() -> None:
    settings = Settings()

    with pytest.raises(ValidationError, match="frozen"):
        settings.port = 1  # type: ignore[misc]  # what the test is about
