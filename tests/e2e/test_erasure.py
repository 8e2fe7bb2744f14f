"""A customer is deleted from the terminal, and no file of the whole Waypost says anything of them any more."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from shared.address import Address, write_address
from shared.clock import DAY, machine_now
from shared.times import rfc3339
from tests.servers.system import System
from tests.servers.waiting import until
from waypost.cli import app

MAP = """
map: shop
title: Shop
path:
  - {step: order, match: Order Placed}
  - {step: pay, match: Paid, within: 1d}
  - {step: use, match: Used}
"""
ME = "somebody-who-will-leave"
NOW = machine_now() // DAY * DAY


@pytest.fixture
def system(tmp_path: Path) -> Iterator[System]:
    hooks = {
        "WAYPOST_WEBHOOK_URL": "https://127.0.0.1:9/",
        "WAYPOST_WEBHOOK_SECRET": "whsec_" + "a" * 32,
        "WAYPOST_WEBHOOK_PRIVATE": "true",
    }
    with System(tmp_path / "data", {"WAYPOST_LATENESS_S": "0", **hooks}) as running:
        write_address(running.folder, Address(port=running.port))
        yield running


def event(id_: str, name: str, day: float, **who: str) -> dict[str, object]:
    return {"messageId": f"{id_}-{name}-{day}", "event": name, "timestamp": rfc3339(NOW - round(day * DAY)), **who}


def run(system: System, *words: str, said: str = "") -> tuple[int, str]:
    environment = {"WAYPOST_WRITE_KEY": system.keys["a"].write, "WAYPOST_API_TOKEN": system.keys["a"].admin}
    line = [*words, "--data", str(system.folder)]
    ran = CliRunner().invoke(app, line, env=environment, input=said, catch_exceptions=False)
    return ran.exit_code, ran.output


def what_they_did() -> list[dict[str, object]]:
    mine = [
        event("m", "Order Placed", 3.5, userId=ME, anonymousId="their-browser"),
        event("m", "Order Placed", 3, anonymousId="their-browser"),
    ]
    others = [event(f"o{n}", "Order Placed", 3, userId=f"other-{n}", anonymousId="their-browser") for n in range(20)]
    return [*mine, *others]


def test_a_deleted_customer_leaves_no_byte_and_stays_deleted(system: System) -> None:
    system.publish("shop", MAP)
    system.send(what_they_did())
    system.send([{"userId": ME, "type": "track"}])  # without a name: a dead letter
    system.wait_until_consumed()
    until(lambda: any(f"user:{ME}" in alert["ids"] for alert in system.alerts()), what="an alert about them")
    others = {alert["alert"] for alert in system.alerts() if f"user:{ME}" not in alert["ids"]}
    assert ME.encode() in files(system.folder)

    code, said = run(system, "customer", "delete", f"user:{ME}")
    assert (code, said.splitlines()[-1]) == (2, "error: nothing was deleted: say --yes where nobody can be asked")
    assert system.customer(f"user:{ME}")
    code, said = run(system, "customer", "delete", f"user:{ME}", "--yes")
    assert code == 0, said
    assert f"This is user:{ME}, anonymous:their-browser." in said
    assert "Nothing of it is left in the data folder" in said
    assert system.customer(f"user:{ME}") is None
    assert {alert["alert"] for alert in system.alerts()} == others
    assert system.customer("user:other-3")["ids"] == ["user:other-3"]

    system.send(what_they_did())  # a second import of the same
    system.wait_until_consumed()
    assert system.customer(f"user:{ME}") is None
    assert system.customer("anonymous:their-browser") is None
    code, said = run(system, "customer", "delete", f"user:{ME}", "--yes")
    assert (code, f"no customer is known as `user:{ME}`" in said) == (1, True)


def test_no_file_holds_the_id_even_after_kills_and_a_rebuild_from_the_log(system: System) -> None:
    system.publish("shop", MAP)
    system.send(what_they_did())
    system.wait_until_consumed()
    system.kill("journey", "alerts")
    answer = system.request(
        "POST",
        "ingest",
        "/v1/erasures",
        system.keys["a"].admin,
        json={"ids": [f"user:{ME}", "anonymous:their-browser"]},
    )
    assert answer.status_code == 202
    system.start()
    system.wait_until_ready()
    system.wait_until_consumed()
    until(lambda: is_scrubbed(system), 30.0, "scrubbing")
    system.stop()
    assert ME.encode() not in files(system.folder), where(system.folder)

    for path in [*system.folder.glob("journey*"), *system.folder.glob("alerts*")]:
        path.unlink()
    system.migrate(system.folder)
    system.start()
    system.wait_until_ready()
    system.publish("shop", MAP)
    system.wait_until_consumed()
    assert system.customer(f"user:{ME}") is None
    assert system.customer("user:other-3")["ids"] == ["user:other-3"]


def is_scrubbed(system: System) -> bool:
    [erasure] = system.get("ingest", "/v1/erasures")["erasures"]
    return erasure["scrubbed_at"] is not None and system.rows("journey", "SELECT * FROM scrubs") == []


def files(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file())


def where(folder: Path) -> list[str]:
    return [path.name for path in sorted(folder.iterdir()) if path.is_file() and ME.encode() in path.read_bytes()]
