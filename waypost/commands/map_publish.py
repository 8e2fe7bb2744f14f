"""`waypost map publish`: a map file to the running system."""

from pathlib import Path
from typing import Annotated

import typer

from services.journey.domain.maps.load import MapError
from shared.client import CannotReachError, Client
from waypost.commands.options import DATA, PORT, Data, Port, fail
from waypost.publish import publish, read_map_file

File = Annotated[Path, typer.Argument(help="Map file, YAML or JSON.", metavar="FILE", exists=True, dir_okay=False)]


def publish_map(file: File, port: Port = PORT, data: Data = DATA) -> None:
    """Publish a map to the running Waypost, as its next version; the newest content again changes nothing.

    Example:
        waypost map publish deploy/maps/shop.yaml

    """
    try:
        read = read_map_file(file)
        with Client(port, data) as client:
            typer.echo(publish(client, read))
    except (MapError, OSError, UnicodeDecodeError, CannotReachError) as error:
        fail(error)
