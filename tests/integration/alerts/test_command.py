"""`waypost alerts` against a running service."""

import csv
import getpass
import io
import json
from collections.abc import Iterator

import pytest
from typer.testing import CliRunner

from shared.auth import StoredKey, hash_key, write_snapshot
from tests.integration.alerts.house import House
from tests.integration.alerts.test_stream import free_port, serving
from tests.unit.alerts.facts import ended, failed, skipped, stall
from waypost.cli import app


@pytest.fixture
def words(house: House, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Yield the options that lead to a running service."""
    monkeypatch.setenv("WAYPOST_API_TOKEN", "token")
    write_snapshot(house.folder, [StoredKey("acme", hash_key("token"), "admin", "cli")])
    port = free_port()
    with serving(house, port):
        yield ["--port", str(port - 3)]


def run(*words: str, code: int = 0) -> str:
    result = CliRunner().invoke(app, ["alerts", *words])
    assert result.exit_code == code, result.output
    return result.output


def test_the_list_says_who_what_and_what_next(house: House, words: list[str]) -> None:
    house.take([stall(), skipped(customer=2), failed(customer=3)], [ended(failed(customer=3), 2)])
    assert run("list", *words).splitlines() == [
        "2  high  user:2  onboarding  open",
        "    Went on without contract. Since 29 Nov 2023.",
        "1  medium  user:1  onboarding  open",
        "    Waits for security-review since 21 days. Since 17 Dec 2023.",
        "    Next: security-review (csm): the first step that is missing",
    ]
    assert "3  medium  user:3  onboarding  ended" in run("list", "--status", "all", *words)
    assert run("list", "--limit", "1", *words).splitlines()[-1] == "And more: see them with --limit above 1."
    assert len(json.loads(run("list", "--json", "--rule", "stall", *words))["alerts"]) == 1


def test_an_empty_list_says_what_would_stand_there(words: list[str]) -> None:
    assert run("list", *words).startswith("No alerts. A stall, a skipped prerequisite")


def test_acknowledging_and_resolving_say_how_the_alert_stands_then(house: House, words: list[str]) -> None:
    house.take([stall()])
    assert f"acknowledged by {getpass.getuser()} on 24 Dec 2023\n" in run("acknowledge", "1", *words)
    answer = json.loads(run("resolve", "1", "--reason", "waived", "--by", "ana", "--json", *words))
    assert (answer["status"], house.trail()) == ("resolved", ["opened", "acknowledged", "resolved"])


def test_what_cannot_be_done_is_one_clear_line(house: House, words: list[str]) -> None:
    house.take([stall()], [ended(stall(), 2)])
    said = run("acknowledge", "1", *words, code=1)
    assert said == "error: Alert 1 has ended by itself: it cannot be acknowledged any more.\n"
    assert run("acknowledge", "9", *words, code=1) == "error: There is no alert 9.\n"
    assert "status is one or more of open" in run("list", "--status", "closed", *words, code=2)


def test_without_a_running_service_the_command_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAYPOST_API_TOKEN", "token")
    assert "start it with `waypost up`, or say --port" in run("list", "--port", str(free_port() - 3), code=2)


def test_the_list_narrows_by_owner_map_and_severity_and_is_written_as_csv(house: House, words: list[str]) -> None:
    house.take([stall(owner="ana@ours.example"), stall(customer=2, map="renewal", severity="critical")])
    assert "user:1" in run("list", "--owner", "ana@ours.example", *words)
    assert "user:2" not in run("list", "--owner", "ana@ours.example", *words)
    assert run("list", "--map", "renewal", "--severity", "critical,high", *words).startswith("2  critical  user:2")
    rows = list(csv.DictReader(io.StringIO(run("list", "--csv", "--limit", "1", *words))))
    assert [(row["alert"], row["owner"]) for row in rows] == [("2", "csm"), ("1", "ana@ours.example")]


def test_names_of_strangers_move_nothing_in_the_terminal(house: House, words: list[str]) -> None:
    house.take([stall(name="\x1b[2JEve\r\n\u202eevil", text="Waits\x1b]0;x\x07.")])
    lines = run("list", *words).splitlines()
    assert lines[:2] == [
        "1  medium  [2JEve evil (user:1)  onboarding  open",
        "    Waits]0;x. Since 17 Dec 2023.",
    ]


def test_snoozing_for_a_while_and_until_a_time(house: House, words: list[str]) -> None:
    house.take([stall()])
    assert "on 24 Dec 2023 until 27 Dec 2023 22:13 UTC\n" in run("snooze", "1", "--for", "3d", "--by", "ana", *words)
    said = run("snooze", "1", "--until", "2024-01-02", "--reason", "away", "--by", "ana", *words)
    assert "snoozed by ana on 24 Dec 2023 until 2 Jan 2024 00:00 UTC: away\n" in said
    assert house.because()["reason"] == "away"
    assert "either --until or --for" in run("snooze", "1", *words, code=2)
    assert "such as 4h or 3d; not `soon`" in run("snooze", "1", "--for", "soon", *words, code=2)
    assert "until lies after now" in run("snooze", "1", "--until", "2020-01-01", *words, code=1)


def test_trying_channels_without_any_says_which_settings_there_are(words: list[str]) -> None:
    assert run("test", *words, code=1).splitlines() == [
        "slack    not set. Set WAYPOST_SLACK_WEBHOOK_URL and start Waypost again.",
        "mail     not set. Set WAYPOST_SMTP_URL and start Waypost again.",
        "webhook  not set. Set WAYPOST_WEBHOOK_URL and start Waypost again.",
    ]
    assert len(json.loads(run("test", "mail", "--json", *words, code=1))["results"]) == 1
