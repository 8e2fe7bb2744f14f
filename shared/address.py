"""Where the Waypost of a data folder answers: written by `waypost up`, read by every command that asks it."""

from pathlib import Path
from typing import Annotated

import msgspec

from shared.files import replace_file

ADDRESS = "address.json"
HOST = "127.0.0.1"
PORT = 8700


class Address(msgspec.Struct, frozen=True):
    """The host as it stands in addresses, and the port of the console; the other services follow it."""

    host: str = HOST
    port: Annotated[int, msgspec.Meta(ge=1, le=65532)] = PORT


def write_address(folder: Path, address: Address) -> None:
    """Remember where a data folder's Waypost answers."""
    replace_file(folder / ADDRESS, msgspec.json.encode(address))


def read_address(folder: Path) -> Address:
    """Return where a data folder's Waypost answers; the usual place where nobody said, or it cannot be read."""
    try:
        return msgspec.json.decode((folder / ADDRESS).read_bytes(), type=Address)
    except (OSError, msgspec.DecodeError):
        return Address()
