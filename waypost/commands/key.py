"""`waypost key`: who may send, read and change; a key is shown once, when it is made."""

import json
from typing import Annotated, Any, Literal

import typer
from rich.console import Console
from rich.table import Table

from shared.client import CannotReachError, Client, said
from waypost.commands.customer import when
from waypost.commands.options import DATA, PORT, Data, Port

key_app = typer.Typer(no_args_is_help=True, help="Keys: make, list and revoke them.")

Scope = Annotated[
    Literal["write", "read", "admin"],
    typer.Option("--scope", help="write sends touchpoints and nothing else; read asks; admin asks and changes."),
]
Source = Annotated[
    str, typer.Option("--source", help="Where its touchpoints come from, or what it is for, e.g. web.", metavar="NAME")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the answer of the API as JSON.")]


@key_app.command()
def create(*, scope: Scope, source: Source, data: Data = DATA, port: Port = PORT, as_json: AsJson = False) -> None:
    """Make a key. It works at once, and is shown this once: only its hash is kept.

    Example: waypost key create --scope write --source web
    """
    with Client(port, data) as client:
        made = _ask(client, "POST", "/v1/keys", {"scope": scope, "source": source})
    if as_json:
        typer.echo(json.dumps(made, ensure_ascii=False))
        return
    typer.echo(made["key"])
    typer.echo(f"This is key {made['id']} (scope {scope}, source {source}), shown this once: keep it now.", err=True)


@key_app.command("list")
def list_keys(data: Data = DATA, port: Port = PORT, *, as_json: AsJson = False) -> None:
    """List keys by id, without their secrets; the revoked ones too.

    Example: waypost key list
    """
    with Client(port, data) as client:
        keys = client.get("ingest", "/v1/keys")["keys"]
    if as_json:
        typer.echo(json.dumps(keys, ensure_ascii=False))
        return
    table = Table("id", "scope", "source", "made (UTC)", "revoked (UTC)", box=None)
    for each in keys:
        table.add_row(each["id"], each["scope"], each["source"], when(each["created_at"]), when(each["revoked_at"]))
    Console(width=None if Console().is_terminal else 200, markup=False).print(table)


@key_app.command()
def revoke(
    key_id: Annotated[str, typer.Argument(metavar="ID", help="The id that `waypost key list` shows.")],
    data: Data = DATA,
    port: Port = PORT,
    *,
    as_json: AsJson = False,
) -> None:
    """Let a key open nothing any more, from its next request on. The last key with scope admin stays.

    Example: waypost key revoke 1f0c2a9b77de
    """
    with Client(port, data) as client:
        gone = _ask(client, "DELETE", f"/v1/keys/{key_id}" if key_id.isalnum() else "/v1/keys/none")
    typer.echo(
        json.dumps(gone, ensure_ascii=False)
        if as_json
        else f"Key {gone['id']} (scope {gone['scope']}, source {gone['source']}) stands no longer."
    )


def _ask(client: Client, method: str, path: str, body: dict[str, str] | None = None) -> dict[str, Any]:
    answer = client.request(method, "ingest", path, json=body)
    if not answer.is_success:
        raise CannotReachError(said(answer))
    found: dict[str, Any] = answer.json()
    return found
