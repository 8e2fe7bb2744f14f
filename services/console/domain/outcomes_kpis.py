"""The KPI catalogue on the page: how many say what customers gained, and which goals can be told from wishes."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.console.domain.charts import CLASSES, WARNS_AT
from services.console.domain.words import number, percent

Json = Mapping[str, Any]

LETTERS = {
    "S": ("specific",),
    "M": ("measurable", "metric", "baseline", "target"),
    "A": ("achievable", "owner"),
    "R": ("relevant", "outcome"),
    "T": ("time-bound", "by", "due", "deadline"),
}


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
class Goal:
    """A goal with the letters of SMART that it lacks."""

    name: str
    text: str
    missing: frozenset[str]
    said: str


def goals_of(kpis: Json) -> list[Goal]:
    """Return the goals."""
    return [_goal(each) for each in kpis.get("goals") or ()]


def _goal(given: Json) -> Goal:
    missing = [str(each) for each in given.get("missing") or ()]
    said = f"missing: {', '.join(missing)}" if missing else "all five are there"
    return Goal(str(given["goal"]), str(given.get("text") or ""), letters_of(missing), said)


def letters_of(missing: Sequence[str]) -> frozenset[str]:
    """Return the letters of SMART that missing fields belong to."""
    lower = [each.lower() for each in missing]
    return frozenset(letter for letter, words in LETTERS.items() if any(each in words for each in lower))
