"""`waypost key`: who may send, read and change; a key is shown once, when it is made."""

from typing import Annotated, Any, Literal

import typer
from rich.table import Table

from shared.client import Client
from shared.words import meant
from shared.yaml_text.problems import shorten
from waypost.commands.customer import when
from waypost.commands.options import DATA, PORT, Data, Port, fail
from waypost.printing import say, say_json
from waypost.screen import show_table

Scope = Annotated[
    Literal["write", "read", "admin"],
    typer.Option("--scope", help="write sends touchpoints and nothing else; read asks; admin asks and changes."),
]
Source = Annotated[
    str, typer.Option("--source", help="Where its touchpoints come from, or what it is for, e.g. web.", metavar="NAME")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the answer of the API as JSON.")]


def create(*, scope: Scope, source: Source, data: Data = DATA, port: Port = PORT, as_json: AsJson = False) -> None:
    """Make a key. It works at once, and is shown this once: only its hash is kept.

    Example: waypost key create --scope write --source web
    """
    with Client(port, data) as client:
        made = client.ask("POST", "ingest", "/v1/keys", json={"scope": scope, "source": source})
    if as_json:
        say_json(made)
        return
    say(made["key"])
    say("This is the key, shown this once: keep it now.", err=True)
    say(f"Its id is {made['id']} (scope {scope}, source {source}); `waypost key list` shows no more of it.", err=True)


def list_keys(data: Data = DATA, port: Port = PORT, *, as_json: AsJson = False) -> None:
    """List keys by id, without their secrets; the revoked ones too.

    Example: waypost key list
    """
    with Client(port, data) as client:
        keys = client.get("ingest", "/v1/keys")["keys"]
    if as_json:
        say_json(keys)
        return
    table = Table("id", "scope", "source", "made (UTC)", "revoked (UTC)", box=None)
    for each in keys:
        table.add_row(each["id"], each["scope"], each["source"], when(each["created_at"]), when(each["revoked_at"]))
    show_table(table)


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
        known = client.get("ingest", "/v1/keys")["keys"]
        if key_id not in {each["id"] for each in known}:
            fail(f"there is no key {shorten(key_id)}: {_near(key_id, known)}`waypost key list` shows them by id")
        gone = client.ask("DELETE", "ingest", f"/v1/keys/{key_id}")
    if as_json:
        say_json(gone)
    else:
        say(f"Key {gone['id']} (scope {gone['scope']}, source {gone['source']}) stands no longer.")


def _near(word: str, known: list[dict[str, Any]]) -> str:
    """Say which key that stands may be meant, by its id or by its source."""
    stand = [each for each in known if not each["revoked_at"]]
    name = meant(word, {each[field] for each in stand for field in ("id", "source")})
    found = next((each for each in stand if name and name in (each["id"], each["source"])), None)
    return f"did you mean {found['id']} (scope {found['scope']}, source {found['source']})? " if found else ""
