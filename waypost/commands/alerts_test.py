"""`waypost alerts test`: does an alert reach people? One message on each channel that is set, and what came back."""

from enum import StrEnum
from typing import Annotated, Any

import typer

from shared.client import CannotReachError, Client, said
from shared.plain_text import one_line
from waypost.commands.alerts_acts import AsJson
from waypost.commands.options import DATA, PORT, Data, Port, fail

PATIENCE_S = 90.0  # a mail server may take its time over every step

Json = dict[str, Any]


class Channel(StrEnum):
    """The ways by which alerts reach people and programs."""

    SLACK = "slack"
    MAIL = "mail"
    WEBHOOK = "webhook"


def try_channels(
    channel: Annotated[Channel | None, typer.Argument(help="Only this one; else every channel that is set.")] = None,
    data: Data = DATA,
    port: Port = PORT,
    *,
    as_json: AsJson = False,
) -> None:
    """Send a message on each channel and say what came back; ends with 1 where one does not work.

    Example: waypost alerts test slack
    """
    body = {"channel": channel.value} if channel else {}
    try:
        with Client(port, data) as client:
            answer = client.request("POST", "alerts", "/v1/channels/test", json=body, timeout=PATIENCE_S)
    except CannotReachError as error:
        fail(error)
    if not answer.is_success:
        fail(said(answer), code=1)
    results: list[Json] = answer.json()["results"]
    if as_json:
        typer.echo(answer.text)
    for result in results if not as_json else []:
        typer.echo(line_of(result))
    if not all(result["ok"] for result in results):
        raise typer.Exit(1)


def line_of(result: Json) -> str:
    """Return what came back on a channel, and what to do."""
    words = f"works ({result['said']})" if result["ok"] else f"{result['said']}. {result['todo']}"
    return one_line(f"{result['channel']:<8} {words}")
