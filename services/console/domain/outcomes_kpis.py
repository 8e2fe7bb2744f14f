"""The KPI catalogue on the page: how many say what customers gained, where they stand, and what came of the goals."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from services.console.domain.charts import CLASSES, WARNS_AT
from services.console.domain.outcomes import Verdict, verdict_of
from services.console.domain.words import DASH, number, percent

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Audit:
    """Which share of the KPIs is about our work instead of the customer's gain."""

    classes: tuple[tuple[str, int], ...]
    kpis: int
    ratio: float
    weighted: str
    warns: bool
    text: str
    said: str  # the chart in words


def audit_of(kpis: Json) -> Audit | None:
    """Return the audit; None where there is no catalogue."""
    given = kpis.get("audit") or {}
    if not given.get("kpis"):
        return None
    counted = Counter(str(each["class"]) for each in kpis["kpis"])
    classes = tuple((name, counted[name]) for name in CLASSES if counted[name])
    ratio = float(given["ratio"])
    words = ", ".join(f"{number(count)} {name}" for name, count in classes)
    return Audit(
        classes=classes,
        kpis=int(given["kpis"]),
        ratio=ratio,
        weighted=percent(given.get("weighted")),
        warns=bool(given.get("warns")),
        text=str(given.get("text") or ""),
        said=f"{given['kpis']} KPIs: {words}. {percent(ratio)} are activity or output; the warning stands at "
        f"{percent(WARNS_AT)}.",
    )


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter of SMART: `no` where it is missing, `open` where nobody can tell yet."""

    letter: str
    css: str


@dataclass(frozen=True, slots=True)
class Goal:
    """A goal: from where to where until when, what it lacks to be told from a wish, and what came of it so far."""

    name: str
    text: str
    letters: tuple[Letter, ...]
    said: str
    start: str
    target: str
    by: str
    owner: str
    now: str
    result: Verdict
    why: str


@dataclass(frozen=True, slots=True)
class Kpi:
    """A KPI: what kind of figure it is, where it stands as far as Waypost measures it, and where it should be."""

    title: str
    kind: str
    owner: str
    now: str  # or why it is not measured
    target: str
    reaches: Verdict | None  # its target; None: nobody can tell
    heads: bool  # the report


REACHES = {True: Verdict("reached", "met", "check"), False: Verdict("not reached", "miss", "cross"), None: None}


def kpis_of(kpis: Json, maps: Collection[str]) -> list[Kpi]:
    """Return the KPIs, those first that head the report. `maps`: those that are published."""
    heads = set((kpis.get("report") or {}).get("headline") or ())
    found = [_kpi(each, maps, heads=each["kpi"] in heads) for each in kpis.get("kpis") or ()]
    return sorted(found, key=lambda kpi: not kpi.heads)


def _kpi(given: Json, maps: Collection[str], *, heads: bool) -> Kpi:
    figure = given.get("figure") or {}
    measured_on = (given.get("measure") or {}).get("map")
    lacking = DASH if measured_on is None or measured_on in maps else f"map {measured_on} is not published"
    return Kpi(
        title=str(given.get("title") or given["kpi"]),
        kind=str(given["class"]),
        owner=str(given.get("owner") or ""),
        now=str(figure.get("text") or lacking),
        target=str(given.get("target") or DASH),
        reaches=REACHES[figure.get("reaches_target")],
        heads=heads,
    )


def goals_of(kpis: Json) -> list[Goal]:
    """Return the goals."""
    figures = {each["kpi"]: (each.get("figure") or {}).get("text") for each in kpis.get("kpis") or ()}
    return [_goal(each, figures.get(each.get("metric"))) for each in kpis.get("goals") or ()]


def _goal(given: Json, now: str | None) -> Goal:
    result = given.get("result") or {}
    letters = [(str(each["letter"]), each["holds"]) for each in given["smart"]]
    missing = [letter for letter, holds in letters if holds is False]
    untold = [letter for letter, holds in letters if holds is None]
    said = [f"missing: {', '.join(missing)}"] if missing else []
    said += [f"not known yet: {', '.join(untold)}"] if untold else []
    return Goal(
        name=str(given["goal"]),
        text=str(given["text"]),
        letters=tuple(Letter(letter, {True: "", False: "no", None: "open"}[holds]) for letter, holds in letters),
        said="; ".join(said) or "all five hold",
        start=str(given.get("baseline") or DASH),
        target=str(given.get("target") or DASH),
        by=str(given.get("by") or DASH),
        owner=str(given.get("owner") or ""),
        now=now or DASH,
        result=verdict_of(result.get("word")),
        why=str(result.get("text") or ""),
    )


def headline_of(kpis: Json) -> list[str]:
    """Return what heads a report: the titles of the KPIs that the catalogue names, which are outcomes alone."""
    titles = {str(each["kpi"]): str(each.get("title") or each["kpi"]) for each in kpis.get("kpis") or ()}
    return [titles.get(str(name), str(name)) for name in (kpis.get("report") or {}).get("headline") or ()]
