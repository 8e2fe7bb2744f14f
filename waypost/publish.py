"""Maps from files to the running system."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from services.journey.domain.maps.load import MapError, load_map
from services.journey.domain.maps.model import JourneyMap
from shared.clear_error import ClearError
from shared.client import Client
from shared.yaml_text.problems import Problem

MAX_BYTES = 1_048_576  # of a file; the language itself allows fewer characters


class UnreadableError(ClearError):
    """Raised when a map file cannot be read at all; the text names it and says why."""


class MapFileError(MapError, ClearError):
    """Raised for a map file that does not load; its details are the problems with file and line, as editors open it."""

    def __init__(self, path: Path, problems: Sequence[Problem]) -> None:
        """Name the file."""
        super().__init__(problems)
        self.path = path
        places = (f"{path}:{problem.line}" if problem.line else path for problem in problems)
        self.details = [f"{at}: {p.level}: {p.text}" for at, p in zip(places, problems, strict=True)]

    def __str__(self) -> str:
        """Say what to do."""
        return f"{self.path} is no map that can be used: mend what is named above"


@dataclass(frozen=True, slots=True)
class MapFile:
    """A map file that loads."""

    path: Path
    map: JourneyMap
    text: str

    @property
    def name(self) -> str:
        """Return the id of the map."""
        return self.map.name


def read_text(path: Path) -> str:
    """Return the text of a map file, or of standard input for `-`. Raises UnreadableError."""
    try:
        if str(path) == "-":
            data = sys.stdin.buffer.read(MAX_BYTES + 1)
        else:
            with path.open("rb") as stream:
                data = stream.read(MAX_BYTES + 1)
    except OSError as error:
        message = f"{path}: cannot be read: {error.strerror or error}"
        raise UnreadableError(message) from error
    if len(data) > MAX_BYTES:
        message = f"{path}: cannot be read: larger than 1 MB: this is no map"
        raise UnreadableError(message)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        message = f"{path}: cannot be read: not UTF-8: byte {error.start} is {error.object[error.start]:#04x}"
        raise UnreadableError(message) from error


def read_map_file(path: Path) -> MapFile:
    """Read a map file. Raises MapFileError with every problem and its line, UnreadableError."""
    text = read_text(path)
    try:
        return MapFile(path, load_map(text), text)
    except MapError as error:
        raise MapFileError(path, error.problems) from error


def publish(client: Client, file: MapFile, *, correct: bool = False) -> str:
    """Publish a map and say what came of it. Raises CannotReachError with what speaks against it."""
    wanted = {"correct": True} if correct else {}
    said = client.ask("PUT", "journey", f"/v1/maps/{file.name}", content=file.text.encode(), params=wanted)
    version = said.get("version", "?")
    said_of = f"Map `{file.name}` stands in version {version}."
    if not said.get("published"):
        return f"{said_of} Nothing in it is new."
    if version == 1:
        return said_of
    if correct:
        return f"{said_of} It is in the place of the version before: who is on that is judged anew, in the background."
    return (
        f"{said_of} It holds for journeys that open from its publication on; those before keep their version."
        " If that was wrong: `--correct`."
    )
