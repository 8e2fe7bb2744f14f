"""`waypost customer ID`: one customer as a CSM wants to see them, in the terminal."""

import shlex
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import quote

import typer
from rich.text import Text

from shared.client import Client, RefusedError
from waypost.commands.alerts_worded import with_acts, worded
from waypost.commands.options import DATA, PORT, Data, Port, fail
from waypost.printing import say_json
from waypost.screen import Screen

PATH = 50  # touchpoints shown at most
Json = dict[str, Any]

STATES = {"open": "on the way", "completed": "arrived", "reached": "ended with the outcome", "lost": "lost"}


def customer(
    customer_id: Annotated[str, typer.Argument(metavar="ID", help="user:42, anonymous:…, account:…, or a bare value.")],
    *,
    port: Port = PORT,
    data: Data = DATA,
    as_json: Annotated[bool, typer.Option("--json", help="Print what the API answers.")] = False,
) -> None:
    """Show where a customer is: position, route ahead, detours and why, what is waited for, alerts, and the path.

    Example: waypost customer user:42
    """
    with Client(port, data) as client:
        found = asked(client, path_of(customer_id))
        if as_json:
            say_json(found, indent=2)
            return
        path = asked(client, f"{path_of(customer_id)}/timeline?limit={PATH}")["touchpoints"]
        accounts = accounts_of(client, found)
        live = client.get("alerts", "/v1/alerts", customer=str(found["customer"]), status="live")["alerts"]
        alerts = [with_acts(client, alert) for alert in live]
    console = Screen(highlight=False)
    for line in lines(found, path, alerts, accounts):
        console.print(line, soft_wrap=True)


def path_of(customer_id: str) -> str:
    """Return where the journey service tells of a customer."""
    return f"/v1/customers/{quote(customer_id, safe=':')}"


def asked(client: Client, path: str) -> Json:
    """Return an answer; what the service refuses ends the command in its own words."""
    try:
        found: Json = client.get("journey", path)
    except RefusedError as error:
        fail(error, 1)
    return found


def accounts_of(client: Client, found: Json) -> list[Json]:
    """Return the accounts that a customer belongs to; one that was forgotten meanwhile is left out."""
    accounts = []
    for name in found["accounts"]:
        with suppress(RefusedError):
            accounts.append(client.get("journey", path_of(name)))
    return accounts


def when(text: str | None) -> str:
    """Write a time of the API as people read it, in UTC."""
    return datetime.fromisoformat(text).strftime("%d %b %Y %H:%M") if text else ""


def lines(
    found: Json, touchpoints: Sequence[Json], alerts: Sequence[Json], accounts: Sequence[Json] = ()
) -> Iterator[Text]:
    """Yield what is shown of a customer, line by line."""
    yield Text.assemble((f"{found['name']}  " if found["name"] else "", "bold"), "  ".join(found["ids"]))
    if found.get("unjudged"):
        yield Text(f"Could not be judged: {found['unjudged']}", "bold red")
    if not found["journeys"] and any(account["journeys"] for account in accounts):
        yield Text("No journey of their own: the account has one.", "dim")
    elif not found["journeys"]:
        yield Text("On no map: nothing so far opens one.", "dim")
    yield from (_account(account) for account in accounts)
    for journey in found["journeys"]:
        yield Text()
        yield from _journey(journey)
    if alerts:
        yield Text()
        yield Text("Alerts", "bold underline")
        yield from (Text(f"  {line}") for alert in alerts for line in worded(alert))
    yield Text()
    yield Text(f"Path (the last {PATH} touchpoints)" if len(touchpoints) == PATH else "Path", "bold underline")
    for touchpoint in touchpoints:
        yield _touchpoint(touchpoint)
    yield Text()
    yield Text(f"Stalls judged up to {when(found['judged_until'])} UTC", "dim")


def _account(account: Json) -> Text:
    name = next(each for each in account["ids"] if each.startswith("account:"))
    journeys = ", ".join(f"{each['map']} {STATES.get(each['state'], each['state'])}" for each in account["journeys"])
    called = f"{account['name']} ({name})" if account["name"] else name
    return _row("Account", f"{called}: {journeys or 'on no map'}; `waypost customer {shlex.quote(name)}` shows it")


def _journey(journey: Json) -> Iterator[Text]:
    state = STATES.get(str(journey["state"]), str(journey["state"]))
    yield Text.assemble((f"{journey['map']}", "bold cyan"), f" · version {journey['version']} · ", (state, "bold"))
    if journey["reached_at"]:
        yield _row("Outcome", f"reached {when(journey['reached_at'])}")
    if journey["ended_at"]:
        yield _row("Ended", when(journey["ended_at"]))
    position = journey["position"]
    if position["steps"]:
        titles = {step["step"]: step["title"] for step in journey["passed"]}
        since, after = when(position["since"]), titles.get(position["after"], position["after"])
        moved = f"last moved {since}, after {after}" if after else f"since {since}"
        stage = f" ({position['stage']})" if position["stage"] else ""
        yield _row("At", f"{', '.join(position['titles'])}{stage}, {moved}", "bold")
    if stall := journey["stall"]:
        past = ", known only afterwards" if stall["historical"] else ""
        yield _row("Stalled", f"{stall['text']} Was due {when(stall['since'])}{past}", "bold red")
    yield from _route(journey)
    yield from _detours(journey["deviations"])


def _route(journey: Json) -> Iterator[Text]:
    if journey["route"] is None:
        if journey["state"] == "open":
            yield _row("Route", f"none: {journey.get('blocker') or 'the map has no way on'}", "yellow")
        return
    for number, step in enumerate(journey["route"]):
        yield _row(
            "" if number else "Route",
            Text.assemble((f"{number + 1}. {step['title']}", ""), (f"  {step['why']}", "dim")),
        )


def _detours(deviations: list[Json]) -> Iterator[Text]:
    for number, found in enumerate(deviations):
        style = "" if found["certain"] is not False else "dim"
        doubt = "" if found["certain"] is not False else " (not certain yet)"
        closed = " (closed)" if found["status"] == "closed" else ""
        yield _row("" if number else "Detours", Text.assemble((f"{found['text']}{doubt}{closed}", style)))
        proof = ", ".join(f"{each['event']} {when(each['occurred_at'])}" for each in found["touchpoints"])
        if proof:
            yield _row("", Text(f"  {found['kind']}: {proof}", "dim"))


def _touchpoint(touchpoint: Json) -> Text:
    name = str(touchpoint["event"] or touchpoint["type"])
    more = [word for word in (touchpoint["channel"], touchpoint["actor"], touchpoint["source"]) if word]
    return Text.assemble((f"  {when(touchpoint['occurred_at'])}  ", "dim"), name, (f"  {' · '.join(more)}", "dim"))


def _row(head: str, words: str | Text, style: str = "") -> Text:
    return Text.assemble((f"  {head:<9}", "dim"), words if isinstance(words, Text) else (words, style))
