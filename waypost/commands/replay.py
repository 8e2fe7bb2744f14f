"""`waypost replay`: a log of the past against a map, without a running system."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
import typer

from services.ingest.files.opening import FileError, sniff
from services.ingest.files.times import TimeError
from services.journey.domain.engine.alignment import Aligned, TraceAligner
from services.journey.domain.maps.model import JourneyMap
from shared.clock import monotonic
from shared.words import counted
from waypost.commands.importing import Columns, DatesOption, Zone, read_options
from waypost.commands.journeys import Judged, UntilError, customers_of, until_of
from waypost.commands.options import fail
from waypost.commands.shown import Shown
from waypost.commands.traces import read_past, traces_of, xes_traces
from waypost.printing import say, say_json
from waypost.publish import read_map_file

MOST: Final = 10  # detours and ways that are shown

Map = Annotated[Path, typer.Option("--map", help="Map file, YAML or JSON; also a bare process tree.")]
Log = Annotated[Path, typer.Option("--log", help="XES, CSV or JSON lines; plain or gzip.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Explain = Annotated[bool, typer.Option("--explain", help="Add the moves of each variant.")]
Journeys = Annotated[bool, typer.Option("--journeys", help="With --json: each journey, as the API would show it.")]
Until = Annotated[str, typer.Option("--until", help="Moment until which to judge; default: the last touchpoint's.")]


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
    judged: Judged | None = None


def replay(
    map: Map,
    log: Log,
    *,
    as_json: AsJson = False,
    explain: Explain = False,
    journeys: Journeys = False,
    until: Until = "",
    columns: Columns = "",
    timezone: Zone = "UTC",
    dates: DatesOption = "auto",
) -> None:
    """Replay a log against a map: who has no detour, which detours are the commonest, where everybody stands.

    Judged as the running system would, until the last touchpoint. The ways that fit worst are shown as if each had
    ended there: their cost is the steps that are missing and the touchpoints that are too many.

    Examples: waypost replay --map deploy/maps/shop.yaml --log sessions.csv.gz

    waypost replay --map map.yaml --log events.jsonl --json --journeys --until 2026-03-01T00:00:00Z
    """
    loaded = read_map_file(map).map
    try:
        options = read_options(columns, timezone, dates)
        moment = until_of(until) if until else None
        whole, of_traces = journeys or bool(until) or not as_json, sniff(log) == "xes"
        with Shown(log.name) as shown:
            past = read_past(log, shown.say, options, shown.at) if whole or not of_traces else None
            ways = xes_traces(log) if of_traces or not past else traces_of(past, loaded.subject)
            found = align_all(loaded, ways, shown, explain=explain)
            if past and whole:
                customers = shown.through(customers_of(past, loaded), "judged")
                found.judged = Judged(loaded, customers, past.last_at if moment is None else moment)
                found.seconds += found.judged.seconds
    except FileError as error:
        fail(f"{log}: {error}")
    except (TimeError, UntilError) as error:
        fail(error)
    if as_json:
        say_json(msgspec.to_builtins(as_object(found, explain=explain)))
    else:
        for line in report(found, loaded, explain=explain):
            say(line)


def align_all(map: JourneyMap, ways: Iterable[tuple[str, ...]], shown: Shown, *, explain: bool) -> Replayed:
    """Align every journey of a log. Raises FileError."""
    found = Replayed()
    began = monotonic()
    aligner = TraceAligner(map)
    found.seconds = monotonic() - began
    for trace in ways:
        shown.at(None, f"{counted(found.journeys, 'history', 'histories')} compared")
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
        "journeys": found.journeys if found.judged is None else found.judged.shown,
        "touchpoints": found.touchpoints,
        "seconds": round(found.seconds, 6),
        "variants": [variant.shown(explain=explain) for variant in found.variants.values()],
    }


def report(found: Replayed, map: JourneyMap, *, explain: bool) -> list[str]:
    """Return what people read: who has no detour, where everybody stands, the commonest detours, the dearest ways."""
    read = [
        counted(found.journeys, "history", "histories"),
        counted(found.touchpoints, "touchpoint"),
        counted(len(found.variants), "variant"),
    ]
    shown = found.judged.shown if found.judged else []
    return [
        f"{', '.join(read)}, judged in {found.seconds:.2f} s",
        *(standing(shown, map) or ["Nobody is on the map: no history opens a journey."]),
        *detours(shown),
        *dearest(found.variants.values(), explain=explain),
    ]


def is_without_detour(journey: dict[str, Any]) -> bool:
    """Tell whether nothing of a journey, as the API shows it, counts as a detour."""
    return not any(deviation["cost"] for deviation in journey["deviations"])


def standing(shown: list[dict[str, Any]], map: JourneyMap) -> list[str]:
    """Say who has no detour, in which states the journeys are, where the open ones stand, and where they stall."""
    if not shown:
        return []
    fitting = sum(is_without_detour(journey) for journey in shown)
    states = Counter(journey["state"] for journey in shown)
    steps = Counter(step for journey in shown for step in journey["position"]["steps"])
    stalls = Counter(journey["stall"]["step"] for journey in shown if journey["stall"])
    said = ", ".join(f"{count:,} {state}" for state, count in states.most_common())
    lines = [
        f"{fitting:,} ({100 * fitting / len(shown):.1f} %) {'goes' if fitting == 1 else 'go'} without a detour",
        f"{counted(len(shown), 'journey')}: {said}",
    ]
    for step, count in steps.most_common():
        late = f"; {counted(stalls[step], 'waits', 'wait')} too long for it" if stalls[step] else ""
        lines.append(f"{count:>7,} at {map.steps[step].title or step}{late}")
    return lines


def detours(shown: list[dict[str, Any]]) -> list[str]:
    """Return the commonest deviations, each with the number of journeys that have it."""
    common = Counter(pair for journey in shown for pair in {deviated(each) for each in journey["deviations"]})
    lines = [f"{count:>7,} x {kind}: {about}" for (kind, about), count in common.most_common(MOST)]
    return ["The commonest detours, in how many journeys:", *lines] if lines else []


def deviated(deviation: dict[str, Any]) -> tuple[str, str]:
    """Return the kind of a deviation in words, and the step or the event that it is about."""
    event = next((touchpoint["event"] for touchpoint in deviation["touchpoints"]), "")
    return deviation["kind"].replace("_", " "), deviation["title"] or event


def dearest(variants: Iterable[Variant], *, explain: bool) -> list[str]:
    """Return the ways that fit worst, weighed by how many took them."""
    ways = sorted(variants, key=lambda variant: -variant.cases * variant.aligned.complete_cost)
    lines = []
    for variant in [way for way in ways if way.aligned.complete_cost][:MOST]:
        names = " > ".join(variant.trace[:12]) + (" > …" if len(variant.trace) > 12 else "")
        lines.append(f"{variant.cases:>7,} x cost {variant.aligned.complete_cost}: {names}")
        if explain:
            lines.append("          " + " ".join(map(moved, variant.aligned.moves)))
    return ["The ways that fit worst, as if each had ended there:", *lines] if lines else []


def moved(move: dict[str, str]) -> str:
    """Write a move as the rules do: =A matched, +A an extra, -A missing."""
    ((kind, name),) = move.items()
    return {"matched": "=", "customer_only": "+", "map_only": "-"}[kind] + name
