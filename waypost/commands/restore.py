"""`waypost restore BACKUP --data NEW`: a data folder from a backup, ready to start."""

from pathlib import Path
from typing import Annotated

import typer

from shared.times import rfc3339
from waypost.backup import appearing, copy_checked, need_room, read_manifest
from waypost.commands.backup import far, summary
from waypost.commands.options import DATA, Data, fail, settings_for
from waypost.commands.shown import Shown
from waypost.folder import prepare
from waypost.printing import say
from waypost.up import take_folder

Backup = Annotated[Path, typer.Argument(metavar="BACKUP", help="Folder that `waypost backup` made.")]


def restore(backup: Backup, *, data: Data = DATA) -> None:
    """Make a data folder from a backup: checked, brought to the newest schema, ready for `waypost up`.

    Example: waypost restore backups/monday --data waypost-data
    """
    source, target = backup.expanduser(), data.expanduser()
    if target.exists() and not target.is_dir():
        fail(f"{target} is a file: restore into a new folder with --data")
    if target.exists() and any(target.iterdir()):
        fail(f"{target} is not empty: restore into a new folder with --data, and keep the old one until you are sure")
    manifest = read_manifest(source)
    need_room(sum(kept.bytes for kept in manifest.files.values()), target)
    with appearing(target) as fresh:
        with Shown("copying") as shown:
            copy_checked(source, manifest, fresh, far(shown))
        settings = settings_for(fresh)
        with take_folder(fresh):
            prepare(settings)
        if target.exists():
            target.rmdir()
    made_at = rfc3339(manifest.made_at)
    say(f"{target} holds what was there at {made_at}: {summary(manifest)}.")
    say("")
    say(f"  waypost up --data {target}")
    say("")
    say("What happens then: journey and alerts read on where they stood, and judge what became due since.")
    say("What was accepted after that moment is not in it: send or import it again, it counts once.")
    say("Messages that waited then are sent again, with the same ids. Who was erased since must be erased again.")
