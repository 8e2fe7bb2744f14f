"""`waypost map init`: a first map, drawn from the events of a log."""

import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Final

import typer

from services.ingest.files.opening import FileError
from services.ingest.files.times import TimeError
from services.journey.domain.engine.alignment import TraceAligner
from services.journey.domain.maps.load import load_map
from shared.words import counted
from waypost.commands.histories import Past
from waypost.commands.importing import Columns, DatesOption, Zone, read_options
from waypost.commands.journeys import Judged, customers_of
from waypost.commands.options import fail
from waypost.commands.replay import is_without_detour
from waypost.commands.shown import Shown
from waypost.commands.traces import read_past
from waypost.map_text import Head, map_id, map_text, slug
from waypost.mining import LONGEST, TOLERANCES, Behaviour, Plan, plan, writable
from waypost.printing import say

JUDGED: Final = 300  # customers who are judged by the fresh map, spread over the file
TRIED: Final = 150  # of them, by whom the strictness of the order is chosen

From = Annotated[Path, typer.Option("--from", help="CSV, XES or JSON lines, plain or gzip; - reads standard input.")]
Output = Annotated[
    Path | None,
    typer.Option("--output", "-o", help="Where the map goes; by default standard output. Nothing is replaced."),
]
Share = Annotated[
    float,
    typer.Option("--share", min=1, max=100, help="Leave out events in fewer than this many percent of the journeys."),
]


def init(
    *,
    from_: From,
    output: Output = None,
    name: Annotated[str, typer.Option("--name", help="Name of the map; by default that of the file.")] = "",
    share: Share = 20.0,
    columns: Columns = "",
    timezone: Zone = "UTC",
    dates: DatesOption = "auto",
) -> None:
    """Draw a first map from the events of a log: which steps, in which order, optional or not, how long they take.

    It says what customers did. Every number stands beside what it came from, and all of it is assumed: change it.

    Example: waypost map init --from sessions.csv.gz --output map.yaml
    """
    if output and output.exists():
        fail(f"{output} is there already: choose another file, or remove it first")
    try:
        options = read_options(columns, timezone, dates)
        with readable(from_) as path, Shown(str(from_)) as shown:
            past = read_past(path, shown.say, options, shown.at)
    except (FileError, TimeError) as error:
        fail(f"{from_}: {error}" if isinstance(error, FileError) else error)
    subject, behaviour = behaviour_of(past)
    if not behaviour.journeys:
        fail(f"{from_}: no touchpoint with an event that could be a step")
    most = max((count for event, count in behaviour.seen.items() if writable(event)), default=0)
    if not most:
        fail(f"{from_}: no event has a name that a map can hold: at most {LONGEST} printable characters")
    if most < share / 100 * behaviour.journeys:
        whole = counted(behaviour.journeys, "journey")
        fail(f"{from_}: no event is in {share:g} % of the {whole}: draw with a lower --share")
    source = "standard input" if str(from_) == "-" else from_.name
    head = Head(slug(name) or map_id(Path(source)), source, subject, share / 100)
    drawn = best(behaviour, head)
    text = map_text(drawn, head)
    if output:
        output.write_text(text, encoding="utf-8")
    else:
        for line in text.splitlines():
            say(line)
    for line in report(drawn, fitness(text, past), output):
        say(line, err=True)


@contextmanager
def readable(path: Path) -> Iterator[Path]:
    """Lend a file that can be read again from its beginning: standard input as a temporary one."""
    if str(path) != "-":
        yield path
        return
    with tempfile.NamedTemporaryFile(prefix="waypost-") as file:
        shutil.copyfileobj(sys.stdin.buffer, file)
        file.flush()
        yield Path(file.name)


def behaviour_of(past: Past) -> tuple[str, Behaviour]:
    """Return whose journeys a file tells of, and what they did: of persons; of accounts where it names no person."""
    for subject in ("person", "account"):
        behaviour = Behaviour()
        for history in past.histories(subject):
            acts = [(touchpoint.event, touchpoint.occurred_at) for touchpoint, _ in history.acts if touchpoint.event]
            if acts:
                behaviour.add(acts)
        if behaviour.journeys:
            return subject, behaviour
    return "person", Behaviour()


def best(behaviour: Behaviour, head: Head) -> Plan:
    """Return the path that explains most of the journeys and fewest of the same journeys backwards.

    A path that lets everything happen in any order explains both; one that is too strict explains neither.
    """
    ways = Counter(tuple(first) for first in behaviour.firsts[:: -(-behaviour.journeys // TRIED)])
    plans = (plan(behaviour, head.least_share, tolerance) for tolerance in TOLERANCES)
    texts = {map_text(drawn, head): drawn for drawn in plans}
    return texts[max(texts, key=lambda text: sharpness(text, ways))]


def sharpness(text: str, ways: Counter[tuple[str, ...]]) -> float:
    """Return the harmonic mean of the share of ways that a map explains and of those backwards that it does not."""
    aligner = TraceAligner(load_map(text))

    def explained(step: int) -> float:
        fitting = sum(count for way, count in ways.items() if not aligner.align(way[::step]).prefix_costs[-1])
        return fitting / ways.total()

    fits, refuses = explained(1), 1 - explained(-1)
    return 2 * fits * refuses / (fits + refuses) if fits + refuses else 0.0


def fitness(text: str, past: Past) -> tuple[int, int]:
    """Judge a sample as the running system would; return how many journeys there are, and how many have no detour."""
    drawn = load_map(text)
    shown = Judged(drawn, customers_of(past, drawn, JUDGED), past.last_at).shown
    return len(shown), sum(map(is_without_detour, shown))


def report(drawn: Plan, fit: tuple[int, int], output: Path | None) -> Iterator[str]:
    """Yield what was drawn, how well it explains the log, and what comes next."""
    kept, journeys, fitting = len(drawn.steps), *fit
    optional = sum(step.optional for step in drawn.steps)
    yield (
        f"{counted(kept, 'step')} ({optional} optional) from {counted(drawn.journeys, 'journey')};"
        f" {counted(len(drawn.left_out), 'event name')} left out."
    )
    if journeys:
        of = "" if journeys >= drawn.journeys else " looked at"
        share = f"{100 * fitting / journeys:.0f} %"
        go = "goes" if fitting == 1 else "go"
        yield f"Judged by it, {fitting:,} of {counted(journeys, 'journey')}{of} ({share}) {go} without a detour."
    if output:
        yield f"Change it, check it with `waypost map lint {output}`, then `waypost map publish {output}`."
