"""`waypost import`: a file of touchpoints into the running system, once, however often it is tried."""

import re
from pathlib import Path
from typing import Annotated, Final, Literal

import typer

from services.ingest.files.columns import parse_columns
from services.ingest.files.opening import FileError
from services.ingest.files.read import EventFile, ReadOptions
from services.ingest.files.times import TimeError, zone
from services.journey.domain.maps.model import JourneyMap
from shared.client import Client
from shared.words import counted
from waypost.commands.import_closing import standing
from waypost.commands.import_judged import known_so_far, news, wait_until_judged
from waypost.commands.import_look import Look
from waypost.commands.import_progress import Progress, key_of
from waypost.commands.import_reading import Reading, ReadOtherwiseError
from waypost.commands.import_send import Sender, send_all
from waypost.commands.options import DATA, PORT, Data, Port, fail
from waypost.commands.shown import Shown
from waypost.commands.status import place
from waypost.printing import say
from waypost.publish import MapFile, publish, read_map_file

File = Annotated[Path, typer.Argument(help="CSV, XES or JSON lines; plain or gzip.", metavar="FILE")]
MapOption = Annotated[Path | None, typer.Option("--map", help="Map to publish first, where it is new.")]
Columns = Annotated[
    str,
    typer.Option(
        "--columns",
        help="CSV columns by role, where they are not recognised: user=…,event=…,time=…,channel=…"
        " (also anonymous, account, actor, id).",
    ),
]
Zone = Annotated[str, typer.Option("--timezone", help="Zone of times without an offset, e.g. Europe/Berlin.")]
DatesOption = Annotated[
    Literal["auto", "dmy", "mdy"],
    typer.Option("--dates", help="Whether dates with slashes have the day (dmy) or the month (mdy) first."),
]
COMMAND = re.compile(r"`(waypost (?:status|alerts list|dead-letters list))`")
MOST: Final = 10  # refusals and remarks of ingest that are listed
Again = Annotated[bool, typer.Option("--again", help="Import a file that was read otherwise before.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Read everything, show what was understood, send nothing.")]


def import_file(
    file: File,
    *,
    map_file: MapOption = None,
    columns: Columns = "",
    timezone: Zone = "UTC",
    dates: DatesOption = "auto",
    dry_run: DryRun = False,
    again: Again = False,
    data: Data = DATA,
    port: Port = PORT,
) -> None:
    """Read a file of touchpoints into the running Waypost.

    What was sent once counts once: an import that broke off is continued by the same command, and a second import of
    the same file adds nothing. Rows that cannot be read are named with their line, the others are imported.

    Examples: waypost import sessions.csv.gz --map deploy/maps/shop.yaml

    waypost import crm.csv --columns user=Contact,event=Activity,time="Done at" --timezone Europe/Berlin --dry-run
    """
    published = read_map_file(map_file) if map_file else None
    try:
        options = read_options(columns, timezone, dates)
        if dry_run:
            look_only(file, options, published.map if published else None, data.expanduser())
        else:
            run(file, options, published, (data.expanduser(), port), again=again)
    except (FileError, TimeError) as error:
        fail(f"{file}: {error}" if isinstance(error, FileError) else error)
    except KeyboardInterrupt:
        fail("stopped; the same command continues where this one ended", 130)


def read_options(columns: str, timezone: str, dates: Literal["auto", "dmy", "mdy"]) -> ReadOptions:
    """Return the three options on how a file is read, as commands take them. Raises FileError and TimeError."""
    return ReadOptions(parse_columns(columns), zone(timezone), "" if dates == "auto" else dates)


def look_only(path: Path, options: ReadOptions, map: JourneyMap | None, data: Path) -> None:
    """Read everything and say what was understood. Raises FileError."""
    with EventFile(path, options) as file:
        look = Look()
        for row in file.events():
            look.add(row)
            look.try_out(row)
        for line in look.report(file, map):
            say(line)
    reading = Reading.of(data, path, options)
    if reading and (objection := reading.objection()):
        say(f"It would be refused: {objection}.")
    say("Nothing was sent: this was a dry run.")
    raise typer.Exit(0 if look.events else 1)


def run(
    path: Path, options: ReadOptions, published: MapFile | None, system: tuple[Path, int], *, again: bool = False
) -> None:
    """Publish the map, send what is left of the file, wait until it is judged, and say who is where.

    Raises FileError, ReadOtherwiseError, CannotReachError and CannotSendError.
    """
    data, port = system
    with Client(port, data) as client, EventFile(path, options) as file:
        client.need_keys()
        progress = Progress.open(data, key_of(path, repr(options), f"{client.write_key}@{client.port}"))
        if published:
            say(publish(client, published))
        look, before = Look(), known_so_far(client)
        reading = Reading.of(data, path, options)
        if reading and not again and (objection := reading.objection()):
            raise ReadOtherwiseError(objection)
        with Shown(path.name) as shown:
            if progress.sent:
                before_that = counted(progress.sent, "event")
                shown.say(f"An earlier import of this file broke off after {before_that}: continuing there.")
            sender = Sender(client, shown.say)
            try:
                seconds = send_all(file, sender, progress, look, shown)
            finally:
                if reading and sender.sent:
                    reading.note()
        progress.finish()
        where = place(data, port)
        for line in sent_report(look, sender, progress.skipped, seconds):
            say(complete(line, where))
        with Shown("judging") as shown:
            wrong = wait_until_judged(client, shown)
        if wrong:
            say(f"waypost: {wrong}", err=True)
        say(news(sender.sent, before, known_so_far(client)))
        for line in standing(client, published.name if published else None, look.names):
            say(complete(line, where))
    raise typer.Exit(0 if look.events else 1)


def complete(line: str, where: str) -> str:
    """Return a line with its commands to copy complete: with the options by which they find this system too."""
    return COMMAND.sub(lambda found: f"`{found[1]}{where}`", line)


def sent_report(look: Look, sender: Sender, skipped: int, seconds: float) -> list[str]:
    """Say what was sent and what was not."""
    rate = f", {sender.sent / seconds:,.0f} a second" if seconds >= 1 else ""
    lines = [
        f"{counted(sender.sent, 'event')} sent in {seconds:.1f} s{rate}; {counted(len(look.customers), 'customer')}."
    ]
    if skipped:
        lines.append(f"{skipped:,} had been sent before.")
    refused = look.refused + len(sender.refused)
    if refused:
        lines.append(f"{counted(refused, 'row')} refused:")
        lines += look.refusal_lines()
        lines += [f"  row {row}: {reason}" for row, reason in sender.refused[:MOST]]
        lines += [f"  and {len(sender.refused) - MOST:,} more"] if len(sender.refused) > MOST else []
        lines += ["  Those with a row number are kept: `waypost dead-letters list`."] if sender.refused else []
    lines += [f"{count:,} x {remark}" for remark, count in sender.remarks.most_common(MOST)]
    return lines
