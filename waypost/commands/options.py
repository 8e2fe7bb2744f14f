"""The options that commands share, and how they end when something is wrong: one clear line and exit code 2."""

from pathlib import Path
from typing import Annotated, NoReturn

import typer
from pydantic import ValidationError

from shared.settings import Settings

Data = Annotated[
    Path,
    typer.Option("--data", envvar="WAYPOST_DATA", help="Folder that holds everything stored.", show_default=True),
]
Port = Annotated[
    int,
    typer.Option(
        "--port",
        envvar="WAYPOST_PORT",
        min=1,
        max=65532,
        help="Port of the console; ingest, journey and alerts take the next three.",
    ),
]
DATA = Path("waypost-data")
PORT = 8700


def fail(message: object, code: int = 2) -> NoReturn:
    """End the command with one line on standard error."""
    typer.echo(f"waypost: {message}", err=True)
    raise typer.Exit(code)


def settings_for(data: Path, port: int = PORT) -> Settings:
    """Return the settings of a data folder; what the environment says wrong ends the command."""
    try:
        return Settings(data=data.expanduser().resolve(), port=port)
    except ValidationError as error:
        wrong = "; ".join(f"WAYPOST_{str(e['loc'][0]).upper()}: {e['msg']}" for e in error.errors())
        fail(f"wrong setting: {wrong}")
