"""Two years of history, imported at once: nobody is alarmed about the past, and who is stuck now is shown."""

import csv
import os
import random
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from shared.clock import DAY, HOUR, MINUTE, machine_now
from tests.e2e.crowd import iso
from tests.servers.system import System
from tests.servers.waiting import until

WITHIN = {"Signed Up": 2, "Imported": 3, "Went Live": 5, "Renewed": 9}  # days, from the step before
STEPS = ["Looked", *WITHIN]
MAP = """
map: history
title: Two years of customers
subject: person
opens_on: [Looked]
outcomes: {reached: [{event: Renewed}]}
path:
  - {step: look, match: Looked}
""" + "".join(
    f"  - {{step: {name.lower().replace(' ', '-')}, match: {name}, within: {days}d}}\n" for name, days in WITHIN.items()
)
YEARS = 730 * DAY
FRESH = 7 * DAY  # what was due longer ago raises no alarm


@dataclass(frozen=True, slots=True)
class Life:
    """One customer: the moments of the steps done, in microseconds."""

    user: str
    moments: tuple[int, ...]

    def due(self) -> int | None:
        """Return when the next step was due; None after the last."""
        done = len(self.moments)
        return None if done == len(STEPS) else self.moments[-1] + WITHIN[STEPS[done]] * DAY


def lives(now: int) -> list[Life]:
    """Return customers spread over two years, some of whom stop somewhere, long ago or lately."""
    chance = random.Random(21)
    found = []
    for number in range(600):
        begun = now - chance.randrange(YEARS) if number % 3 else now - chance.randrange(25 * DAY)
        moments = [begun]
        for days in WITHIN.values():
            moments.append(moments[-1] + chance.randrange(HOUR, days * DAY - HOUR))
        stop = chance.choice([1, 2, 3, 4, 5, 5, 5])
        past = tuple(at // 1_000_000 * 1_000_000 for at in moments[:stop] if at < now - 2 * HOUR) or (now - 3 * HOUR,)
        life = Life(f"u{number}", past)
        due = life.due()
        edges = (now - HOUR, now - FRESH, now - FRESH - HOUR)  # too near to call while the test runs
        if due is None or all(abs(due - edge) > 30 * MINUTE for edge in edges):
            found.append(life)
    return found


@pytest.mark.timeout(180)
def test_an_import_of_two_years_alarms_about_the_present_only_and_shows_all_who_are_stuck(
    system: System, tmp_path: Path
) -> None:
    now = machine_now()
    customers = lives(now)
    with (tmp_path / "history.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["user_id", "event", "timestamp"])
        rows = [(at, life.user, step) for life in customers for at, step in zip(life.moments, STEPS, strict=False)]
        writer.writerows((user, step, iso(at)) for at, user, step in sorted(rows))
    (tmp_path / "map.yaml").write_text(MAP)

    for _ in range(2):  # the second adds nothing
        done = import_file(system, tmp_path)
        assert done.returncode == 0, done.stderr
    system.wait_until_consumed()
    until(lambda: system.heard_until() > now, what="everything being heard")
    stuck = {life.user: due for life in customers if (due := life.due()) and due < now - HOUR}
    lately = {user for user, due in stuck.items() if due > now - FRESH}
    until(lambda: len(stuck_now(system)) >= len(stuck), what="all who are stuck")
    system.wait_until_consumed()

    assert system.rows("journey", "SELECT count(*) FROM touchpoints") == [(len(rows),)]
    assert stuck_now(system) == stuck.keys()
    assert {user for alert in every_alert(system) for user in alert} == lately
    assert len(stuck) > len(lately) > 20


def import_file(system: System, folder: Path) -> subprocess.CompletedProcess[str]:
    """Import the history as its owner does."""
    return subprocess.run(
        [
            Path(sys.executable).with_name("waypost"),
            *("import", folder / "history.csv", "--map", folder / "map.yaml"),
            *("--port", str(system.port), "--data", system.folder),
        ],
        env=os.environ | {"WAYPOST_WRITE_KEY": system.keys["a"].write, "WAYPOST_API_TOKEN": system.keys["a"].admin},
        check=False,
        capture_output=True,
        text=True,
    )


def stuck_now(system: System) -> set[str]:
    """Return the customers that the list of those who are stuck shows, page by page."""
    found: set[str] = set()
    after: int | None = 0
    while after is not None:
        page = system.get("journey", "/v1/customers", stall="any", limit=500, after=after)
        found |= {name.removeprefix("user:") for customer in page["customers"] for name in customer["ids"]}
        after = page["next"]
    return found


def every_alert(system: System) -> list[set[str]]:
    """Return whom each live alert is about."""
    return [{name.removeprefix("user:") for name in alert["ids"]} for alert in system.alerts()]
