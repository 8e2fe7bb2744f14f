"""Durable ingest against FastAPI that stores nothing: the same requests, the same server, answered after the fsync."""

from pathlib import Path

import msgspec

from bench import bodies
from bench.load import Order, put_load
from bench.measure import Measure, ratio, rounds, scaled, scratch
from bench.running import Running, Server, keep_profile, reference, running

SIZE = 100  # touchpoints in a batch
CONNECTIONS, SINGLES = 16, 64  # connections that send batches, and that send one touchpoint at a time


class Contest:
    """Requests a second and CPU of each contestant, round by round."""

    def __init__(self, folder: Path, key: str) -> None:
        """Put bodies into files of a folder."""
        self.folder, self.key = folder, key
        self.rates: dict[str, list[float]] = {}
        self.cpu: dict[str, list[float]] = {}

    def put(self, name: str, server: Server, path: str, bodies: str) -> None:
        """Load one contestant for a while."""
        connections = SINGLES if bodies == "singles" else CONNECTIONS
        order = Order(server.port, path, str(self.folder / bodies), connections, 0.3, self.key)
        put_load(order)  # warm
        before = server.cpu()
        outcome = put_load(msgspec.structs.replace(order, seconds=max(0.5, 2.0 * min(1, scaled(100) / 100))))
        self.rates.setdefault(name, []).append(outcome.rate)
        self.cpu.setdefault(name, []).append((server.cpu() - before) / outcome.requests * 1e6)

    def against(self, ours: str, theirs: str) -> float:
        """Return the ratio of two contestants."""
        return ratio(self.rates[ours], self.rates[theirs])


def _prepare(folder: Path) -> None:
    made = {"batches": bodies.batches(64, SIZE), "arrays": bodies.arrays(64, SIZE), "singles": bodies.singles(1000)}
    for name, wires in made.items():
        (folder / name).write_bytes(msgspec.msgpack.encode(wires))


def _rounds(contest: Contest, ingest: Server, other: Server) -> None:
    for _ in range(rounds()):
        contest.put("batch", ingest, "/v1/batch", "batches")
        contest.put("orjson", other, "/orjson", "batches")
        contest.put("array", ingest, "/v1/touchpoints", "arrays")
        contest.put("pydantic", other, "/pydantic", "batches")
        contest.put("single", ingest, "/v1/track", "singles")
        contest.put("discard", other, "/discard", "singles")


def _figures(contest: Contest) -> list[Measure]:
    def best(name: str, size: int) -> list[Measure]:
        rates, cpu = sorted(contest.rates[name]), sorted(contest.cpu[name])
        middle = len(rates) // 2
        return [
            Measure(f"  {name}: touchpoints/s", rates[middle] * size),
            Measure(f"  {name}: server CPU us/touchpoint", cpu[middle] / size),
        ]

    return [
        Measure(
            "durable batch ingest (SQL log) / FastAPI + orjson discard", contest.against("batch", "orjson"), ">= 0.45"
        ),
        Measure(
            "durable batch ingest (SQL log) / FastAPI + pydantic, nothing stored",
            contest.against("batch", "pydantic"),
            ">= 1.0",
        ),
        Measure("durable array ingest (SQL log) / FastAPI + orjson discard", contest.against("array", "orjson")),
        Measure(
            "durable single ingest (SQL log) / FastAPI discard single", contest.against("single", "discard"), ">= 0.65"
        ),
        *(row for name in ("batch", "array", "orjson", "pydantic") for row in best(name, SIZE)),
        *(row for name in ("single", "discard") for row in best(name, 1)),
    ]


def measure() -> list[Measure]:
    """Measure batches, arrays and single touchpoints; profile ingest when a ratio falls short."""
    with scratch("ingest") as folder, running(folder, ["ingest"]) as system, reference() as other:
        contest = Contest(folder, system.keys.write)
        _prepare(folder)
        _rounds(contest, system.servers["ingest"], other)
        found = _figures(contest)
    for measured, path, wires in ((found[0], "/v1/batch", "batches"), (found[3], "/v1/track", "singles")):
        if measured.missed:
            _profile(path, wires)
    return found


def _profile(path: str, wires: str) -> None:
    with scratch("profile") as folder:
        with running(folder, ["ingest"], profile="ingest") as system:
            _prepare(folder)
            _load_for_profile(system, path, wires, folder)
        keep_profile(folder / "ingest.prof", f"ingest-{wires}")


def _load_for_profile(system: Running, path: str, wires: str, folder: Path) -> None:
    connections = SINGLES if wires == "singles" else CONNECTIONS
    put_load(Order(system.servers["ingest"].port, path, str(folder / wires), connections, 3.0, system.keys.write))
