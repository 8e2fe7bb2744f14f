"""`waypost alerts acknowledge | snooze | resolve`: what a person does to an alert, from the terminal."""

import getpass
from typing import Annotated, Any

import typer

from shared.client import Client, RefusedError
from shared.times import microseconds_in, microseconds_of, rfc3339
from waypost.commands.alerts_worded import with_acts, worded
from waypost.commands.options import DATA, PORT, Data, Port, fail
from waypost.printing import say, say_json

Number = Annotated[int, typer.Argument(help="Number of the alert, as listed.", min=1, metavar="NUMBER")]
By = Annotated[str, typer.Option("--by", help="Who does it; the name of the user of this machine, unless given.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the answer of the API as JSON.")]

Json = dict[str, Any]


def acknowledge(number: Number, data: Data = DATA, port: Port = PORT, *, by: By = "", as_json: AsJson = False) -> None:
    """Say that you look after an alert.

    Example: waypost alerts acknowledge 7
    """
    act(data, port, f"/v1/alerts/{number}/acknowledge", {"by": by or getpass.getuser()}, as_json=as_json)


def snooze(
    number: Number,
    data: Data = DATA,
    port: Port = PORT,
    *,
    until: Annotated[str, typer.Option("--until", help="When it is open again, e.g. 2026-12-01T09:00 (UTC).")] = "",
    for_: Annotated[str, typer.Option("--for", help="How long it waits, e.g. 4h, 3d or 2w.")] = "",
    reason: Annotated[str, typer.Option("--reason", help="Why it can wait.")] = "",
    by: By = "",
    as_json: AsJson = False,
) -> None:
    """Let an alert wait until a time; then it is open again.

    Example: waypost alerts snooze 7 --for 3d --reason "on holiday"
    """
    if bool(until) == bool(for_):
        fail("say either --until or --for, e.g. --for 3d")
    body = {"by": by or getpass.getuser(), "until": until or _after(data, port, for_), "reason": reason}
    act(data, port, f"/v1/alerts/{number}/snooze", body, as_json=as_json)


def _after(data: Data, port: Port, length: str) -> str:
    """Return the time that lies so far ahead, by the clock of the service."""
    try:
        span = microseconds_in(length)
    except ValueError as error:
        fail(error)
    with Client(port, data) as client:
        now = microseconds_of(client.get("alerts", "/v1/status")["now"])
    return rfc3339(now + span)


def resolve(
    number: Number,
    data: Data = DATA,
    port: Port = PORT,
    *,
    reason: Annotated[str, typer.Option("--reason", help="Why it needs nobody any more.")],
    by: By = "",
    as_json: AsJson = False,
) -> None:
    """Close an alert for a reason.

    Example: waypost alerts resolve 7 --reason "called, is back on the way"
    """
    body = {"by": by or getpass.getuser(), "reason": reason}
    act(data, port, f"/v1/alerts/{number}/resolve", body, as_json=as_json)


def act(data: Data, port: Port, path: str, body: Json, *, as_json: bool) -> None:
    """Send what a person does and show the alert as it is then."""
    try:
        with Client(port, data) as client:
            alert = client.ask("POST", "alerts", path, json=body)
            words = [] if as_json else worded(with_acts(client, alert))
    except RefusedError as error:
        fail(error, code=1)
    if as_json:
        say_json(alert)
        return
    for line in words:
        say(line)
