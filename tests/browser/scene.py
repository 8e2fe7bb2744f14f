"""The Waypost that the pictures show: simulated customers of the demo's map on a clock that stands still.

The same code makes the same pictures: nothing here depends on the day, and every customer is drawn from one seed.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from shared.clock import WallClock
from shared.times import DAY, HOUR, SECOND, microseconds_of, rfc3339
from tests.servers.system import System
from tests.servers.waiting import until
from waypost.publish import read_map_file
from waypost.simulate.simulation import simulate

MAP = Path(__file__).parents[2] / "deploy" / "maps" / "demo.yaml"
KPIS = MAP.parent.parent / "kpis.yaml"
NOW = microseconds_of("2026-03-04T09:00:00Z")
SEED, CUSTOMERS, DAYS, BEGIN_DAYS = 11, 320, 60, 58
SOURCES = ("Product", "Billing", "Help desk")
TOGETHER = 101  # touchpoints of a source by which its lag is told
PLACES = """
Linden Hafen Granit Dünen Birken Mühlen Silber Weiden Fjord Kranich
Tannen Moor Heide Quell Berg Auen Eichen Stein Wald Insel
"""
TRADES = """
Logistik Optik Papier Werke Möbel Reisen Verlag Druck Energie Pflege
Bau Glas Textil Mode Holz Metall Saaten Brot Tee Rad
"""
STILL = WallClock(start=NOW, speed=0.0)
ENVIRONMENT = {"WAYPOST_HISTORICAL_DAYS": "1000"}

Event = dict[str, Any]


def named(number: int) -> str:
    """Return what a customer is called; the first four hundred are called differently."""
    places, trades = PLACES.split(), TRADES.split()
    return f"{places[number % 20]} {trades[(number // 20 + number) % 20]}"


def events() -> list[Event]:
    """Return every touchpoint in order of arrival, those by which customers get their names first."""
    simulation = simulate(
        read_map_file(MAP).map, CUSTOMERS, SEED, start=NOW - DAYS * DAY, days=DAYS, begin_days=BEGIN_DAYS
    )
    who = dict.fromkeys(touch.body["userId"] for touch in simulation.sent if "userId" in touch.body)
    begin = rfc3339(NOW - DAYS * DAY)
    names = [
        {"type": "identify", "userId": user, "messageId": f"name-{n}", "timestamp": begin, "traits": {"name": named(n)}}
        for n, user in enumerate(who)
    ]
    return [*names, *(dict(touch.body) for touch in simulation.sent)]


def troubles() -> list[Event]:
    """Return customers who went live without the review, and one whose import fails and fails again."""
    way = ("Signed Up", "Trial Project Built", "Offer Sent", "Contract Signed", "Kickoff Held")
    ends = {
        "Import Succeeded": ("Import Succeeded", "Went Live"),
        "Import Failed": ("Import Failed", "Import Failed", "Import Failed"),
    }
    found: list[Event] = []
    for n, end in enumerate(("Import Succeeded", "Import Succeeded", "Import Failed")):
        user = f"troubled-{n}"
        walked = (*way, *ends[end])
        found.append({"type": "identify", "userId": user, "traits": {"name": named(CUSTOMERS + 70 + 7 * n)}})
        for step, event in enumerate(walked):
            at = rfc3339(NOW - (len(walked) - step) * DAY + n * HOUR)
            found.append({"userId": user, "event": event, "timestamp": at, "messageId": f"{user}-{step}"})
    return found


def murmur(source: str) -> list[Event]:
    """Return signs of life that no map counts, the last of them seconds ago."""
    at = [rfc3339(NOW - (TOGETHER - n + len(source)) * SECOND) for n in range(TOGETHER)]
    who = source.lower().replace(" ", "-")
    return [
        {"userId": f"of-{who}", "event": "Page Viewed", "timestamp": time, "messageId": f"{who}-{n}"}
        for n, time in enumerate(at)
    ]


def write_key(waypost: System, source: str) -> str:
    """Make a key under which a source writes."""
    answer = waypost.request(
        "POST", "ingest", "/v1/keys", waypost.keys["a"].admin, json={"scope": "write", "source": source}
    )
    return str(answer.json()["key"])


def send(waypost: System, key: str, touchpoints: list[Event], size: int = 500) -> None:
    """Send touchpoints, so many in one request."""
    for begin in range(0, len(touchpoints), size):
        batch = touchpoints[begin : begin + size]
        assert waypost.request("POST", "ingest", "/v1/touchpoints", key, json=batch).is_success


@contextmanager
def scene(folder: Path) -> Iterator[System]:
    """Run the Waypost of the pictures: tenant a has everything, tenant b has nothing yet."""
    with System(folder, ENVIRONMENT, STILL) as waypost:
        waypost.publish("onboarding", MAP.read_text())
        kpis = waypost.request("PUT", "alerts", "/v1/kpis", waypost.keys["a"].admin, content=KPIS.read_bytes())
        assert kpis.is_success, kpis.text
        keys = {source: write_key(waypost, source) for source in SOURCES}
        send(waypost, keys["Product"], [*events(), *troubles()])
        for source, key in keys.items():
            send(waypost, key, murmur(source), 10)  # of one request only the last ones tell the lag
        send(waypost, keys["Billing"], [{"userId": "u-7", "event": "Contract Signed", "timestamp": "4.3.26 9:00 Uhr"}])
        waypost.wait_until_consumed()
        until(lambda: waypost.get("journey", "/v1/status")["behind"] == 0, 40, "everything being judged")
        until(lambda: len(waypost.alerts()) > 3, 40, "alerts")
        yield waypost
