"""`waypost map show`: a map in the terminal, from a file, or from the running system with who stands where."""

from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import typer

from services.journey.domain.maps.load import load_map
from shared.client import CannotReachError, Client, RefusedError
from shared.words import counted
from shared.yaml_text.problems import nearest
from waypost.commands.customer import when
from waypost.commands.options import DATA, PORT, Data, Port
from waypost.map_lines import map_lines
from waypost.printing import say
from waypost.publish import read_map_file

What = Annotated[
    str,
    typer.Argument(help="Map file, YAML or JSON, - for standard input; or the name of a published map.", metavar="MAP"),
]
ENDINGS = frozenset({".yaml", ".yml", ".json"})
MOST_UNMAPPED = 5


def show(map: What, data: Data = DATA, port: Port = PORT) -> None:
    """Show a map as an itinerary: stages, steps, branches, times, owners; published, also how many stand where.

    Example: waypost map show deploy/maps/shop.yaml
    """
    path = Path(map)
    if map == "-" or path.suffix in ENDINGS or path.is_file():
        for line in map_lines(read_map_file(path).map):
            say(line)
        return
    with Client(port, data) as client:
        published = ask(client, map)
        overview = ask(client, map, "/overview")
    for line in map_lines(load_map(published["yaml"]), overview["steps"]):
        say(line)
    for line in around(published, overview):
        say(line)


def ask(client: Client, map: str, what: str = "") -> dict[str, Any]:
    """Return what the journey service says of a map. Raises CannotReachError, which names the maps that there are."""
    try:
        found: dict[str, Any] = client.get("journey", f"/v1/maps/{quote(map, safe='')}{what}")
    except RefusedError as error:
        if error.status != 404:
            raise
        names = [each["map"] for each in client.get("journey", "/v1/maps")["maps"]]
        there = nearest(map, names) if names else "none is published: `waypost map publish FILE`"
        message = f"{error}, and no file is called so; {there}"
        raise CannotReachError(message) from error
    return found


def around(published: dict[str, Any], overview: dict[str, Any]) -> list[str]:
    """Return what there is to say about the map as a whole."""
    states = ", ".join(f"{count:,} {state}" for state, count in overview["states"].items() if count)
    since = f"Version {published['version']}, published {when(published['published_at'])} UTC"
    lines = [
        "",
        f"{since}; journeys: {states or 'none yet'}",
        f"Who may do one of several steps is counted at each. Judged until {when(overview['judged_until'])} UTC.",
    ]
    lines += [f"Hot spot: {each['text']}" for each in overview.get("hot_spots", [])]
    unmapped = overview.get("unmapped", [])[:MOST_UNMAPPED]
    if unmapped:
        named = ", ".join(f"{each['event']} ({counted(each['journeys'], 'journey')})" for each in unmapped)
        lines.append(f"The map does not know: {named}")
    return lines
