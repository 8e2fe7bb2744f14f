"""`waypost doctor`: whether everything that Waypost needs is as it should be, running or not, and what to do if not."""

import itertools
from collections.abc import Iterator
from typing import Annotated

import msgspec
import typer

from shared.address import read_address
from shared.settings import Settings
from waypost.commands.options import DATA, PORT, Data, Port
from waypost.doctor import folder, machine, program
from waypost.doctor.finding import Finding
from waypost.printing import say, say_json


def doctor(
    data: Data = DATA,
    port: Port = PORT,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
) -> None:
    """Look at settings, folder, databases, keys, clock and ports, and say what to do; changes nothing.

    ✓ is as it should be, ! is worth knowing, ✕ is wrong: then the exit code is 1.

    Example: waypost doctor --data waypost-data
    """
    path = data.expanduser().resolve()
    settings, first = program.settings_of(path, port or read_address(path).port, program.environment())
    rest = looked_at(settings or Settings.model_construct(data=path, port=port or read_address(path).port))
    found: list[Finding] = []
    for each in itertools.chain(first, rest):
        found.append(each)
        if not as_json:
            say(each.line)  # at once: a large database takes its time
    if as_json:
        say_json(msgspec.to_builtins(found), indent=2)
    raise typer.Exit(1 if any(each.level == "wrong" for each in found) else 0)


def looked_at(settings: Settings) -> Iterator[Finding]:
    """Yield what there is to say about everything but the settings."""
    path = settings.data
    yield from program.python()
    yield from folder.folder(path, settings.disk_free_mb)
    if folder.is_usable(path):
        yield from folder.databases(path)
        yield from folder.keys(path, settings)
        yield from machine.clocks(path)
    yield from machine.ports(settings)
