"""Whatever strangers write into names, no command lets it move a cursor, colour a line or begin a line of its own."""

import csv
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from shared.clock import DAY, machine_now
from shared.times import rfc3339
from tests.servers.system import System
from tests.servers.waiting import until
from tests.unit.commands.test_every_command import COMMANDS, takes
from waypost.cli import app

EVIL = "\x1b[2J\x1b]0;owned\x07\x9b31m\u202eevil\u2066\x7f\x85\nforged\r\u2028"
ESCAPED = EVIL.replace("\x1b", "\\e").replace("\n", "\\n").replace("\r", "\\r")  # as YAML reads it
ESCAPED = "".join(each if each.isprintable() else f"\\u{ord(each):04x}" for each in ESCAPED)
MAP = f"""
map: shop
title: "Shop {ESCAPED}"
subject: person
owner_from: traits.csm
path:
  - {{step: order, title: "Order {ESCAPED}", match: Order}}
  - {{step: pay, title: "Pay {ESCAPED}", match: Paid, within: 1d}}
"""
KPIS = f"""
kpis:
  - {{kpi: paid, title: "Paid {ESCAPED}", class: outcome, target: 75%,
      measure: {{map: shop, of: share}}}}
goals:
  - {{goal: "Better {ESCAPED}", metric: paid}}
"""
USER = f"u-1 {EVIL}"
NOT_HERE = {"up", "demo"}  # show nothing of strangers; or by the screen that `customer` has too
WALKS: dict[str, list[list[str]]] = {  # by command: how to make it print names; the file is what is imported
    "status": [[], ["--json"]],
    "doctor": [[], ["--json"]],
    "sign-in": [[]],
    "customer show": [["user:" + USER], ["user:" + USER, "--json"], [EVIL]],
    "migrate": [[]],
    "backup": [[f"copy{EVIL}"]],
    "restore": [[EVIL]],
    "simulate": [["--map", "map.yaml", "--customers", "3", "--out", "o", "--truth", "t"], ["--" + EVIL]],
    "import": [["past.csv", "--dry-run", "--map", "map.yaml"], ["past.csv"], [EVIL]],
    "replay": [["--map", "map.yaml", "--log", "past.csv", *more] for more in ([], ["--json", "--journeys"])],
    "map lint": [["map.yaml"], ["bad.yaml"], ["bad.yaml", "--json"]],
    "map init": [["--from", "past.csv", "--share", "1"]],
    "map show": [["shop"], ["map.yaml"], [EVIL]],
    "map publish": [["map.yaml"], ["bad.yaml"]],
    "kpis check": [["kpis.yaml"], ["bad.yaml"]],
    "kpis put": [["kpis.yaml"]],
    "kpis show": [[], ["--json"]],
    "key create": [["--scope", "write", "--source", f"web{EVIL}"], ["--scope", "read", "--source", "x", "--json"]],
    "key list": [[], ["--json"]],
    "key revoke": [[EVIL]],
    "dead-letters summary": [[], ["--json"]],
    "dead-letters list": [[], ["--json"]],
    "dead-letters replay": [["--all"], ["--reason", EVIL]],
    "alerts list": [[], ["--json"], ["--csv"], ["--status", EVIL]],
    "alerts acknowledge": [["1", "--by", EVIL], ["1", "--by", EVIL, "--json"]],
    "alerts snooze": [["1", "--for", "3d", "--reason", EVIL], ["1", "--for", EVIL]],
    "alerts resolve": [["1", "--reason", EVIL]],
    "alerts test": [[], [EVIL]],
    "dead-letters dismiss": [["--all"]],
    "customer delete": [["user:" + USER, "--yes"]],
}
SHOWS = {"customer show", "map show", "alerts list", "dead-letters list", "map init", "import", "status"}


def write_files(folder: Path) -> None:
    (folder / "map.yaml").write_text(MAP)
    (folder / "kpis.yaml").write_text(KPIS)
    (folder / "bad.yaml").write_text(f'map: shop\n"{ESCAPED}": [\npath: "{ESCAPED}"\n')
    with (folder / "past.csv").open("w", newline="") as file:
        rows = [[f"c-{n} {EVIL}", f"{event} {EVIL}", f"2026-03-0{n}T10:00:00Z"] for n in (1, 2) for event in "ab"]
        plain = [["c", "plain", "2026-03-01T10:00:00Z"], [EVIL, "a", "never" + EVIL]]
        csv.writer(file).writerows([["user", "event", "time"], *rows, *plain])


def feed(system: System) -> None:
    system.publish("shop", MAP)
    old = rfc3339(machine_now() - 3 * DAY)
    system.send(
        [
            {"event": "Order", "userId": USER, "channel": f"c{EVIL}", "timestamp": old},
            {"event": f"Unknown {EVIL}", "userId": USER, "timestamp": old},
            {"type": "identify", "userId": USER, "traits": {"name": f"Name {EVIL}", "csm": EVIL}, "timestamp": old},
            {"type": f"t{EVIL}", "event": f"Bad {EVIL}", "userId": USER},
            {"event": f"Of nobody {EVIL}"},
        ]
    )
    system.wait_until_consumed()
    until(system.alerts, what="the alert of who does not pay")


@pytest.mark.timeout(180)
def test_no_command_prints_what_moves_a_terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_files(tmp_path)
    bad: list[tuple[str, str]] = []
    shown = set()
    with System(tmp_path / "data") as system:
        feed(system)
        keys = {"WAYPOST_WRITE_KEY": system.keys["a"].write, "WAYPOST_API_TOKEN": system.keys["a"].admin}
        options = {"--data": str(system.folder), "--port": str(system.port)}
        assert WALKS.keys() == COMMANDS.keys() - NOT_HERE
        for name, walks in WALKS.items():
            where = [word for option, value in options.items() if takes(name, option) for word in (option, value)]
            for words in walks:
                ran = CliRunner().invoke(app, [*name.split(), *words, *where], env=keys, color=True)
                assert ran.exception is None or isinstance(ran.exception, SystemExit), (name, words, ran.exception)
                bad += [(name, line) for line in ran.output.split("\n") if not harmless(line)]
                shown |= {name} if "evil" in ran.output else set()

    assert bad == []
    assert shown >= SHOWS


def harmless(line: str) -> bool:
    """Say whether a line is printable, and begins with nothing that a name holds."""
    return line.isprintable() and not re.match(r"\s*forged", line)
