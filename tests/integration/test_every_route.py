"""Every route of every service, the next one included: no answer without a key, none beyond its scope or its tenant.

The routes are read from the apps themselves. A new parameter in a path fails here until SAMPLES has a value for it.
"""

import importlib
import re
import socket
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import httpx2 as httpx
import pytest
from fastapi.routing import iter_route_contexts
from starlette.routing import BaseRoute, Mount

from services.console.routes.visitor import OPEN
from shared.auth import Scope, new_key
from shared.clock import DAY, WallClock, machine_now
from shared.service import PUBLIC
from shared.settings import SERVICES, Settings
from tests.servers.system import System
from tests.servers.waiting import until

pytestmark = pytest.mark.xdist_group("every route")  # one running Waypost for all of them

NOW = machine_now() // DAY * DAY  # the clock of these tests stands still
MARK = "only-tenant-a-may-see-this"
MAP = f"""
map: {MARK}
title: {MARK}
subject: person
path:
  - {{step: {MARK}-opened, match: {MARK} Opened}}
  - {{step: {MARK}-paid, match: {MARK} Paid, within: 1d, owner: {MARK}}}
  - {{step: {MARK}-used, match: {MARK} Used}}
"""
SAMPLES = {  # what a parameter may be, by the part of the path before it; `seeded` puts A's real alert in
    "maps": MARK,
    "customers": f"user:{MARK}",
    "alerts": "1",
    "inbox": "1",
    "dead-letters": "0",
    "keys": "000000000000",
}
BODIES = {  # by the end of the path
    "acknowledge": {"by": "b"},
    "snooze": {"by": "b", "until": "2099-01-01"},
    "resolve": {"by": "b", "reason": "none of mine"},
}
OF_THE_MACHINE = re.compile(  # no tenant's own
    r'"(?:log_bytes|disk_free_bytes|oldest_at|unauthorized)":[^,}]+|<dl [^>]*id="room">.*?</dl>|data-live="[^"]+"',
    re.DOTALL,
)
IN_AND_OUT = {"/sign-out", "/v1/links"}  # of the console: who signs in or out changes nothing of the tenant's
PREFLIGHT = {"OPTIONS", "HEAD"}  # carry no key and no data


@dataclass(frozen=True, slots=True)
class Door:
    """One method of one route."""

    service: str
    method: str
    path: str

    def filled(self, samples: dict[str, str]) -> str:
        """Return the path with a value for each parameter. Raises KeyError for one without a sample."""
        return re.sub(r"([\w-]+)/\{[\w:]+\}", lambda found: f"{found[1]}/{samples[found[1]]}", self.path)

    def opened_by(self) -> Scope:
        """Return the scope that the house's rule wants: read to ask, write to send touchpoints, admin to change."""
        if self.service == "ingest" and SENDS.match(self.path):
            return "write"
        return "read" if self.method == "GET" or self.path in IN_AND_OUT else "admin"


SENDS = re.compile(r"/v1/(batch|track|identify|page|screen|group|alias|[btipsga]|touchpoints|import|pixel/.*)$")


def doors(service: str, routes: Sequence[BaseRoute], prefix: str = "") -> Iterator[Door]:
    """Yield every method of every route, those of included routers and mounted apps too. A WebSocket counts as GET."""
    for route in iter_route_contexts(routes):
        path = prefix + (getattr(route, "path", "") or "")
        if isinstance(route.original_route, Mount):
            yield from doors(service, route.original_route.routes, path)
        elif path not in PUBLIC | OPEN:
            methods = getattr(route, "methods", None) or {"GET"}
            yield from (Door(service, method, path) for method in sorted(methods - PREFLIGHT))


@pytest.fixture(scope="module")
def every_door(tmp_path_factory: pytest.TempPathFactory) -> list[Door]:
    """Read the routes of all four apps."""
    settings = Settings(data=tmp_path_factory.mktemp("routes"))
    System.migrate(settings.data)
    found = []
    for service in SERVICES:
        app = importlib.import_module(f"services.{service}.app").create_app(settings)
        found += list(doors(service, app.routes))
    return found


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """Run a Waypost whose clock stands still."""
    folder = tmp_path_factory.mktemp("every-route") / "data"
    with System(folder, clock=WallClock(start=NOW, speed=0.0)) as running:
        yield running


@dataclass(frozen=True, slots=True)
class Seeded:
    """What A has, and what B was answered before A had it."""

    before: dict[Door, tuple[int, str]]
    samples: dict[str, str]
    alert: dict[str, Any]


@pytest.fixture(scope="module")
def seeded(system: System, every_door: list[Door]) -> Seeded:
    """Give tenant A a map, a customer, a dead letter and an alert."""
    before = answers_of_b(system, every_door, SAMPLES)
    system.publish(MARK, MAP)
    opened = {"userId": MARK, "event": f"{MARK} Opened", "timestamp": iso(NOW - 2 * DAY), "properties": {"x": MARK}}
    system.send([opened])
    system.send([{"event": f"{MARK} Broken"}])  # nobody's: a dead letter
    system.wait_until_consumed()
    until(system.alerts, what="an alert of A's stalled customer")
    alert = system.alerts()[0]
    key = system.get("ingest", "/v1/keys")["keys"][0]["id"]
    number = str(alert["alert"])
    return Seeded(before, SAMPLES | {"alerts": number, "inbox": number, "keys": key}, alert)


def iso(microseconds: int) -> str:
    """Return a time as clients write it."""
    return datetime.fromtimestamp(microseconds / 1_000_000, UTC).isoformat()


