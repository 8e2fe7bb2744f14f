"""What a run of simulated customers came to: what the services hold, against the truth, and how fast it was seen."""

import re
from collections.abc import Iterator
from typing import Any

from shared.client import Client
from shared.times import microseconds_of
from waypost.simulate.score import CLASS_OF, Score, Seen, score
from waypost.simulate.simulation import Simulation

PAGE = 500
Json = dict[str, Any]


def pages(client: Client, service: str, path: str, key: str, **params: str | int) -> Iterator[Json]:
    """Yield what a paged list holds, page by page. Raises CannotReachError."""
    after: str | int | None = None
    while True:
        answer = client.get(service, path, limit=PAGE, after=after, **params)
        yield from answer[key]
        after = answer["next"]
        if after is None:
            return


def findings(client: Client, map: str) -> dict[str, list[Seen]]:
    """Return the skips and stalls that stand, by customer id. Stalls that ended show in the alerts alone."""
    seen: dict[str, dict[tuple[str, str, int], Seen]] = {}
    for customer in pages(client, "journey", "/v1/customers", "customers", map=map):
        found = [each for journey in customer["journeys"] if journey["map"] == map for each in _of_journey(journey)]
        for name in customer["ids"]:
            seen.setdefault(name, {}).update({(s.kind, s.step, s.at): s for s in found})
    for alert in pages(client, "alerts", "/v1/alerts", "alerts", rule="stall"):
        if alert["status"] != "withdrawn" and alert["map"] == map:
            stall = Seen("stall", alert["about"], microseconds_of(alert["since"]))
            for name in alert["ids"]:
                seen.setdefault(name, {})[stall.kind, stall.step, stall.at] = stall
    return {name: list(found.values()) for name, found in seen.items()}


def _of_journey(journey: Json) -> list[Seen]:
    found = [
        Seen(CLASS_OF[each["kind"]], each["step"], microseconds_of(each["since"]))
        for each in journey["deviations"]
        if each["kind"] in CLASS_OF
    ]
    if (stall := journey["stall"]) and stall["level"] != "cruising":
        found.append(Seen("stall", stall["step"], microseconds_of(stall["since"])))
    return found


def scored(client: Client, simulation: Simulation) -> Score:
    """Compare what the services hold with the truth."""
    seen = findings(client, simulation.map.name)
    by_customer = {
        customer.ids: list(dict.fromkeys(s for name in customer.ids for s in seen.get(name, ())))
        for customer in simulation.customers
    }
    return score(simulation.customers, by_customer, simulation.decided_until)


BUCKET = re.compile(r'^waypost_journey_visible_seconds_bucket\{.*?le="([^"]+)"\} (\S+)$', re.MULTILINE)


def lag_ms(metrics: str, share: float) -> float | None:
    """Return a quantile of the machine time from acceptance to the committed journey, in milliseconds.

    From the journey service's own histogram, which counts each append to the log once in a batch: linear within the
    bucket that holds the quantile, as Prometheus computes it; beyond the last bucket its lower bound. None: nothing was
    counted.
    """
    buckets = [(float(bound), float(count)) for bound, count in BUCKET.findall(metrics)]
    total = buckets[-1][1] if buckets else 0
    if not total:
        return None
    low, below = 0.0, 0.0
    for bound, count in buckets:
        if count >= share * total:
            if bound == float("inf"):
                break
            part = (share * total - below) / (count - below) if count > below else 1.0
            return round((low + (bound - low) * part) * 1000, 1)
        low, below = bound, count
    return round(low * 1000, 1)
