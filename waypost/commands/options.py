"""The options that commands share, and how they end when something is wrong: one clear line and exit code 2."""

from pathlib import Path
from typing import Annotated, NoReturn

import typer
from pydantic import ValidationError

from shared.address import read_address
from shared.settings import Settings
from waypost.printing import say

Data = Annotated[
    Path,
    typer.Option(
        "--data",
        envvar="WAYPOST_DATA",
        help="Folder that holds everything stored.",
        show_default=True,
        readable=False,  # `doctor` says more of one that is not
    ),
]
Port = Annotated[
    int,
    typer.Option(
        "--port",
        envvar="WAYPOST_PORT",
        min=0,
        max=65532,
        help="Port of the console; ingest, journey and alerts take the next three.",
        show_default="the one of the last `waypost up` on this data folder, else 8700",
    ),
]
DATA = Path("waypost-data")
PORT = 0  # as the data folder says


def fail(message: object, code: int = 2) -> NoReturn:
    """End the command with one line on standard error."""
    say(f"error: {message}", err=True)
    raise typer.Exit(code)


def settings_for(data: Path, port: int = PORT) -> Settings:
    """Return the settings of a data folder; what the environment says wrong ends the command."""
    folder = data.expanduser().resolve()
    try:
        return Settings(data=folder, port=port or read_address(folder).port)
    except ValidationError as error:
        fail(f"wrong setting: {'; '.join(wrong_settings(error))}")


def wrong_settings(error: ValidationError) -> list[str]:
    """Return what is wrong with each setting of the environment, by its name."""
    return [
        f"WAYPOST_{str(each['loc'][0]).upper()}: {each['msg'].removeprefix('Value error, ')}" for each in error.errors()
    ]
