"""The report to take away, as CSV and as Markdown. What heads it is an outcome: outputs only follow below."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from services.console.domain.outcomes import attained_of, head_of, periods_of, stages_of, time_words
from services.console.domain.outcomes_kpis import Audit, Goal
from shared.csv_cells import BOM, Cell, csv_line
from shared.plain_text import one_line

Json = Mapping[str, Any]

MARKS = re.compile(r"([\\`*_{}\[\]()#+!|~]|:(?=//))")
MOST = 500  # letters of a text in a cell


def as_csv(report: Json) -> str:
    """Return the report as CSV: a line for the whole, for each stage and for each period."""
    heads = ("what", "name", "journeys", "reached", "lost", "open", "share", "low", "high", "median_s", "verdict")
    lines: list[Sequence[Cell]] = [heads, _whole(report)]
    for stage in report["stages"]:
        title = str(stage.get("title") or stage["stage"])
        counts = (stage["entered"], stage["left"], stage["lost"], stage["open"])
        lines.append(("stage", title, *counts, stage.get("reached_share"), None, None, stage.get("median_s"), None))
    for each in report["periods"]:
        counts = (each["opened"], each["reached"], each["lost"], each["open"])
        shares = (each.get("share"), each.get("low"), each.get("high"), each.get("median_s"))
        lines.append(("period", str(each["period"]), *counts, *shares, str(each["verdict"])))
    return BOM + "".join(csv_line(line) for line in lines)


def _whole(report: Json) -> Sequence[Cell]:
    given = report["attained"]
    counts = (given["journeys"], given["reached"], given["lost"], given["open"])
    shares = (given.get("share"), given.get("low"), given.get("high"))
    name = str(report.get("title") or report["map"])
    return ("whole", name, *counts, *shares, report["time_to_value"].get("median_s"), str(given["verdict"]))


def as_markdown(report: Json, audit: Audit | None, goals: Sequence[Goal], headline: Sequence[str] = ()) -> str:
    """Return the report as Markdown; its head is the sentence about the outcome, then the outcomes named to head it."""
    attained = attained_of(report)
    parts = [f"# {plain(head_of(report))}", "", f"Map {plain(str(report.get('title') or report['map']))}, version "]
    parts[-1] += f"{report['version']}, counted at {plain(str(report['as_of']))}."
    parts += ["", f"Reported first: {plain(', '.join(headline))}."] if headline else []
    parts += ["", "## Attained, against target", ""]
    found = [("Attained", attained.share.words()), ("Target", attained.target), ("Verdict", attained.verdict.word)]
    parts += table(("What", "Value"), [*found, *(count[:2] for count in attained.counts)])
    parts += ["", "## Time to value", "", *table(("What", "Value"), time_words(report)), "", "## By stage", ""]
    stages = [(s.title, s.entered, s.left, s.lost, s.open, s.median, s.reached) for s in stages_of(report)]
    parts += table(
        ("Stage", "Entered", "Went on", "Left for good", "In it now", "Median", "Reached the outcome"), stages
    )
    periods = [(p.name, p.opened, p.reached, p.lost, p.open, p.share, p.verdict.word) for p in periods_of(report)]
    parts += ["", "## Over time", ""]
    parts += table(("Began in", "Journeys", "Reached", "Lost", "Open", "Share", "Verdict"), periods)
    if audit:
        parts += ["", "## Outcomes or outputs", "", plain(audit.said), "", plain(audit.text)]
    if goals:
        rows = [(g.name, g.start, g.now, g.target, g.by, g.result.word, g.why, g.said) for g in goals]
        heads = ("Goal", "From", "Now", "To", "By", "What came of it", "Why", "SMART")
        parts += ["", "## Goals", "", *table(heads, rows)]
    return "\n".join(parts) + "\n"


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Return a table of Markdown."""
    lines = [heads, ["-"] * len(heads), *([plain(cell) for cell in row] for row in rows)]
    return [f"| {' | '.join(line)} |" for line in lines]


def plain(text: str) -> str:
    """Return a text on one line of which Markdown takes nothing as its own."""
    line = one_line(text)
    short = line if len(line) <= MOST else f"{line[:MOST]}…"
    return MARKS.sub(r"\\\1", short).replace("&", "&amp;").replace("<", "&lt;")
