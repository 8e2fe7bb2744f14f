"""`waypost simulate`: customers who never were, and the truth about them."""

import gzip
from collections.abc import Iterable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import IO, Annotated, cast

import typer

from shared.settings import MOST_DAYS
from shared.times import HOUR, microseconds_of, rfc3339
from shared.words import counted
from waypost.commands.options import fail
from waypost.commands.shown import Shown
from waypost.printing import say
from waypost.publish import read_map_file
from waypost.simulate.simulation import simulate, touchpoint_lines, truth_lines

MOST_HOURS = 24 * MOST_DAYS
EARLIEST, LATEST = microseconds_of("1970-01-01"), microseconds_of("2200-01-01")
MOST_CUSTOMERS = 200_000  # all are held in memory, about 12 KB each


def simulate_customers(
    *,
    map: Annotated[Path, typer.Option("--map", help="Map that they walk.")],
    customers: Annotated[int, typer.Option(help="How many.", min=1, max=MOST_CUSTOMERS)],
    out: Annotated[
        Path, typer.Option(help="Where the touchpoints go: JSON lines, as POST /v1/touchpoints takes them.")
    ],
    truth: Annotated[Path, typer.Option(help="Where the truth goes: JSON lines, one for each customer.")],
    seed: Annotated[int, typer.Option(help="The same seed makes the same bytes.")] = 1,
    start: Annotated[str, typer.Option(help="When the first may begin, ISO 8601; without a zone UTC.")] = "2026-01-01",
    days: Annotated[
        float, typer.Option(help="Days from start to stop; 0: as the map needs.", min=0, max=MOST_DAYS)
    ] = 0,
    lateness: Annotated[float, typer.Option(help="Hours that a touchpoint may be late.", min=0, max=MOST_HOURS)] = 1,
) -> None:
    """Simulate customers of a map: the touchpoints in order of arrival, and the truth about what went wrong.

    Example: waypost simulate --map deploy/maps/demo.yaml --customers 100 --out log.jsonl --truth truth.jsonl
    """
    file = read_map_file(map)
    begin, late = _time(start), int(lateness * HOUR)
    with Shown("simulating") as shown:
        walk = partial(shown.through, done="customers")
        simulation = simulate(file.map, customers, seed, start=begin, days=days or None, lateness=late, each=walk)
    _write(out, touchpoint_lines(simulation))
    _write(truth, truth_lines(simulation))
    say(
        f"{counted(len(simulation.customers), 'customer')}, {counted(len(simulation.sent), 'touchpoint')}; planted:"
        f" {counted(simulation.planted('skip'), 'skip')}, {counted(simulation.planted('stall'), 'stall')}"
    )


def _time(text: str) -> int:
    """Read a time as microseconds UTC; what is none, or is too far away, ends the command."""
    try:
        at = microseconds_of(text)
    except ValueError:
        fail(f"--start {text}: not a time such as 2026-01-31 or 2026-01-31T09:00:00Z")
    if not EARLIEST <= at <= LATEST:
        fail(f"--start {text}: must lie between {rfc3339(EARLIEST)[:10]} and {rfc3339(LATEST)[:10]}")
    return at


def _write(path: Path, lines: Iterable[bytes]) -> None:
    """Write lines, as gzip where the name says so; the same lines always give the same bytes."""
    with ExitStack() as stack:
        file: IO[bytes] = stack.enter_context(path.open("wb"))
        if path.suffix == ".gz":
            file = cast("IO[bytes]", stack.enter_context(gzip.GzipFile("", "wb", fileobj=file, mtime=0)))
        file.writelines(lines)
