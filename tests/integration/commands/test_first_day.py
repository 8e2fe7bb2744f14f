"""The first day of a team: what `waypost status`, `key` and `dead-letters` say at each step, on real services."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from shared.address import Address, write_address
from shared.clock import DAY, machine_now
from shared.times import rfc3339
from tests.servers.system import System
from tests.servers.waiting import until
from waypost.cli import app

pytestmark = pytest.mark.xdist_group("first day")  # one running Waypost for all of them

MAP = """
map: shop
title: Shop
subject: person
path:
  - {step: order, title: Order, match: Order Placed}
  - {step: pay, title: Pay, match: Paid, within: 1d}
"""

Run = Callable[..., tuple[int, str]]


@pytest.fixture
def system(tmp_path: Path) -> Iterator[System]:
    """Run a Waypost whose folder knows where it answers."""
    with System(tmp_path / "data") as running:
        write_address(running.folder, Address(port=running.port))
        yield running


@pytest.fixture
def run(system: System) -> Run:
    """Return what runs a command as tenant a, on the folder alone: exit code and output."""
    keys = {"WAYPOST_WRITE_KEY": system.keys["a"].write, "WAYPOST_API_TOKEN": system.keys["a"].admin}

    def command(*words: str, **environment: str) -> tuple[int, str]:
        line = [*words, "--data", str(system.folder)]
        ran = CliRunner().invoke(app, line, env=keys | environment, catch_exceptions=False)
        return ran.exit_code, ran.output

    return command


def why(run: Run) -> dict[str, Any]:
    code, said = run("status", "--json")
    found: dict[str, Any] = json.loads(said)
    assert code == int(found["why"]["wrong"])
    return found


def test_status_names_what_stands_in_the_way_at_each_step_of_the_first_day(system: System, run: Run) -> None:
    codes = [why(run)["why"]["code"]]
    system.http.post(system.url("ingest", "/v1/touchpoints"), json={}, headers={"Authorization": "Bearer wk_wrong"})
    codes.append(why(run)["why"]["code"])
    system.send([{"event": "Order Placed"}])
    codes.append(why(run)["why"]["code"])
    system.send([{"event": "order_placed", "userId": "u-1"}])
    system.wait_until_consumed()
    codes.append(why(run)["why"]["code"])
    system.publish("shop", MAP)
    until(lambda: why(run)["why"]["code"] != "catching_up", what="the map being looked at")
    mistyped = why(run)["why"]
    codes.append(mistyped["code"])
    two_days_ago = rfc3339(machine_now() - 2 * DAY)
    system.send([{"event": "Order Placed", "userId": "u-2", "timestamp": two_days_ago}])
    system.wait_until_consumed()
    until(lambda: why(run)["why"]["code"] == "alerts", what="the alert of who does not pay")
    said = run("status")[1]
    shown = run("map", "show", "shop")[1]
    other = run("map", "show", "shup")

    assert codes == ["nothing_sent", "wrong_key", "all_refused", "no_map", "no_match"]
    assert "`order_placed` (did you mean `Order Placed`?)" in mistyped["text"]
    assert "1 alert wants somebody." in said
    assert f"waypost alerts list --data {system.folder}" in said
    assert "1 no_identity from source-of-a" in said
    assert "shop, version 1: 1 journey, 1 open, 1 waits too long" in said
    assert "source-of-a: 2 accepted, 1 refused, last heard" in said
    assert "the disk has" in said
    assert re.search(r"Order +on Order Placed · assumed · 0 here\n", shown)
    assert re.search(r"Pay +on Paid · within 1d · assumed · 1 here · 1 waits too long", shown)
    assert "Version 1, published" in shown
    assert other == (2, "error: no map is published as `shup`, and no file is called so; did you mean `shop`?\n")


def test_the_advice_on_a_misnamed_event_leads_out_whichever_way_it_was_followed(
    system: System, run: Run, tmp_path: Path
) -> None:
    def settled() -> dict[str, Any]:
        until(lambda: why(run)["why"]["code"] != "catching_up", what="the map being looked at")
        found: dict[str, Any] = why(run)["why"]
        return found

    system.publish("shop", MAP)
    system.send([{"event": "order_placed", "userId": "u-1"}])
    system.wait_until_consumed()
    mistyped = settled()
    mended = tmp_path / "map.yaml"
    mended.write_text(MAP.replace("Order Placed", "order_placed"))
    run("map", "publish", str(mended))
    too_young = settled()
    run("map", "publish", "--correct", str(mended))
    until(lambda: why(run)["why"]["code"] == "well", what="the advice to have helped")

    assert mistyped["next"][-1] == too_young["next"][-1] == "waypost map publish --correct map.yaml"
    assert "Version 2 of `shop` knows `order_placed`, but holds only for what happens after" in too_young["text"]


def test_a_key_is_made_listed_without_its_secret_and_revoked(system: System, run: Run) -> None:
    made = run("key", "create", "--scope", "write", "--source", "shop")
    key = made[1].splitlines()[0]
    sent = run("key", "list", "--json")
    [fresh] = [each for each in json.loads(sent[1]) if each["source"] == "shop"]
    table = run("key", "list")[1]
    bearer = {"Authorization": f"Bearer {key}"}
    event = {"event": "Order Placed", "userId": "u"}
    before = system.http.post(system.url("ingest", "/v1/touchpoints"), json=event, headers=bearer)
    gone = run("key", "revoke", fresh["id"])
    after = system.http.post(system.url("ingest", "/v1/touchpoints"), json=event, headers=bearer)
    own = next(each["id"] for each in json.loads(sent[1]) if each["scope"] == "admin")
    last = run("key", "revoke", own)
    nobodys, mistyped, by_source = (run("key", "revoke", word) for word in ("../x", own[:-1], "source of a"))

    assert (made[0], gone[0]) == (0, 0)
    assert key.startswith("wk_")
    assert key not in table
    assert fresh["id"] in table
    assert (before.status_code, after.status_code) == (200, 401)
    assert "stands no longer" in gone[1]
    assert (last[0], "the last key with scope admin" in last[1]) == (2, True)
    assert nobodys == (2, "error: there is no key ../x: `waypost key list` shows them by id\n")
    assert f": did you mean {own} (scope admin, source )? `waypost key list` shows" in mistyped[1]
    assert "(scope write, source source-of-a)?" in by_source[1]


def test_dead_letters_are_counted_with_what_to_do_and_dismissed(system: System, run: Run) -> None:
    system.send([{"event": "a"}, {"event": "b"}, {"type": "?", "userId": "u"}])
    counted = run("dead-letters", "summary")
    unclear = run("dead-letters", "dismiss", "--all", "--reason", "no_identity")
    again = run("dead-letters", "replay", "--reason", "no_identity")
    gone = run("dead-letters", "dismiss", "--reason", "no_identity", "--source", "source-of-a")
    left = run("dead-letters", "summary", "--json")
    missing = run("dead-letters", "dismiss", "2", "77")

    assert counted[0] == 0
    assert counted[1].startswith("2 no_identity from source-of-a, ")
    assert "Say who" in counted[1]
    assert (unclear[0], unclear[1]) == (
        2, "error: say which letters: their offsets, --reason and --source, or --all\n"
    )  # fmt: skip
    assert (again[0], again[1].splitlines()[-1]) == (1, "0 replayed, 2 refused again.")
    assert gone == (0, "2 dismissed.\n")
    assert [json.loads(line)["reason"] for line in left[1].splitlines()] == ["unknown_type"]
    assert (missing[0], missing[1].splitlines()) == (1, ["77: No such letter.", "1 dismissed."])
    assert run("dead-letters", "summary")[1] == "No dead letters wait.\n"


def test_a_token_that_is_none_is_said(run: Run) -> None:
    code, said = run("status", WAYPOST_API_TOKEN="at_of_another_system")

    assert code == 1
    assert "This key is not known here" in said
    assert "  journey    ready, but does not know your key\n" in said
    assert "waypost doctor" in said
