"""`waypost kpis`: which figures we steer by, how many say what came of the work, which goals are more than wishes."""

from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import typer

from services.alerts.kpis.answer import answer_of
from services.alerts.kpis.reading import read_catalogue
from shared.client import Client, RefusedError
from shared.goals import joined, maps_of
from shared.yaml_text.problems import DocumentError
from waypost.commands.options import DATA, PORT, Data, Port, fail
from waypost.printing import say, say_json
from waypost.publish import read_text

File = Annotated[Path, typer.Argument(help="Catalogue, YAML or JSON; - reads standard input.", metavar="FILE")]
AsJson = Annotated[bool, typer.Option("--json", help="Print it as JSON.")]


def check(file: File, *, as_json: AsJson = False) -> None:
    """Check a catalogue without a running Waypost: its words, the audit, its goals. Ends with 1 where it is refused.

    Example:
        waypost kpis check deploy/kpis.yaml

    """
    _show(_read(file), as_json=as_json)


def put(file: File, port: Port = PORT, data: Data = DATA) -> None:
    """Put a catalogue in force, in the place of the last.

    Example:
        waypost kpis put deploy/kpis.yaml

    """
    text = _read(file)["yaml"]
    with Client(port, data) as client:
        _show(client.ask("PUT", "alerts", "/v1/kpis", content=text.encode()), as_json=False)


def show(port: Port = PORT, data: Data = DATA, *, as_json: AsJson = False) -> None:
    """Show the catalogue in force: its KPIs and where those stand that Waypost measures, the audit, what came of goals.

    Example:
        waypost kpis show

    """
    with Client(port, data) as client:
        catalogue = client.get("alerts", "/v1/kpis")
        catalogue = joined(catalogue, _reports(client, catalogue))
    if not catalogue["kpis"] and not as_json:
        say("There is no KPI catalogue yet: write one as in docs/kpis.md, then `waypost kpis put FILE`.")
        return
    _show(catalogue, as_json=as_json)


def _reports(client: Client, catalogue: dict[str, Any]) -> dict[str, Any]:
    """Return the outcomes of the maps that are measured by, of those that are published."""
    reports = {}
    for name in maps_of(catalogue):
        with suppress(RefusedError):
            reports[name] = client.get("journey", f"/v1/maps/{quote(name, safe='')}/outcomes")
    return reports


def _read(file: Path) -> dict[str, Any]:
    text = read_text(file)
    try:
        return answer_of(read_catalogue(text), text)
    except DocumentError as error:
        for problem in error.problems:
            place = f"{file}:{problem.line}" if problem.line else str(file)
            say(f"{place}: {problem.level}: {problem.text}", err=True)
        fail(f"{file} is no catalogue that can be used: mend what is named above", 1)


def _show(catalogue: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        say_json(catalogue)
        return
    heads = set(catalogue["report"]["headline"])
    for kpi in catalogue["kpis"]:
        stands = f", {kpi['figure']['text']}" if kpi.get("figure") else ""
        target = f", target {kpi['target']}" if kpi["target"] else ""
        head = ", heads the report" if kpi["kpi"] in heads else ""
        owner = f" ({kpi['owner']})" if kpi["owner"] else ""
        say(f"{kpi['class']:<15} {kpi['title']}{owner}{stands}{target}{head}")
    audit = catalogue["audit"]
    say(f"{'warning: ' if audit['warns'] else ''}{audit['text']}")
    for goal in catalogue["goals"]:
        say(goal["text"])
        result = goal.get("result")
        if result and not (goal["missing"] and result["word"] == "not measurable"):
            say(f"  {result['word']}: {result['text']}")
