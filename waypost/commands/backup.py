"""`waypost backup FOLDER`: a copy of everything, while Waypost runs."""

from pathlib import Path
from typing import Annotated

import typer

from shared.words import counted
from waypost.backup import Manifest, Progress, make_backup
from waypost.commands.options import DATA, Data
from waypost.commands.shown import Shown
from waypost.printing import say

Folder = Annotated[Path, typer.Argument(metavar="FOLDER", help="Where the copy goes: a folder that is not there yet.")]


def backup(folder: Folder, *, data: Data = DATA) -> None:
    """Copy the data folder, also while Waypost runs, to a new folder that `waypost restore` reads.

    Example: waypost backup backups/monday
    """
    with Shown("copying") as shown:
        manifest = make_backup(data.expanduser(), folder.expanduser(), far(shown))
    say(f"{folder} holds everything that was accepted before: {summary(manifest)}.")
    say("It holds the keys too: keep it as safe as the data folder. Read it with `waypost restore`.")


def summary(manifest: Manifest) -> str:
    """Return what a backup holds, in a line."""
    size = sum(kept.bytes for kept in manifest.files.values()) / 1e6
    counts = (counted(count, what.removesuffix("s")) for what, count in manifest.counts.items())
    return ", ".join([*counts, f"{size:,.1f} MB"])


def far(shown: Shown) -> Progress:
    """Return what hears of a database how much of it is left, and shows it."""
    return lambda name, left, of: shown.at(1 - left / max(of, 1), name)
