"""`waypost map publish`: a map file to the running system."""

from pathlib import Path
from typing import Annotated

import typer

from shared.client import Client
from waypost.commands.options import DATA, PORT, Data, Port
from waypost.printing import say
from waypost.publish import publish, read_map_file

File = Annotated[Path, typer.Argument(help="Map file, YAML or JSON.", metavar="FILE", exists=True, dir_okay=False)]


def publish_map(file: File, port: Port = PORT, data: Data = DATA) -> None:
    """Publish a map to the running Waypost, as its next version; the newest content again changes nothing.

    Example:
        waypost map publish deploy/maps/shop.yaml

    """
    read = read_map_file(file)
    with Client(port, data) as client:
        say(publish(client, read))
