"""Any process, or all, may die at any moment: what is known afterwards is what would have been known.

Three ways to the same end: a live run of simulated customers whose processes are killed, the same touchpoints given at
once to a system that nobody disturbs, and the pure fold of the simulator's truth.
"""

import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from services.journey.domain.maps.load import load_map
from shared.clock import DAY, SECOND, WallClock, machine_now
from tests.e2e.crowd import (
    ENVIRONMENT,
    SPAN,
    START,
    STOP,
    alerted,
    deliver,
    expected,
    held,
    settle,
    stored_event_ids,
)
from tests.servers.system import System
from tests.shared_data import ROOT
from waypost.simulate.simulation import Simulation, simulate

LIVE_S = 25.0  # machine seconds in which the customers live
MAP = (ROOT / "deploy" / "maps" / "demo.yaml").read_text()
VICTIMS = (("journey",), ("alerts",), ("ingest",), ("journey", "alerts"), ("console", "ingest", "journey", "alerts"))


def live(system: System, simulation: Simulation) -> None:
    """Send everything when it arrives: some of it late, some of it twice."""
    waiting = simulation.sent
    while waiting:
        now = system.clock.now()
        due = [dict(touch.body) for touch in waiting[:100] if touch.arrival <= now]
        waiting = waiting[len(due) :]
        if due:
            deliver(system, due)
        else:
            time.sleep(0.01)


@contextmanager
def killing(system: System, chance: random.Random) -> Iterator[list[tuple[str, ...]]]:
    """Kill and start services, one or several, until the end of the block; say which."""
    killed: list[tuple[str, ...]] = []
    over = threading.Event()

    def kill() -> None:
        while not over.wait(chance.uniform(0.05, 1.5)) or len(killed) < len(VICTIMS):
            victims = VICTIMS[len(killed) % len(VICTIMS)]
            system.kill(*victims)
            killed.append(victims)
            over.wait(chance.uniform(0.0, 0.3))
            system.start()
            if chance.random() < 0.8:  # the others die while they start
                system.wait_until_ready()

    thread = threading.Thread(target=kill)
    thread.start()
    try:
        yield killed
    finally:
        over.set()
        thread.join()
        system.start()


@pytest.mark.timeout(240)
def test_a_life_among_kills_ends_like_an_undisturbed_one_and_like_the_pure_fold(tmp_path: Path) -> None:
    map = load_map(MAP)
    simulation = simulate(map, 200, 3, start=START, days=SPAN / DAY, lateness=DAY)
    truth = [dict(touch.body) for customer in simulation.customers for touch in customer.history]
    clock = WallClock(anchor=machine_now(), start=START, speed=SPAN / (LIVE_S * SECOND), stop=STOP)
    with System(tmp_path / "disturbed", ENVIRONMENT, clock) as disturbed:
        disturbed.publish(map.name, MAP)
        with killing(disturbed, random.Random(11)) as killed:
            live(disturbed, simulation)
        settle(disturbed)
        found, alerts, stored = held(disturbed), alerted(disturbed), stored_event_ids(disturbed)
    with System(tmp_path / "undisturbed", ENVIRONMENT, WallClock(start=STOP, speed=0.0)) as undisturbed:
        undisturbed.publish(map.name, MAP)
        deliver(undisturbed, truth)
        settle(undisturbed)
        calm, calm_alerts = held(undisturbed), alerted(undisturbed)

    assert set(killed) == set(VICTIMS)
    assert stored == sorted(event["messageId"] for event in truth)
    assert found == expected(truth, MAP)
    assert found == calm
    assert alerts == calm_alerts
    assert len(alerts) > 10
