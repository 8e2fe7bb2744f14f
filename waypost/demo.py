"""The demo: a Waypost of its own in a temporary folder, a day a second, and simulated customers who walk it live."""

import itertools
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from services.journey.domain.maps.model import JourneyMap
from shared.clear_error import ClearError
from shared.client import Client
from shared.clock import DAY, SECOND, WallClock, machine_now, monotonic, write_clock
from shared.settings import Settings
from shared.times import microseconds_of
from waypost.folder import prepare
from waypost.outcome import lag_ms, pages, scored
from waypost.publish import publish, read_map_file
from waypost.ready import wait_until_ready
from waypost.sending import Sender
from waypost.simulate.simulation import Simulation, simulate
from waypost.simulate.touches import Touch
from waypost.up import Supervisor, hold

SPEED = 86_400.0  # a day a second
LATENESS = DAY
BEGINNING = 1_767_225_600 * SECOND  # 2026-01-01: where the demo's time begins
A_DAY = 8  # customers who begin on one day
ROUND_DAYS, WALK_DAYS = 30, 60  # without an end: a new crowd every round, each with time to walk
START_S, PATIENCE_S = 6.0, 60.0  # how long the services should take to start, and may take
ATTEMPTS = 3  # each with a clock that begins later, as slow as the start before was
SETTLE_S = 60.0  # after the clock stopped, until everything is judged
MAP = Path(__file__).parent.parent / "deploy" / "maps" / "demo.yaml"
ENVIRONMENT = {
    "WAYPOST_LATENESS_S": str(LATENESS // SECOND),
    "WAYPOST_HEARTBEAT_S": "0.2",
}

Json = dict[str, Any]


class DemoFailedError(ClearError):
    """Raised when the demo cannot go on: services that do not start, or never come to rest. Says what was wrong."""


@dataclass(frozen=True, slots=True)
class Scene:
    """A demo that runs."""

    settings: Settings
    clock: WallClock
    map: JourneyMap
    client: Client
    log: Path  # what the services said


@contextmanager
def running(settings: Settings, seconds: float | None, stop: threading.Event) -> Iterator[Scene]:
    """Start the services on a clock that waits for them. Raises CannotStartError, UnusableError, DemoFailedError."""
    file = read_map_file(MAP)
    log = settings.data / "services.log"
    with ExitStack() as stack:
        place = stack.enter_context(hold(settings))
        wrong: dict[str, str] = {}
        allowed = START_S
        for _ in range(ATTEMPTS):
            began, clock = monotonic(), _clock(allowed, seconds)
            write_clock(settings.data, clock)
            prepare(settings)
            with ExitStack() as attempt:
                errors = attempt.enter_context(log.open("ab"))
                attempt.enter_context(Supervisor(place, _quiet, errors=errors, environment=ENVIRONMENT))
                wrong = wait_until_ready(settings, PATIENCE_S, stop)
                if clock.now() < BEGINNING or stop.is_set():
                    stack.enter_context(attempt.pop_all())
                    break
                allowed = 1.5 * (monotonic() - began)
        else:
            message = f"the services did not start in time: {wrong or log.read_text()[-2000:]}"
            raise DemoFailedError(message)
        client = stack.enter_context(Client(settings.port, settings.data, settings.reached_by))
        scene = Scene(settings, clock, file.map, client, log)
        if not stop.is_set():
            publish(client, file)
        yield scene


def _quiet(line: str) -> None:
    """Say nothing: what dies is started again, and the log has its words."""


def _clock(allowed: float, seconds: float | None) -> WallClock:
    """Return a clock that reaches the beginning once the services have had their time to start."""
    anchor = machine_now() + int(allowed * SECOND)
    return WallClock(anchor, BEGINNING, SPEED, None if seconds is None else BEGINNING + int(seconds * DAY))


def crowd(map: JourneyMap, seed: int, seconds: float) -> Simulation:
    """Return the customers of a demo that ends by itself."""
    count = max(1, int(A_DAY * seconds * 0.7))
    return simulate(map, count, seed, start=BEGINNING, days=seconds, lateness=LATENESS)


def crowds(map: JourneyMap, seed: int) -> Iterator[Touch]:
    """Yield the touchpoints of a demo without an end, in order of arrival: a new crowd every round."""
    waiting: list[Touch] = []
    for turn in itertools.count():
        start = BEGINNING + turn * ROUND_DAYS * DAY
        fresh = simulate(
            map,
            A_DAY * ROUND_DAYS,
            seed + turn,
            start=start,
            days=WALK_DAYS,
            begin_days=ROUND_DAYS,
            lateness=LATENESS,
        )
        waiting = sorted([*waiting, *fresh.sent], key=lambda touch: (touch.arrival, touch.message))
        until = start + ROUND_DAYS * DAY
        yield from (touch for touch in waiting if touch.arrival < until)
        waiting = [touch for touch in waiting if touch.arrival >= until]


def settled(scene: Scene, sender: Sender, stop: threading.Event) -> bool:
    """Wait until everything sent is consumed and judged; False when told to stop. Raises DemoFailedError."""
    deadline = monotonic() + SETTLE_S
    before: Json = {}
    while not stop.is_set():
        now = _rest(scene) if not sender.is_alive() else {}
        if now and now == before:
            return True
        before = now
        if monotonic() > deadline:
            message = f"not everything was judged {SETTLE_S:g} s after the clock stopped: {sender.wrong or now}"
            raise DemoFailedError(message)
        stop.wait(0.5)
    return False


def _rest(scene: Scene) -> Json:
    """Return where the services stand, or nothing while there is something left to do."""
    client, last = scene.client, (scene.clock.stop or 0) - LATENESS
    journey, alerts = client.get("journey", "/v1/status"), client.get("alerts", "/v1/status")
    behind = [service["behind"] or microseconds_of(service["judged_until"]) < last for service in (journey, alerts)]
    if any(behind):
        return {}
    positions = client.get("journey", f"/v1/maps/{scene.map.name}/positions")
    return {"positions": positions["steps"], "states": positions["states"], "last_change": alerts["last_change"]}


def result(scene: Scene, simulation: Simulation, sender: Sender) -> tuple[Json, list[str]]:
    """Return what came of a demo that ended by itself, and whom to look at where it is not as planted."""
    judged = scored(scene.client, simulation)
    alerts = list(pages(scene.client, "alerts", "/v1/alerts", "alerts"))
    metrics = scene.client.request("GET", "journey", "/metrics").text
    touchpoints = len({touch.message for touch in simulation.sent})
    answer = {
        "touchpoints": touchpoints,
        "sent_twice": len(simulation.sent) - touchpoints,
        "customers": len(simulation.customers),
        "planted": _plural(judged.planted),
        "found": _plural(judged.found),
        "false": _plural(judged.false),
        "retracted": sum(alert["status"] == "withdrawn" for alert in alerts),
        "alerts": len(alerts),
        "lag_p50_ms": lag_ms(metrics, 0.5),
        "lag_p99_ms": lag_ms(metrics, 0.99),
    }
    return answer, [*judged.missed, *judged.wrong, *sender.refused]


def _plural(counts: Mapping[str, int]) -> dict[str, int]:
    return {f"{kind}s": count for kind, count in counts.items()}


def temporary_folder() -> tempfile.TemporaryDirectory[str]:
    """Return a folder for one demo, which leaves nothing behind."""
    return tempfile.TemporaryDirectory(prefix="waypost-demo-", ignore_cleanup_errors=True)
