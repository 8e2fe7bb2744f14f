"""The journey service's drain with everything on, against a bare loop that writes the same rows.

The same folder is filled once and copied. A first run, untimed, records every row that the drain writes, transaction by
transaction. Then the drain and the bare loop take turns, each in a process and on a copy of its own, and are timed step
by step: a step is one batch with its sweep.
"""

import gc
import json
import pickle
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from bench.crowd import LATENESS
from bench.fill import SETTINGS, fill
from bench.measure import BUILD, Measure, scratch
from services.journey.consumer import Consumer
from services.journey.track.tracker import Tracker
from shared.clock import SteppedClock
from shared.database import connect
from shared.log.sql_log import SqlLog
from shared.logs import configure_logs

Statement = tuple[str, list[Sequence[Any]]]
Transaction = list[Statement]
ROWS = "rows.pickle"  # for each step: how many records it took, and its transactions


class Recorder:
    """Stands in for a connection: passes everything on and notes what is written, grouped by statement."""

    def __init__(self, folder: Path) -> None:
        """Record what happens to the journey database of a folder."""
        self._db = connect(folder / "journey.db")
        self._rows: dict[str, list[Sequence[Any]]] = {}
        self.transactions: list[Transaction] = []

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 (whatever a connection has)
        """Pass everything else on."""
        return getattr(self._db, name)

    def execute(self, sql: str, values: Sequence[Any] = ()) -> Any:  # noqa: ANN401 (a cursor)
        """Pass on; note a write."""
        if sql == "COMMIT":
            self.transactions.append(list(self._rows.items()))
            self._rows = {}
        elif sql.startswith(("INSERT", "UPDATE", "DELETE")):
            self._rows.setdefault(sql, []).append(values)
        return self._db.execute(sql, values)

    def executemany(self, sql: str, values: Iterable[Sequence[Any]]) -> Any:  # noqa: ANN401 (a cursor)
        """Pass on; note a write."""
        rows = list(values)
        if rows:
            self._rows.setdefault(sql, []).extend(rows)
        return self._db.executemany(sql, rows)


class Stages:
    """Where the time of the drain goes, by the steps that the journey transaction names."""

    def __init__(self) -> None:
        """Start the watch."""
        self.seconds: dict[str, float] = {}
        self._before = time.perf_counter()

    def __call__(self, reached: str) -> None:
        """Give the time since the last step to the step that was reached."""
        now = time.perf_counter()
        name = "poll and look for due" if reached.endswith("begins") else WORK.get(reached, reached)
        self.seconds[name] = self.seconds.get(name, 0.0) + now - self._before
        self._before = now

    def rest(self) -> None:
        """Forget what passed while the other side had its turn."""
        self._before = time.perf_counter()


WORK = {
    "inserted": "decode, number ids, insert touchpoints",
    "identified": "who is who",
    "judged": "load, fold, judge, make facts",
    "written": "write customers, journeys, findings",
    "appended": "append to the outbox",
    "before commit": "commit and sync",
    "committed": "commit and sync",
}


def _consumer(folder: Path, db: Any, stages: Stages) -> Consumer:  # noqa: ANN401 (a connection or its recorder)
    log = SqlLog(folder / "log.db")
    return Consumer(log, Tracker(db, SETTINGS, stages), SteppedClock(LATENESS), heartbeat_s=1e9)


def _start(consumer: Consumer) -> None:
    configure_logs("bench", "error")
    gc.disable()  # as `run` does; each step tidies
    consumer._start()  # noqa: SLF001 (what `run` does before its first step)
    consumer._beat_at = time.monotonic()  # noqa: SLF001 (no heartbeat: nothing is idle here)


def record(folder: Path) -> int:
    """Drain a copy, noting every row; return how many records there were."""
    db = Recorder(folder)
    consumer = _consumer(folder, db, Stages())
    _start(consumer)
    steps = []
    while count := consumer.step(0.0):
        steps.append((count, db.transactions))
        db.transactions = []
    (folder.parent / ROWS).write_bytes(pickle.dumps(steps))
    return sum(count for count, _ in steps)


def drainer(folder: Path, stages: Stages) -> Callable[[], int]:
    """Return the function that makes one step of the drain."""
    consumer = _consumer(folder, connect(folder / "journey.db"), stages)
    _start(consumer)
    return lambda: consumer.step(0.0)


def writer(folder: Path, _: Stages) -> Callable[[], int]:
    """Return the function that writes the rows of one step, with no logic at all."""
    db = connect(folder / "journey.db")
    steps: Iterable[tuple[int, list[Transaction]]] = iter(pickle.loads((folder.parent / ROWS).read_bytes()))  # noqa: S301

    def step() -> int:
        count, transactions = next(iter(steps), (0, []))
        for statements in transactions:
            db.execute("BEGIN IMMEDIATE")
            for sql, rows in statements:
                if "RETURNING" in sql:
                    for row in rows:
                        db.execute(sql, row).fetchall()
                else:
                    db.executemany(sql, rows)
            db.execute("COMMIT")
        return count

    return step


