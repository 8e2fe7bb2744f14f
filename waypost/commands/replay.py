"""`waypost replay`: a log of the past against a map, without a running system."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from services.ingest.files.opening import FileError
from services.journey.domain.engine.alignment import Aligned, TraceAligner
from services.journey.domain.maps.load import MapError, load_map
from services.journey.domain.maps.model import JourneyMap
from shared.clock import monotonic
from waypost.commands.map_lint import UnreadableError, read_text
from waypost.commands.options import fail
from waypost.commands.traces import read_traces

Map = Annotated[Path, typer.Option("--map", help="Map file, YAML or JSON; also a bare process tree.")]
Log = Annotated[Path, typer.Option("--log", help="XES, CSV or JSON lines; plain or gzip.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Explain = Annotated[bool, typer.Option("--explain", help="Add the moves of each variant.")]


@dataclass(slots=True)
class Variant:
    """One way actually taken, and how many took it."""

    trace: tuple[str, ...]
    aligned: Aligned
    cases: int = 0

    def shown(self, *, explain: bool) -> dict[str, object]:
        """Return the variant as the command prints it."""
        found: dict[str, object] = {
            "trace": self.trace,
            "cases": self.cases,
            "prefix_costs": self.aligned.prefix_costs,
            "complete_cost": self.aligned.complete_cost,
        }
        return found | {"moves": self.aligned.moves} if explain else found


@dataclass(slots=True)
class Replayed:
    """A whole log against a map. `seconds` is the engine's time alone."""

    journeys: int = 0
    touchpoints: int = 0
    seconds: float = 0.0
    variants: dict[tuple[str, ...], Variant] = field(default_factory=dict)  # in the order first seen


def replay(map: Map, log: Log, *, as_json: AsJson = False, explain: Explain = False) -> None:
    """Replay a log against a map: where the ways actually taken leave the designed one, and at what cost.

    Examples:
        waypost replay --map deploy/maps/shop.yaml --log sessions.csv.gz

        waypost replay --map tree.json --log log.xes.gz --json --explain

    """
    loaded = load_or_fail(map)
    try:
        found = align_all(loaded, log, explain=explain)
    except FileError as error:
        fail(f"{log}: {error}")
    if as_json:
        typer.echo(msgspec.json.encode(as_object(found, explain=explain)).decode())
    else:
        for line in report(found, explain=explain):
            typer.echo(line)


def load_or_fail(path: Path) -> JourneyMap:
    """Load a map; what is wrong with it ends the command, line by line."""
    try:
        return load_map(read_text(path))
    except UnreadableError as error:
        fail(f"{path}: {error}")
    except MapError as error:
        for problem in error.problems[:-1]:
            typer.echo(f"{path}:{problem.line}: {problem.text}", err=True)
        fail(f"{path}:{error.problems[-1].line}: {error.problems[-1].text}")


def align_all(map: JourneyMap, log: Path, *, explain: bool) -> Replayed:
    """Align every journey of a log. Raises FileError."""
    found = Replayed()
    began = monotonic()
    aligner = TraceAligner(map)
    found.seconds = monotonic() - began
    for trace in read_traces(log, map.subject, lambda line: typer.echo(line, err=True)):
        known = found.variants.get(trace)
        began = monotonic()
        aligned = aligner.align(trace, explain=explain and known is None)
        found.seconds += monotonic() - began
        variant = found.variants.setdefault(trace, known or Variant(trace, aligned))
        variant.cases += 1
        found.journeys += 1
        found.touchpoints += len(trace)
    return found


def as_object(found: Replayed, *, explain: bool) -> dict[str, object]:
    """Return what `--json` prints."""
    return {
        "journeys": found.journeys,
        "touchpoints": found.touchpoints,
        "seconds": round(found.seconds, 6),
        "variants": [variant.shown(explain=explain) for variant in found.variants.values()],
    }


def report(found: Replayed, *, explain: bool, most: int = 10) -> list[str]:
    """Return what people read: how many walk as designed, and the dearest common ways."""
    fitting = sum(variant.cases for variant in found.variants.values() if not variant.aligned.complete_cost)
    share = 100 * fitting / found.journeys if found.journeys else 0.0
    counts = f"{found.journeys:,} journeys, {found.touchpoints:,} touchpoints, {len(found.variants):,} variants"
    lines = [
        f"{counts}, aligned in {found.seconds:.2f} s",
        f"{fitting:,} ({share:.1f} %) go as designed from beginning to end",
    ]
    ways = sorted(found.variants.values(), key=lambda variant: -variant.cases * variant.aligned.complete_cost)
    for variant in [way for way in ways if way.aligned.complete_cost][:most]:
        names = " > ".join(variant.trace[:12]) + (" > …" if len(variant.trace) > 12 else "")
        lines.append(f"{variant.cases:>7,} x cost {variant.aligned.complete_cost}: {names}")
        if explain:
            lines.append("          " + " ".join(map(moved, variant.aligned.moves)))
    return lines


def moved(move: dict[str, str]) -> str:
    """Write a move as the rules do: =A matched, +A an extra, -A missing."""
    ((kind, name),) = move.items()
    return {"matched": "=", "customer_only": "+", "map_only": "-"}[kind] + name
