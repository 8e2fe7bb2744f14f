"""`waypost map publish`: a map file to the running system."""

from pathlib import Path
from typing import Annotated

import typer

from shared.client import Client
from waypost.commands.options import DATA, PORT, Data, Port
from waypost.printing import say
from waypost.publish import publish, read_map_file

File = Annotated[Path, typer.Argument(help="Map file, YAML or JSON; - reads standard input.", metavar="FILE")]


Correct = Annotated[
    bool,
    typer.Option("--correct", help="In the place of the version before: who is on that is judged anew by this one."),
]


def publish_map(file: File, *, correct: Correct = False, port: Port = PORT, data: Data = DATA) -> None:
    """Publish a map to the running Waypost, as its next version; the newest content again changes nothing.

    Who is on the way keeps the version of before, unless that was wrong: `--correct`.

    Examples:
        waypost map publish deploy/maps/shop.yaml

        waypost map publish --correct deploy/maps/shop.yaml

    """
    read = read_map_file(file)
    with Client(port, data) as client:
        say(publish(client, read, correct=correct))
