"""`waypost backup FOLDER`: a copy of everything, while Waypost runs."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, Progress, TextColumn

from waypost.backup import Manifest, make_backup
from waypost.commands.options import DATA, Data
from waypost.printing import say
from waypost.screen import Screen

Folder = Annotated[Path, typer.Argument(metavar="FOLDER", help="Where the copy goes: a folder that is not there yet.")]


def backup(folder: Folder, *, data: Data = DATA) -> None:
    """Copy the data folder, also while Waypost runs, to a new folder that `waypost restore` reads.

    Example: waypost backup backups/monday
    """
    with shown() as progress:
        manifest = make_backup(data.expanduser(), folder.expanduser(), progress)
    say(f"{folder} holds everything that was accepted before: {summary(manifest)}.")
    say("It holds the keys too: keep it as safe as the data folder. Read it with `waypost restore`.")


def summary(manifest: Manifest) -> str:
    """Return what a backup holds, in a line."""
    size = sum(kept.bytes for kept in manifest.files.values()) / 1e6
    return ", ".join([*(f"{count:,} {what}" for what, count in manifest.counts.items()), f"{size:,.1f} MB"])


@contextmanager
def shown() -> Iterator[Callable[[str, int, int], None]]:
    """Lend what shows how far the copying has come; nothing where nobody looks."""
    columns = (TextColumn("{task.description:<14}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"))
    screen = Screen(stderr=True)
    with Progress(*columns, console=screen, transient=True, disable=not screen.is_terminal) as bars:
        tasks: dict[str, int] = {}

        def show(name: str, left: int, of: int) -> None:
            if name not in tasks:
                tasks[name] = int(bars.add_task(name, total=max(of, 1)))
            bars.update(tasks[name], completed=of - left, total=max(of, 1))  # type: ignore[arg-type]

        yield show