def ask(system: System, door: Door, samples: dict[str, str], key: str | None) -> tuple[int, str]:
    """Return status and text of an answer; of one that never ends, what comes within a moment."""
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    address, body = system.url(door.service, door.filled(samples)), BODIES.get(door.path.rsplit("/", 1)[1])
    patience = httpx.Timeout(10.0, read=0.5 if door.path.endswith(("/stream", "/live")) else 10.0)
    text = b""
    with system.http.stream(door.method, address, headers=headers, json=body, timeout=patience) as answer:
        with suppress(httpx.ReadTimeout):  # a stream of events that has nothing to tell
            for part in answer.iter_raw():
                text += part
        return answer.status_code, text.decode(errors="replace")


def answers_of_b(system: System, every_door: list[Door], samples: dict[str, str]) -> dict[Door, tuple[int, str]]:
    """Ask everything that can be asked as tenant B, by the names of A's things."""
    asked = (door for door in every_door if door.method == "GET" and door.opened_by() != "write")
    answers = {door: ask(system, door, samples, system.keys["b"].admin) for door in asked}
    return {door: (status, OF_THE_MACHINE.sub("", text)) for door, (status, text) in answers.items()}


def test_the_walk_finds_the_routes_that_we_know(every_door: list[Door]) -> None:
    assert {
        Door("ingest", "POST", "/v1/batch"),
        Door("ingest", "POST", "/v1/touchpoints"),
        Door("journey", "GET", "/v1/customers"),
        Door("alerts", "GET", "/v1/alerts"),
    } <= set(every_door)


def test_every_parameter_of_a_path_has_a_sample(every_door: list[Door]) -> None:
    without = [
        door
        for door in every_door
        if "{" in re.sub(r"([\w-]+)/\{[\w:]+\}", lambda f: SAMPLES.get(f[1], "{"), door.path)
    ]

    assert without == [], "add what stands before the parameter to SAMPLES"


@pytest.mark.parametrize("key", [None, new_key("at")], ids=["no key", "an unknown key"])
def test_no_route_answers_without_a_key_that_stands(system: System, every_door: list[Door], key: str | None) -> None:
    answers = {door: ask(system, door, SAMPLES, key) for door in every_door}

    assert {door: answer for door, answer in answers.items() if answer[0] != 401} == {}
    assert {door: answer for door, answer in answers.items() if '"unauthorized"' not in answer[1]} == {}


def test_no_route_waits_for_a_body_of_somebody_without_a_key(system: System, every_door: list[Door]) -> None:
    answers = {}
    for door in every_door:
        if door.method != "GET" and door.opened_by() != "write":  # events may bring their key in the body
            address = urlsplit(system.url(door.service, door.filled(SAMPLES)))
            with closing(socket.create_connection((address.hostname, address.port), timeout=10)) as client:
                head = f"{door.method} {address.path} HTTP/1.1\r\nhost: {address.netloc}\r\n"
                client.sendall(f"{head}content-type: application/json\r\ncontent-length: 1000000\r\n\r\n".encode())
                answers[door] = client.recv(65536)[:12]

    assert len(answers) > 10
    assert {door: answer for door, answer in answers.items() if answer != b"HTTP/1.1 401"} == {}


def test_head_is_answered_wherever_get_is(system: System, every_door: list[Door]) -> None:
    asked = {door for door in every_door if door.method == "GET" and door.opened_by() != "write"}
    answers = {door: system.http.head(system.url(door.service, door.filled(SAMPLES))).status_code for door in asked}

    assert {door: status for door, status in answers.items() if status != 401} == {}
    assert {system.http.head(system.url(name, path)).status_code for name in SERVICES for path in PUBLIC} == {200}


def test_every_route_opens_to_its_own_scope_only(system: System, every_door: list[Door]) -> None:
    keys = system.keys["b"]
    allowed = {"write": {"write"}, "read": {"read", "admin"}, "admin": {"admin"}}
    refused = {
        (door, scope): ask(system, door, SAMPLES, getattr(keys, scope))[0] == 403
        for door in every_door
        for scope in ("write", "read", "admin")
    }

    assert {
        (door, scope) for (door, scope), no in refused.items() if no != (scope not in allowed[door.opened_by()])
    } == set()


def test_another_tenant_is_answered_as_if_there_were_nobody_else(
    system: System, every_door: list[Door], seeded: Seeded
) -> None:
    after = answers_of_b(system, every_door, seeded.samples)

    assert {door: answer for door, answer in after.items() if answer[0] == 200 and MARK in answer[1]} == {}
    assert {
        door: (answer, seeded.before[door]) for door, answer in after.items() if answer != seeded.before[door]
    } == {}


def test_another_tenant_can_change_nothing(system: System, every_door: list[Door], seeded: Seeded) -> None:
    answers = {
        door: ask(system, door, seeded.samples, system.keys["b"].admin)
        for door in every_door
        if door.method not in {"GET", "PUT"} and "{" in door.path
    }

    assert {door: answer for door, answer in answers.items() if answer[0] != 404} == {}
    assert system.alerts() == [seeded.alert]


def test_what_a_tenant_has_is_shown_to_itself(system: System, seeded: Seeded) -> None:
    assert seeded.alert
    assert MARK in system.request("GET", "journey", f"/v1/customers/user:{MARK}", system.keys["a"].read).text
    assert system.customer(f"user:{MARK}", tenant="b") is None
