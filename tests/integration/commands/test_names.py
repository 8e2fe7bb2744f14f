"""Commands find one customer by the same names, and say what a member's account does, on real services."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from shared.address import Address, write_address
from shared.clock import DAY, machine_now
from shared.times import rfc3339
from tests.servers.system import System
from tests.servers.waiting import until
from waypost.cli import app

pytestmark = pytest.mark.xdist_group("first day")

VISITS = "map: visits\npath: [{step: Booked}, {step: Seen, within: 1d}]"
CLINICS = "map: clinics\nsubject: account\npath: [{step: Registered}, {step: Live}]"


def test_a_customer_has_the_same_names_everywhere_and_a_member_is_on_the_map_of_the_account(tmp_path: Path) -> None:
    with System(tmp_path / "data") as system:
        write_address(system.folder, Address(port=system.port))
        keys = {"WAYPOST_WRITE_KEY": system.keys["a"].write, "WAYPOST_API_TOKEN": system.keys["a"].admin}

        def run(*words: str) -> str:
            line = [*words, "--data", str(system.folder)]
            return CliRunner().invoke(app, line, env=keys, catch_exceptions=False).output

        system.publish("visits", VISITS)
        system.publish("clinics", CLINICS)
        system.send(
            [
                {"event": "Booked", "userId": "c-1", "timestamp": rfc3339(machine_now() - 3 * DAY)},
                {"type": "group", "userId": "vera", "groupId": "north", "traits": {"name": "North Clinic"}},
                {"event": "Registered", "userId": "vera"},
                {"event": "Live", "userId": "ned", "context": {"groupId": "north"}},
                {"event": "Registered", "userId": "joe"},
            ]
        )
        system.wait_until_consumed()
        until(system.alerts, what="the alert of who was not seen")
        lists = [run("alerts", "list", "--customer", name) for name in ("c-1", "user:c-1", "#1")]
        acknowledged = run("alerts", "acknowledge", "1", "--by", "otto")
        members = run("alerts", "list", "--customer", "vera")
        nobody = run("alerts", "list", "--customer", "c-2")
        vera, joe, north = (run("customer", name) for name in ("vera", "joe", "account:north"))
        status = run("status")

    assert len(set(lists)) == 1
    assert "user:c-1  visits  open\n" in lists[0]
    assert "acknowledged by otto on " in acknowledged
    assert "no customer is known as `c-2`" in nobody
    assert "They belong to an account: `waypost alerts list --customer account:north`." in members
    assert "Account  North Clinic (account:north): clinics arrived; `waypost customer account:north` shows" in vera
    assert "On no map" not in vera
    assert "On no map: nothing so far opens one." in joe
    assert "Account" not in north
    assert "1 of them on no map" in status
