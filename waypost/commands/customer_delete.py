"""`waypost customer delete ID`: forget a customer, everywhere, and say what is left where."""

import sys
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Annotated, Any

import typer

from shared.client import PATIENCE_S, CannotReachError, Client, RefusedError
from shared.clock import monotonic
from shared.words import counted
from waypost.commands.customer import asked, path_of, when
from waypost.commands.options import DATA, PORT, Data, Port, fail
from waypost.printing import say

AT_ONCE = 500  # ids in one erasure
WAIT_S = 120.0
NOT_FOUND = 404

Json = dict[str, Any]


def delete(
    customer_id: Annotated[str, typer.Argument(metavar="ID", help="user:42, anonymous:…, account:…, or a bare value.")],
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    port: Port = PORT,
    data: Data = DATA,
) -> None:
    """Forget a customer: touchpoints, journeys, alerts and records. It cannot be undone.

    Example: waypost customer delete user:42
    """
    gone = scrubbed = False
    with Client(port, data) as client:
        found = _found(client, customer_id)
        for line in what_goes(found, *_amounts(client, found)):
            say(line)
        if not yes:
            if not sys.stdin.isatty():
                fail("nothing was deleted: say --yes where nobody can be asked")
            typer.confirm("Delete all of it for good?", abort=True)
        last = erase(client, found["ids"])
        say("Erasing …")
        with suppress(KeyboardInterrupt):  # whoever does not want to wait: it goes on by itself
            gone = _wait(lambda: _is_gone(client, found))
            scrubbed = gone and _wait(lambda: _is_scrubbed(client, last))
    for line in what_is_left(gone=gone, scrubbed=scrubbed):
        say(line)
    if not gone:
        raise typer.Exit(1)


def what_goes(found: Json, touchpoints: str, alerts: str) -> list[str]:
    """Return what is said before anybody is asked."""
    ids = found["ids"]
    shown = ", ".join(ids[:10]) + (f" and {len(ids) - 10} more ids" if len(ids) > 10 else "")
    lines = [
        f"This is {shown}.",
        f"To be deleted: {touchpoints}, {counted(len(found['journeys']), 'journey')}, {alerts}",
        "with their trail, and every record of it in the event log, the outbox and the dead letters.",
    ]
    if ids[0].startswith("account:"):
        lines.append("It is an account: its people stay, each is deleted by an id of its own.")
    return lines


def what_is_left(*, gone: bool, scrubbed: bool) -> list[str]:
    """Return what is said at the end: what is done, and what Waypost cannot reach."""
    if not gone:
        return [
            "The erasure is stored and goes on by itself; journey or alerts is behind or down: see `waypost status`.",
            "The same command says when it is done.",
        ]
    return [
        "Deleted. "
        + (
            "Nothing of it is left in the data folder, but for hashes of its ids, by which it stays forgotten."
            if scrubbed
            else "The event log is still being scrubbed, which goes on by itself."
        ),
        "What is sent or imported again of that time never counts, and leaves the event log after its retention.",
        "Whoever comes back later is somebody new.",
        "Left elsewhere: backups made before now, messages sent to Slack, mail and webhooks, files that were imported.",
    ]


def _amounts(client: Client, found: Json) -> tuple[str, str]:
    most, page = 10_000, 500
    touchpoints = len(asked(client, f"{path_of(found['ids'][0])}/timeline?limit={most}")["touchpoints"])
    alerts = len(client.get("alerts", "/v1/alerts", customer=str(found["customer"]), limit=page)["alerts"])
    return _at_least(touchpoints, most, "touchpoint"), _at_least(alerts, page, "alert")


def _at_least(count: int, most: int, what: str) -> str:
    return f"{'at least ' if count == most else ''}{counted(count, what)}"


def _found(client: Client, customer_id: str) -> Json:
    """Return a customer; one that is not known ends the command, with how the last erasure stands: perhaps theirs."""
    try:
        found: Json = client.get("journey", path_of(customer_id))
    except RefusedError as error:
        if error.status == NOT_FOUND:
            for erasure in client.get("ingest", "/v1/erasures", limit=1)["erasures"]:
                say(last_erasure(erasure), err=True)
        fail(error, 1)
    return found


def last_erasure(erasure: Json) -> str:
    """Return how an erasure stands whose ids nobody knows any more."""
    stored = f"The last erasure, of {counted(erasure['ids'], 'id')}, was stored {when(erasure['erased_at'])} UTC"
    if erasure["scrubbed_at"]:
        return f"{stored} and is done: the event log holds nothing of it since {when(erasure['scrubbed_at'])} UTC."
    return f"{stored}; the event log is still being scrubbed of it, which goes on by itself."


def erase(client: Client, ids: list[str], within_s: float = PATIENCE_S) -> int:
    """Store an erasure and return its number; twice where nobody knows of the first, which changes nothing.

    Raises CannotReachError.
    """
    number = 0
    for start in range(0, len(ids), AT_ONCE):
        wanted = {"ids": ids[start : start + AT_ONCE]}
        try:
            erasure = client.patiently("POST", "ingest", "/v1/erasures", within_s=within_s, json=wanted)
        except CannotReachError as error:
            message = f"{error}; nobody knows whether the erasure was stored: say the same again when ingest answers"
            raise CannotReachError(message) from error
        number = int(erasure["erasure"])
    return number


def _is_gone(client: Client, found: Json) -> bool:
    path = path_of(found["ids"][-1])
    if client.request("GET", "journey", path).status_code != NOT_FOUND:
        return False
    return not client.get("alerts", "/v1/alerts", customer=str(found["customer"]), limit=1)["alerts"]


def _is_scrubbed(client: Client, number: int) -> bool:
    erasures = client.get("ingest", "/v1/erasures", limit=1000)["erasures"]
    return all(each["scrubbed_at"] for each in erasures if each["erasure"] <= number)


def _wait(done: Callable[[], bool]) -> bool:
    deadline = monotonic() + WAIT_S
    while monotonic() < deadline:
        with suppress(CannotReachError):  # it is being started again
            if done():
                return True
        time.sleep(0.2)
    return False
