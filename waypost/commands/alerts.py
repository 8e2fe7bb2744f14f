"""`waypost alerts`: whom to look after now, loudest first; acknowledge and resolve from the terminal."""

import getpass
import json
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from shared.client import CannotReachError, Client, said
from waypost.commands.options import DATA, PORT, Data, Port, fail

alerts_app = typer.Typer(no_args_is_help=True, help="Warnings: list, acknowledge and resolve them.")

Number = Annotated[int, typer.Argument(help="Number of the alert.", min=1)]
By = Annotated[str, typer.Option("--by", help="Who does it; the name of the user of this machine, unless given.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the answer of the API as JSON.")]
Status = Annotated[
    str,
    typer.Option(
        "--status",
        help="live, all, or one or more of open, acknowledged, snoozed, resolved, ended, withdrawn, with commas.",
    ),
]
Limit = Annotated[int, typer.Option("--limit", help="At most so many.", min=1, max=500)]

Json = dict[str, Any]


@alerts_app.command("list")
def list_alerts(
    data: Data = DATA,
    port: Port = PORT,
    *,
    status: Status = "live",
    owner: Annotated[str, typer.Option("--owner", help="Only those whose next step is this owner's.")] = "",
    customer: Annotated[str, typer.Option("--customer", help="Only of this customer: number or kind:value.")] = "",
    rule: Annotated[str, typer.Option("--rule", help="Only stall, prerequisite_skipped or failed.")] = "",
    limit: Limit = 20,
    as_json: AsJson = False,
) -> None:
    """List alerts, the loudest first, then those that stand longest."""
    wanted = {
        "status": None if status == "all" else status,
        "owner": owner or None,
        "customer": customer or None,
        "rule": rule or None,
        "limit": limit,
    }
    try:
        with Client(port, data) as client:
            page = client.get("alerts", "/v1/alerts", **wanted)
    except CannotReachError as error:
        fail(error)
    if as_json:
        typer.echo(json.dumps(page, ensure_ascii=False))
        return
    for alert in page["alerts"]:
        typer.echo(worded(alert))
    if not page["alerts"]:
        typer.echo("No alerts. A stall, a skipped prerequisite or a step that failed three times would stand here.")
    elif page["next"]:
        typer.echo(f"And more: see them with --limit above {limit}.")


@alerts_app.command()
def acknowledge(number: Number, data: Data = DATA, port: Port = PORT, *, by: By = "", as_json: AsJson = False) -> None:
    """Say that you look after an alert."""
    act(data, port, f"/v1/alerts/{number}/acknowledge", {"by": by or getpass.getuser()}, as_json=as_json)


@alerts_app.command()
def resolve(
    number: Number,
    data: Data = DATA,
    port: Port = PORT,
    *,
    reason: Annotated[str, typer.Option("--reason", help="Why it needs nobody any more.")],
    by: By = "",
    as_json: AsJson = False,
) -> None:
    """Close an alert for a reason."""
    body = {"by": by or getpass.getuser(), "reason": reason}
    act(data, port, f"/v1/alerts/{number}/resolve", body, as_json=as_json)


def act(data: Data, port: Port, path: str, body: Json, *, as_json: bool) -> None:
    """Send what a person does and show the alert as it is then."""
    try:
        with Client(port, data) as client:
            answer = client.request("POST", "alerts", path, json=body)
    except CannotReachError as error:
        fail(error)
    if not answer.is_success:
        fail(said(answer), code=1)
    typer.echo(answer.text if as_json else worded(answer.json()))


def worded(alert: Json) -> str:
    """Return an alert in three lines: who and since when, what happened, what to do next."""
    who = alert["ids"][0] if alert["ids"] else f"customer {alert['customer']}"
    state = alert["status"] + (f" by {alert['acknowledged_by']}" if alert["status"] == "acknowledged" else "")
    lines = [f"{alert['alert']}  {alert['severity']}  {who}  {alert['map']}  {state}, since {_day(alert['since'])}"]
    lines.append(f"    {alert['reason']}")
    if step := alert["next"]:
        owner = f" ({step['owner']})" if step["owner"] else ""
        lines.append(f"    Next: {step['step']}{owner}: {step['why']}")
    return "\n".join(lines)


def _day(at: str) -> str:
    moment = datetime.fromisoformat(at).astimezone(UTC)
    return f"{moment.day} {moment:%b %Y}"
