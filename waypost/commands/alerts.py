"""`waypost alerts`: whom to look after now, loudest first; what people do about it; whether news of it arrives."""

import json
from typing import Annotated

import typer

from shared.client import Client, said
from waypost.commands.alerts_acts import AsJson, acknowledge, resolve, snooze
from waypost.commands.alerts_test import try_channels
from waypost.commands.alerts_worded import worded
from waypost.commands.options import DATA, PORT, Data, Port, fail

alerts_app = typer.Typer(no_args_is_help=True, help="Warnings: list, acknowledge, snooze and resolve them.")
for command in (acknowledge, snooze, resolve):
    alerts_app.command()(command)
alerts_app.command("test")(try_channels)

Status = Annotated[
    str,
    typer.Option(
        "--status",
        help="live, all, or one or more of open, acknowledged, snoozed, resolved, ended, withdrawn, with commas.",
    ),
]
Limit = Annotated[int, typer.Option("--limit", help="At most so many.", min=1, max=500)]


@alerts_app.command("list")
def list_alerts(
    data: Data = DATA,
    port: Port = PORT,
    *,
    status: Status = "live",
    owner: Annotated[str, typer.Option("--owner", help="Only those of this owner.")] = "",
    customer: Annotated[str, typer.Option("--customer", help="Only of this customer: number or kind:value.")] = "",
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
        "customer": customer,
        "rule": rule,
        "map": map_,
        "severity": severity,
        "limit": str(limit),
        "format": "csv" if as_csv else "json",
    }
    with Client(port, data) as client:
        answer = client.request("GET", "alerts", "/v1/alerts", params=wanted)
    if not answer.is_success:
        fail(said(answer))
    if as_csv:
        typer.echo(answer.content.removeprefix(b"\xef\xbb\xbf"), nl=False)
        return
    page = answer.json()
    if as_json:
        typer.echo(json.dumps(page, ensure_ascii=False))
        return
    for alert in page["alerts"]:
        typer.echo(worded(alert))
    if not page["alerts"]:
        typer.echo("No alerts. A stall, a skipped prerequisite or a step that failed three times would stand here.")
    elif page["next"]:
        typer.echo(f"And more: see them with --limit above {limit}.")
