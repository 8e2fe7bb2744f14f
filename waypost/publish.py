"""Maps from files to the running system."""

from dataclasses import dataclass
from pathlib import Path

from services.journey.domain.maps.load import load_map
from services.journey.domain.maps.model import JourneyMap
from shared.client import CannotReachError, Client, said


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


def read_map_file(path: Path) -> MapFile:
    """Read a map file. Raises MapError with every problem and its line, OSError and UnicodeDecodeError."""
    text = path.read_text(encoding="utf-8")
    return MapFile(path, load_map(text), text)


def publish(client: Client, file: MapFile) -> str:
    """Publish a map and say what came of it. Raises CannotReachError with what speaks against it."""
    answer = client.request("PUT", "journey", f"/v1/maps/{file.name}", content=file.text.encode())
    if not answer.is_success:
        raise CannotReachError(said(answer))
    version = answer.json().get("version", "?")
    return f"Map `{file.name}` stands in version {version}."
