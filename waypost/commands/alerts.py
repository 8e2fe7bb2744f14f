"""`waypost alerts`: whom to look after now, loudest first; what people do about it; whether news of it arrives."""

import shlex
from typing import Annotated

import typer

from shared.client import Client
from waypost.commands.alerts_acts import AsJson
from waypost.commands.alerts_worded import with_acts, worded
from waypost.commands.customer import asked, path_of
from waypost.commands.options import DATA, PORT, Data, Port
from waypost.printing import hand_on, say, say_json

Status = Annotated[
    str,
    typer.Option(
        "--status",
        help="live, all, or one or more of open, acknowledged, snoozed, resolved, ended, withdrawn, with commas.",
    ),
]
NONE = "No alerts. A stall, a skipped prerequisite or a step that failed three times would stand here."
NONE_LIKE_IT = "No alert is like that: leave out an option to see more."

Customer = Annotated[
    str, typer.Option("--customer", help="Only of this customer, named as in `waypost customer`.", metavar="ID")
]
Limit = Annotated[int, typer.Option("--limit", help="At most so many.", min=1, max=500)]


def list_alerts(
    data: Data = DATA,
    port: Port = PORT,
    *,
    status: Status = "live",
    owner: Annotated[str, typer.Option("--owner", help="Only those of this owner.")] = "",
    customer: Customer = "",
    rule: Annotated[str, typer.Option("--rule", help="Only stall, prerequisite_skipped or failed.")] = "",
    map_: Annotated[str, typer.Option("--map", help="Only of this map.")] = "",
    severity: Annotated[str, typer.Option("--severity", help="Only low, medium, high or critical, with commas.")] = "",
    limit: Limit = 20,
    as_json: AsJson = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print all of them as CSV, whatever the limit.")] = False,
) -> None:
    """List alerts, the loudest first, then those that stand longest.

    Example: waypost alerts list --severity high,critical
    """
    wanted = {
        "status": "" if status == "all" else status,
        "owner": owner,
        "rule": rule,
        "map": map_,
        "severity": severity,
        "limit": str(limit),
        "format": "csv" if as_csv else "json",
    }
    with Client(port, data) as client:
        wanted["customer"], accounts = _named(client, customer)
        if as_csv:
            hand_on(client.file("alerts", "/v1/alerts", **wanted).removeprefix(b"\xef\xbb\xbf"))
            return
        page = client.ask("GET", "alerts", "/v1/alerts", params=wanted)
        if as_json:
            say_json(page)
            return
        for alert in page["alerts"]:
            for line in worded(with_acts(client, alert)):
                say(line)
    chosen = owner or customer or rule or map_ or severity or status not in ("live", "all")
    if not page["alerts"]:
        _say_none(bool(chosen), accounts)
    elif page["next"]:
        say(f"And more: see them with --limit above {limit}.")


def _named(client: Client, customer: str) -> tuple[str, list[str]]:
    """Return the number of a customer, and the accounts that they belong to."""
    if not customer:
        return "", []
    found = asked(client, path_of(customer))
    return str(found["customer"]), found["accounts"]


def _say_none(chosen: bool, accounts: list[str]) -> None:  # noqa: FBT001 (one of two sentences)
    say(NONE_LIKE_IT if chosen else NONE)
    for name in accounts:
        say(f"They belong to an account: `waypost alerts list --customer {shlex.quote(name)}`.")
