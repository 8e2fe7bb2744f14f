"""The KPI catalogue on the page: how many say what customers gained, and which goals can be told from wishes."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from services.console.domain.charts import CLASSES, WARNS_AT
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
    """A goal: from where to where until when, and what it lacks to be told from a wish."""

    name: str
    text: str
    letters: tuple[Letter, ...]
    said: str
    start: str
    target: str
    by: str
    owner: str


def goals_of(kpis: Json) -> list[Goal]:
    """Return the goals."""
    return [_goal(each) for each in kpis.get("goals") or ()]


def _goal(given: Json) -> Goal:
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
    )


def headline_of(kpis: Json) -> list[str]:
    """Return what heads a report: the titles of the KPIs that the catalogue names, which are outcomes alone."""
    titles = {str(each["kpi"]): str(each.get("title") or each["kpi"]) for each in kpis.get("kpis") or ()}
    return [titles.get(str(name), str(name)) for name in (kpis.get("report") or {}).get("headline") or ()]
