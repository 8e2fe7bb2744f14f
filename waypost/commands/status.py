"""`waypost status`: what runs and how it goes, and the answer to "why do I see nothing?"."""

import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from shared.client import Client
from shared.settings import SERVICES
from shared.times import rfc3339, span
from shared.words import counted
from waypost.commands.customer import when
from waypost.commands.options import DATA, PORT, Data, Port
from waypost.looking import look
from waypost.printing import say, say_json
from waypost.state import Channel, State
from waypost.why import Why, named, remarks, unmapped, why

Json = dict[str, Any]
SHOWN = 10  # sources, reasons and events that are listed, the others are counted
WIDE = 14
MEGABYTE = 1 << 20


def status(
    *,
    port: Port = PORT,
    data: Data = DATA,
    as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
) -> None:
    """Show what runs, what was received, where it is held up, and what to do next.

    Exit code 1 when something is wrong that somebody must mend.

    Example: waypost status --data waypost-data
    """
    with Client(port, data) as client:
        state, answers = look(client)
    found = why(state)
    beside = remarks(state)
    if as_json:
        say_json(as_object(state, answers, found, beside), indent=2)
    else:
        for line in [*services(state, answers), *details(state, answers), *advice([found, *beside], place(data, port))]:
            say(line)
    raise typer.Exit(1 if found.wrong else 0)


def as_object(state: State, answers: Json, found: Why, beside: list[Why]) -> Json:
    """Return what `--json` prints: the services' own answers, and what follows from them."""
    maps = {name: {k: v for k, v in each.items() if k != "yaml"} for name, each in answers["maps"].items()}
    more = {key: answers[key] for key in ("ingest", "journey", "alerts", "sources", "dead_letters", "channels")}
    return {
        "services": {name: state.ready(name) for name in SERVICES},
        "why": msgspec.to_builtins(found),
        "remarks": msgspec.to_builtins(beside),
        **more,
        "maps": maps,
    }


def services(state: State, answers: Json) -> Iterator[str]:
    """Yield a line for each service."""
    for name in SERVICES:
        yield f"  {name:<10} {state.ready(name)}{_progress(answers.get(name) or {})}"


def _progress(said: Json) -> str:
    behind = said.get("behind")
    words = [counted(behind, "record waits", "records wait")] if behind is not None else []
    if said.get("judged_until"):
        words.append(f"judged until {when(said['judged_until'])} UTC")
    return ": " + ", ".join(words) if words else ""


def details(state: State, answers: Json) -> Iterator[str]:
    """Yield what was received, what of it is held up, and what came of it."""
    rows = [
        ("sources", [_source(state, n) for n in range(len(state.sources))]),
        ("dead letters", [f"{each.count:,} {each.reason} from {each.source}: {each.error}" for each in state.letters]),
        ("maps", [_map(state, n) for n in range(len(state.maps))]),
        ("unmapped", _unmapped(state)),
        ("alerts", [_alerts(answers["summary"])] if answers["summary"] else []),
        ("channels", [_channels(state)] if state.channels else []),
        ("log", [_log(answers["ingest"])] if "log_bytes" in answers["ingest"] else []),
        ("customers", [_customers(state, answers["journey"])] if "customers" in answers["journey"] else []),
    ]
    if any(lines for _, lines in rows):
        yield ""
    for head, lines in rows:
        for number, line in enumerate(lines[:SHOWN]):
            yield f"  {'' if number else head:<{WIDE}}{line}"
        if len(lines) > SHOWN:
            yield f"  {'':<{WIDE}}and {len(lines) - SHOWN:,} more"


def _source(state: State, number: int) -> str:
    source = state.sources[number]
    words = [f"{source.name}: {source.accepted:,} accepted"]
    words += [f"{source.refused:,} refused"] if source.refused else []
    if source.last_heard:
        words.append(f"last heard {span(state.now - source.last_heard)} ago")
    words += [f"`{source.last_event}`"] if source.last_event else []
    words += [f"{span(source.lag)} late"] if source.lag else []
    return ", ".join(words)


def _map(state: State, number: int) -> str:
    each = state.maps[number]
    stalled = f", {counted(each.stalled, 'waits', 'wait')} too long" if each.stalled else ""
    journeys = f"{counted(each.journeys, 'journey')}, {each.open:,} open" if each.journeys else "no journey so far"
    return f"{each.name}, version {each.version}: {journeys}{stalled}"


def _unmapped(state: State) -> list[str]:
    known = [event for each in state.maps for event in each.events]
    return [
        f"{named(event, known)} in {counted(journeys, 'journey')} of {map}"
        for event, map, journeys in unmapped(state.maps)
    ]


def _customers(state: State, journey: Json) -> str:
    return f"{journey['customers']:,}" + (f", {state.on_no_map:,} of them on no map" if state.on_no_map else "")


def _alerts(summary: Json) -> str:
    rules = ", ".join(f"{count:,} {rule}" for rule, count in summary["by_rule"].items())
    beside = [f"{summary[status]:,} {status}" for status in ("acknowledged", "snoozed") if summary[status]]
    return "; ".join([f"{summary['open']:,} open{f': {rules}' if rules else ''}", *beside])


def _channels(state: State) -> str:
    return ", ".join(f"{each.name} {_fares(each)}" for each in state.channels)


def _fares(channel: Channel) -> str:
    if channel.state == "ok" and channel.delivered:
        return f"ok (last {when(rfc3339(channel.delivered))} UTC)"
    if channel.state == "untried":
        return "set, nothing arrived yet"
    return f"{channel.state}{f' ({channel.waiting:,} wait)' if channel.waiting else ''}"


def _log(ingest: Json) -> str:
    size, most = ingest["log_bytes"] / MEGABYTE, ingest["log_max_bytes"] / MEGABYTE
    oldest = f", back to {when(ingest['oldest_at'])} UTC" if ingest["oldest_at"] else ""
    free = ingest["disk_free_bytes"] / MEGABYTE
    return (
        f"{size:,.0f} of {most:,.0f} MB{oldest}, kept for {ingest['retention_days']:g} days;"
        f" the disk has {free:,.0f} MB free"
    )


def advice(found: list[Why], where: str) -> Iterator[str]:
    """Yield what stands in the way, or that nothing does, and what to do next."""
    for each in found:
        yield ""
        yield each.text
        yield from (f"    {line}{where if line.startswith('waypost ') else ''}" for line in each.next)


def place(data: Path, port: int) -> str:
    """Return the options by which other commands find this system too; none where it is the usual one."""
    options = [*(["--data", str(data)] if data != DATA else []), *(["--port", str(port)] if port != PORT else [])]
    return " " + shlex.join(options) if options else ""
