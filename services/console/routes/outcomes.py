"""Outcomes against target, for a map: on a page, as CSV, and as Markdown to take away."""

import asyncio
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from markupsafe import Markup

from services.console.domain import charts
from services.console.domain.charts_curve import Curve, time_to_value
from services.console.domain.freshness import freshness_of
from services.console.domain.outcomes import (
    attained_of,
    curve_rows,
    head_of,
    multiples_of,
    periods_of,
    stages_of,
    sub_of,
    time_words,
)
from services.console.domain.outcomes_kpis import Audit, audit_of, goals_of, headline_of, kpis_of
from services.console.domain.outcomes_report import as_csv, as_markdown
from services.console.reading import path_of
from services.console.routes.showing import show
from services.console.routes.visitor import Visiting, Visitor
from shared.goals import joined, maps_of

router = APIRouter()

WIDE, NARROW = 700, 320  # pixels of charts that hold text
MOST_MAPS = 20  # beside the one shown, whose outcomes are asked for the KPIs
EVERY = {"week": "by week", "month": "by month"}

Json = dict[str, Any]
Word = Annotated[str, Query(max_length=300)]
Every = Literal["week", "month"]
Written = Annotated[Literal["", "csv", "md"], Query(alias="format")]


@router.get("/outcomes")
async def outcomes(
    request: Request, who: Visiting, *, map: Word = "", every: Every = "week", written: Written = ""
) -> Response:
    """Show what customers gained, against target."""
    names = await who.maps()
    if map and map not in names:
        return await show(request, who, "no_map.html", status=404, asked=map, maps=names, here="outcomes")
    if not names:
        return await show(request, who, "outcomes_none.html", here="outcomes")
    chosen = map or names[0]
    report, status, kpis = await asyncio.gather(
        who.get("journey", path_of("maps", chosen, "outcomes"), every=every),
        who.part("journey", "/v1/status"),
        who.part("alerts", "/v1/kpis"),
    )
    catalogue = await _with_figures(who, kpis.value or {}, names, {chosen: report})
    audit, goals = audit_of(catalogue), goals_of(catalogue)
    if written == "csv":
        return _file(as_csv(report), "text/csv", f"{chosen}-outcomes.csv")
    if written == "md":
        return _file(
            as_markdown(report, audit, goals, headline_of(catalogue)), "text/markdown", f"{chosen}-outcomes.md"
        )
    return await show(
        request,
        who,
        "outcomes.html",
        here="outcomes",
        maps=names,
        chosen=chosen,
        every=every,
        everies=EVERY,
        own=f"/outcomes?{urlencode({'map': chosen, 'every': every})}",
        report=report,
        fresh=freshness_of(status.value) if status.value else None,
        missing=kpis.missing,
        kpis=kpis_of(catalogue, names),
        audit=audit,
        goals=goals,
        **_worded(report),
        **_drawn(report, audit),
    )


async def _with_figures(who: Visitor, catalogue: Json, names: list[str], reports: Json) -> Json:
    """Return the KPIs with where they stand and the goals with what came of them; `reports` are those at hand."""
    if not catalogue.get("kpis"):
        return catalogue
    wanted = [name for name in maps_of(catalogue) if name in names and name not in reports][:MOST_MAPS]
    parts = await asyncio.gather(*(who.part("journey", path_of("maps", name, "outcomes")) for name in wanted))
    more = {name: part.value for name, part in zip(wanted, parts, strict=True) if not part.missing}
    return joined(catalogue, reports | more)


def _worded(report: Json) -> dict[str, Any]:
    """Return the report in words."""
    return {
        "head": head_of(report),
        "sub": sub_of(report),
        "attained": attained_of(report),
        "time": time_words(report),
        "rows": curve_rows(report),
        "stages": stages_of(report),
        "periods": periods_of(report),
    }


def _drawn(report: Json, audit: Audit | None) -> dict[str, Any]:
    """Return the charts; those that hold text once wide and once narrow."""
    attained, target = attained_of(report), report["target"]
    curve = Curve.of(report["time_to_value"], target)
    median = curve.median
    said = f"Share of journeys that reached the outcome, by time since they began; median {median}"
    drawn: dict[str, Any] = {
        "bullet": charts.bullet(
            attained.share, target["share"], f"Attained {attained.share.words()}, target {attained.target}"
        )
        if target
        else "",
        "ttv": time_to_value(curve, said, WIDE),
        "ttv_narrow": time_to_value(curve, said, NARROW),
        "audit_wide": charts.audit(audit.classes, audit.ratio, audit.said) if audit else "",
        "audit_narrow": charts.audit(audit.classes, audit.ratio, audit.said, NARROW) if audit else "",
    }
    safe: dict[str, Any] = {name: Markup(svg) for name, svg in drawn.items()}  # noqa: S704 (charts escape their words)
    safe["multiples"] = [Markup(charts.multiple(each)) for each in multiples_of(report)]  # noqa: S704 (as above)
    return safe


def _file(body: str, kind: str, name: str) -> Response:
    """Return a file to keep; its name is plain, whatever the map is called."""
    plain = "".join(letter for letter in name if letter.isascii() and (letter.isalnum() or letter in "-_."))
    headers = {"Content-Disposition": f'attachment; filename="{plain}"', "X-Content-Type-Options": "nosniff"}
    return Response(body, media_type=f"{kind}; charset=utf-8", headers=headers)
