"""Debian's Prometheus scrapes a running Waypost, and every documented question has a plausible answer."""

from collections.abc import Callable, Iterator
from math import isfinite
from time import sleep
from typing import Any, TypeAlias

import pytest
import yaml

from shared.clock import DAY, machine_now
from shared.settings import SERVICES
from shared.times import rfc3339
from tests.servers.ports import free_ports
from tests.servers.prometheus import Prometheus
from tests.servers.system import HOST, System
from tests.servers.waiting import until
from tests.shared_data import ROOT

from .test_rules import rules

pytestmark = pytest.mark.xdist_group("prometheus")

Values: TypeAlias = dict[tuple[str, ...], float]
SOURCE = "source-of-a"
MAP = """
map: trial
title: Trial
subject: person
path:
  - {step: signed-up, match: Signed Up}
  - {step: invited, match: Team Invited, within: 1d, owner: care, severity: high}
  - {step: paid, match: Paid}
"""


def only(label: str, least: float, most: float = 1e9) -> Callable[[Values], bool]:
    """Return whether there is one series, of this label, with a value in these bounds."""
    return lambda values: values.keys() == {(label,)} and least <= values[(label,)] <= most


def one(least: float, most: float) -> Callable[[Values], bool]:
    """Return whether there is one number, in these bounds."""
    return lambda values: len(values) == 1 and all(isfinite(v) and least <= v <= most for v in values.values())


def each(*labels: str, least: float, most: float) -> Callable[[Values], bool]:
    """Return whether these labels have a value in these bounds, and no others."""
    return lambda values: (
        values.keys() == {(label,) for label in labels} and all(least <= v <= most for v in values.values())
    )


TINY = 1e-9
HOLDS: dict[str, Callable[[Values], bool]] = {
    "Does every service answer?": each(*SERVICES, least=1, most=1),
    "Can every service do its work?": each(*SERVICES, least=1, most=1),
    "How many touchpoints are accepted per second, by source?": only(SOURCE, TINY, 1000),
    "What share of the events is refused?": one(0.01, 0.99),
    "Why are events refused?": only("no_identity", TINY, 100),
    "Which requests to send touchpoints fail?": only("401", TINY, 100),
    "Which source is quiet?": lambda values: values.keys() == {(SOURCE, "a")} and 0 <= values[SOURCE, "a"] < 60,
    "How long does a sender wait, at worst?": one(0.0005, 2.5),
    "How long until a touchpoint counts?": one(0.001, 30),
    "Is anything late?": one(0, 30),
    "How much has not been read yet?": each("journey", "alerts", least=0, most=1000),
    "What became of the touchpoints?": lambda values: values[("new",)] > 0 and values[("duplicate",)] > 0,
    "What is found, by kind of fact?": lambda values: values[("stall",)] > 0,
    "Are customers parked?": one(0, 0),
    "How many dead letters wait?": lambda values: values[("ingest",)] > 2 and values[("alerts",)] == 0,
    "How many alerts want attention, by rule?": only("stall", 3, 1000),
    "How many by severity?": only("high", 3, 1000),
    "How many alerts were opened today?": only("stall", 1, 1000),
    "Do deliveries fail?": lambda values: sum(values.values()) > 0,
    "How many deliveries wait, by channel?": only("webhook", 1, 1000),
    "Is a channel left in peace because it failed again and again?": only("webhook", 0, 1),
    "How full is the log?": one(TINY, 0.01),
    "How much disk is left before ingest says no?": one(1, 1e15),
    "How busy is each service, and how large?": each(*SERVICES, least=TINY, most=8),
}


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """Run a Waypost whose webhooks go nowhere."""
    nowhere = f"http://{HOST}:{free_ports(1)}/"
    settings = {"WAYPOST_LATENESS_S": "0", "WAYPOST_WEBHOOK_URL": nowhere, "WAYPOST_WEBHOOK_PRIVATE": "true"}
    settings["WAYPOST_WEBHOOK_SECRET"] = "whsec_c2VjcmV0IG9mIHRlc3RzIG9ubHkgMTIzNDU2Nzg="
    with System(tmp_path_factory.mktemp("watched") / "data", settings) as running:
        running.publish("trial", MAP)
        yield running


@pytest.fixture(scope="module")
def prometheus(system: System, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """Watch it, until every target was scraped."""
    with Prometheus(tmp_path_factory.mktemp("prometheus") / "p", system.port) as running:
        until(lambda: [t["health"] for t in running.ask("targets")["activeTargets"]] == ["up"] * 4, what="four targets")
        yield running


def asked() -> list[dict[str, Any]]:
    """Return the documented questions."""
    found: list[dict[str, Any]] = yaml.safe_load((ROOT / "deploy" / "prometheus-questions.yml").read_text())
    return found


def send(system: System, number: int) -> None:
    """Send what makes every number move: a customer who stalls, an event again, a bad event, a bad key."""
    began = {"userId": f"u-{number}", "event": "Signed Up", "timestamp": rfc3339(machine_now() - 3 * DAY)}
    system.send([began | {"messageId": f"m-{number}"}, {"event": "Of Nobody"}])
    system.send([began | {"messageId": "m-0", "userId": "u-0", "timestamp": "2026-01-01T00:00:00Z"}])
    assert system.request("POST", "ingest", "/v1/track", "no key").status_code == 401


def test_every_documented_question_is_answered(system: System, prometheus: Prometheus) -> None:
    assert {question["ask"] for question in asked()} == HOLDS.keys()
    waiting = {question["ask"]: question["query"] for question in asked()}
    sent = 0

    def answered() -> bool:
        nonlocal sent
        send(system, sent)
        sent += 1
        for ask, query in list(waiting.items()):
            if holds(ask, prometheus.values(query)):
                del waiting[ask]
        sleep(0.2)
        return not waiting

    try:
        until(answered, 40, "an answer to every question")
    except TimeoutError as error:
        for ask, query in waiting.items():
            error.add_note(f"{ask} {query}: {prometheus.values(query)}")
        for service in SERVICES:
            error.add_note(system.http.get(system.url(service, "/readyz")).text)
        raise


def holds(ask: str, values: Values) -> bool:
    """Say whether an answer is plausible."""
    try:
        return HOLDS[ask](values)
    except KeyError:  # not there yet
        return False


def test_every_alarm_is_evaluated_and_one_rises_when_a_service_is_gone(system: System, prometheus: Prometheus) -> None:
    system.kill("console")

    def states() -> dict[str, str]:
        found = prometheus.ask("rules")["groups"][0]["rules"]
        assert [rule["lastError"] for rule in found if rule.get("lastError")] == []
        return {rule["name"]: rule["state"] for rule in found if rule["health"] == "ok"}

    until(lambda: states().get("WaypostDown") == "pending", what="the alarm that a service is down")
    system.start("console")

    assert states().keys() == rules().keys()
    assert states()["WaypostSourceQuiet"] == "inactive"
