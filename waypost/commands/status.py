"""`waypost status`: what runs, what waits, and until when absence is judged."""

import json
from typing import Annotated, Any

import httpx2 as httpx
import typer

from shared.client import CannotReachError, Client
from shared.settings import SERVICES
from waypost.commands.customer import when
from waypost.commands.options import DATA, PORT, Data, Port
from waypost.ready import what_is_wrong

Json = dict[str, Any]


def status(
    *,
    port: Port = PORT,
    data: Data = DATA,
    as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
) -> None:
    """Show which services are ready, how far they have come, and what is wrong. Exit code 1 when something is."""
    with Client(port, data) as client, httpx.Client(timeout=5.0) as http:
        wrong = {name: what_is_wrong(http, client.url(name, "")) for name in SERVICES}
        said = {name: _status(client, name) for name in ("journey", "alerts") if not wrong[name]}
    if as_json:
        typer.echo(json.dumps({"services": {n: why or "ready" for n, why in wrong.items()}, **said}, indent=2))
    else:
        for name in SERVICES:
            typer.echo(f"  {name:<10} {wrong[name] or 'ready'}{_words(said.get(name))}")
    raise typer.Exit(1 if any(wrong.values()) or any("refused" in each for each in said.values()) else 0)


def _status(client: Client, service: str) -> Json:
    try:
        found: Json = client.get(service, "/v1/status")
    except CannotReachError as error:
        return {"refused": str(error)}
    return found


def _words(status: Json | None) -> str:
    if status is None:
        return ""
    if "refused" in status:
        return f", but {status['refused']}"
    words = [f"{status['behind']} records wait", f"judged until {when(status['judged_until'])} UTC"]
    for key, text in (("unjudged_customers", "could not be judged"), ("waiting_for_map", "wait for a new map")):
        if status.get(key):
            words.append(f"{status[key]} customers {text}")
    if status.get("deliveries_waiting"):
        words.append(f"{status['deliveries_waiting']} webhooks wait")
    if status.get("wrong"):
        words.append(str(status["wrong"]))
    return ": " + ", ".join(words)
