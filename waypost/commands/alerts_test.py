"""`waypost alerts test`: does an alert reach people? One message on each channel that is set, and what came back."""

from enum import StrEnum
from typing import Annotated, Any

import typer

from shared.client import Client, RefusedError
from waypost.commands.alerts_acts import AsJson
from waypost.commands.options import DATA, PORT, Data, Port, fail
from waypost.printing import say, say_json

PATIENCE_S = 90.0  # a mail server may take its time over every step

Json = dict[str, Any]


class Channel(StrEnum):
    """The ways by which alerts reach people and programs."""

    SLACK = "slack"
    MAIL = "mail"
    WEBHOOK = "webhook"


def try_channels(
    channel: Annotated[
        Channel | None, typer.Argument(help="slack, mail or webhook; else every one that is set.", metavar="[CHANNEL]")
    ] = None,
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
            answer = client.ask("POST", "alerts", "/v1/channels/test", json=body, timeout=PATIENCE_S)
    except RefusedError as error:
        fail(error, code=1)
    results: list[Json] = answer["results"]
    if as_json:
        say_json(answer)
    for result in results if not as_json else []:
        say(line_of(result))
    if not all(result["ok"] for result in results):
        raise typer.Exit(1)


def line_of(result: Json) -> str:
    """Return what came back on a channel, and what to do."""
    words = f"works ({result['said']})" if result["ok"] else f"{result['said']}. {result['todo']}"
    return f"{result['channel']:<8} {words}"