class Turns:
    """A contestant in a process of its own that makes its steps on demand."""

    def __init__(self, side: str, folder: Path) -> None:
        """Start it."""
        command = [sys.executable, "-m", "bench.drain", side, str(folder)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.seconds: list[float] = []
        self.cpu: list[float] = []
        self.counts: list[int] = []
        self.stages: dict[str, float] = {}

    def turn(self, steps: int) -> int:
        """Let it make some steps; return how many records they took."""
        assert self._process.stdin is not None  # noqa: S101 (for the type)
        assert self._process.stdout is not None  # noqa: S101 (for the type)
        self._process.stdin.write(f"{steps}\n")
        self._process.stdin.flush()
        count, seconds, cpu = self._process.stdout.readline().split()
        if int(count):
            self.counts.append(int(count))
            self.seconds.append(float(seconds))
            self.cpu.append(float(cpu))
        return int(count)

    def end(self) -> None:
        """Stop it; it tells where its time went."""
        self.stages = json.loads(self._process.communicate()[0])


def _serve(step: Callable[[], int], stages: Stages) -> None:
    for line in sys.stdin:
        stages.rest()
        began, cpu = time.perf_counter(), time.process_time()
        count = sum(step() for _ in range(int(line)))
        print(count, time.perf_counter() - began, time.process_time() - cpu, flush=True)
    print(json.dumps(stages.seconds), flush=True)


def measure() -> list[Measure]:
    """Measure the drain; profile it when it falls short."""
    with scratch("drain") as folder:
        stored = fill(_sub(folder, "filled"))
        for copy in ("recorded", "ours", "bare"):
            shutil.copytree(folder / "filled", folder / copy)
        waiting = record(folder / "recorded")
        shutil.rmtree(folder / "recorded")
        ours, bare = Turns("drain", folder / "ours"), Turns("write", folder / "bare")
        while ours.turn(3) and bare.turn(3):
            pass
        for contestant in (ours, bare):
            contestant.end()
        _check(folder / "ours")
        found = _figures(ours, bare, stored, waiting)
        if found[0].missed:
            shutil.rmtree(folder / "ours")
            _profile(folder / "filled")
        return found


def _check(folder: Path) -> None:
    """Raise RuntimeError when a fold failed: what was measured then is not the work."""
    with closing(connect(folder / "journey.db", read_only=True)) as db:
        parked = db.execute("SELECT unjudged FROM customers WHERE unjudged IS NOT NULL").fetchall()
    if parked:
        message = f"{len(parked)} customers were parked, the first with {parked[0][0]}"
        raise RuntimeError(message)


def _sub(folder: Path, name: str) -> Path:
    (folder / name).mkdir()
    return folder / name


def _figures(ours: Turns, bare: Turns, stored: int, waiting: int) -> list[Measure]:
    total = sum(ours.counts)
    if (total, sum(bare.counts)) != (waiting, waiting):
        message = f"the drain took {total} records and the bare loop {sum(bare.counts)} of {waiting}"
        raise RuntimeError(message)
    return [
        Measure("SQLite drain with everything on / the same writes", sum(bare.seconds) / sum(ours.seconds), ">= 0.6"),
        Measure("  the same in CPU", sum(bare.cpu) / sum(ours.cpu)),
        Measure("  drain: touchpoints/s", total / sum(ours.seconds)),
        Measure("  drain: CPU us/touchpoint", sum(ours.cpu) / total * 1e6),
        Measure("  the same writes: touchpoints/s", total / sum(bare.seconds)),
        Measure("  the same writes: CPU us/touchpoint", sum(bare.cpu) / total * 1e6),
        *(Measure(f"  drain: us/touchpoint to {name}", took / total * 1e6) for name, took in ours.stages.items()),
        Measure("  stored touchpoints at the start", stored),
        Measure("  touchpoints drained", waiting),
    ]


def _profile(folder: Path) -> None:
    import cProfile  # noqa: PLC0415 (only where a target was missed)
    import pstats  # noqa: PLC0415 (the same)

    step = drainer(folder, Stages())
    profile = cProfile.Profile()
    profile.enable()
    while step():
        pass
    profile.disable()
    with (BUILD / "profile-drain.txt").open("w") as out:
        pstats.Stats(profile, stream=out).sort_stats("tottime").print_stats(70)


if __name__ == "__main__":
    side = {"drain": drainer, "write": writer}[sys.argv[1]]
    watch = Stages()
    _serve(side(Path(sys.argv[2]), watch), watch)
