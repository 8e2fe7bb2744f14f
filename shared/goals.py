"""What came of goals: the KPI catalogue, which the alerts service keeps, joined to figures of the journey service.

Neither service asks the other. Whoever shows both asks both, and joins their answers here.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Literal, NamedTuple, TypeAlias

from shared.times import HOUR, span

Json = Mapping[str, Any]
Word: TypeAlias = Literal["met", "missed", "on track", "behind", "too early", "not measurable"]

HOURS: Final = {"h": 1.0, "d": 24.0}
_QUANTITY = re.compile(r"([-+]?[0-9]{1,15}(?:\.[0-9]{1,9})?)\s?(%|d|h)?")


class Quantity(NamedTuple):
    """A figure with its unit: %, d, h, or none."""

    number: float
    unit: str
    said: str


def read_quantity(text: str) -> Quantity | None:
    """Read `75%`, `14d`, `36h` or a bare number; None for anything else."""
    match = _QUANTITY.fullmatch(text)
    return Quantity(float(match[1]), match[2] or "", match[0]) if match else None


@dataclass(frozen=True, slots=True)
class Figure:
    """What a measure stands at, over all journeys of its map: a share in %, a time in hours, with its 95 % interval."""

    value: float | None  # None: not known yet
    low: float | None
    high: float | None
    is_time: bool
    as_of: date

    @property
    def text(self) -> str:
        """Return it as people read it."""
        if self.value is None:
            return "not known yet"
        return span(self.value * HOUR) if self.is_time else f"{self.value:.3g} %"

    def of(self, quantity: Quantity) -> float | None:
        """Return a quantity as this figure is counted; None where it is of another kind."""
        if self.is_time:
            return quantity.number * HOURS[quantity.unit] if quantity.unit in HOURS else None
        return quantity.number if quantity.unit == "%" else None


def joined(catalogue: Json, reports: Mapping[str, Json]) -> dict[str, Any]:
    """Return what GET /v1/kpis answers with a `figure` to each KPI and a `result` to each goal.

    `reports` are what GET /v1/maps/{map}/outcomes answers, by map, of those of `maps_of` that there are.
    """
    kpis = [{**kpi, "figure": _shown(figure_of(kpi, reports), kpi)} for kpi in catalogue["kpis"]]
    goals = [{**goal, "result": result_of(goal, catalogue, reports)._asdict()} for goal in catalogue["goals"]]
    return {**catalogue, "kpis": kpis, "goals": goals}


def _shown(figure: Figure | None, kpi: Json) -> dict[str, Any] | None:
    if figure is None:
        return None
    target = read_quantity(kpi["target"] or "")
    wanted = figure.of(target) if target else None
    reached = None
    if figure.value is not None and wanted is not None:
        reached = figure.value <= wanted if figure.is_time else figure.value >= wanted
    return {
        "value": figure.value,
        "low": figure.low,
        "high": figure.high,
        "unit": "h" if figure.is_time else "%",
        "as_of": figure.as_of.isoformat(),
        "text": figure.text,
        "reaches_target": reached,
    }


class Result(NamedTuple):
    """What came of a goal so far: a word, and why."""

    word: Word
    text: str


def maps_of(catalogue: Json) -> list[str]:
    """Return the maps that a catalogue measures by, each once."""
    return list(dict.fromkeys(kpi["measure"]["map"] for kpi in catalogue["kpis"] if kpi["measure"]))


def figure_of(kpi: Json, reports: Mapping[str, Json]) -> Figure | None:
    """Return what a KPI stands at by the outcomes of its map; None where Waypost does not measure it."""
    measure = kpi["measure"]
    report = reports.get(measure["map"]) if measure else None
    if report is None:
        return None
    as_of = date.fromisoformat(str(report["as_of"])[:10])
    if measure["of"] == "share":
        found, keys, scale, is_time = report["attained"], ("share", "low", "high"), 100.0, False
    else:
        found, scale, is_time = report["time_to_value"], 1 / 3600, True
        keys = ("median_s", "low_s", "high_s") if measure["of"] == "median" else ("p80_s", "", "")
    value, low, high = (None if found.get(key) is None else round(found[key] * scale, 9) for key in keys)
    return Figure(value, low, high, is_time, as_of)


def result_of(goal: Json, catalogue: Json, reports: Mapping[str, Json]) -> Result:
    """Say what came of a goal by the figure of its metric as it stands now."""
    kpi = next((each for each in catalogue["kpis"] if each["kpi"] == goal["metric"]), None)
    if kpi is None or not goal["target"] or not goal["by"]:
        return Result("not measurable", "It does not say which metric is to be where until when.")
    figure, target = figure_of(kpi, reports), read_quantity(goal["target"])
    if not kpi["measure"]:
        return Result("not measurable", f"Waypost does not measure {kpi['kpi']}: the KPI has no measure.")
    if figure is None:
        return Result("not measurable", f"The outcomes of the map {kpi['measure']['map']} are not there.")
    wanted = figure.of(target) if target else None
    if wanted is None:
        kind = "a time, such as 14d or 36h" if figure.is_time else "a percentage, such as 60%"
        return Result("not measurable", f"The metric is {kind}; the target {goal['target']} is not.")
    return _judged(goal, figure, wanted)


def _judged(goal: Json, figure: Figure, wanted: float) -> Result:
    by = date.fromisoformat(goal["by"])
    is_over = figure.as_of > by
    if figure.value is None:
        return Result("not measurable" if is_over else "too early", "The figure is not known yet.")
    upwards = _upwards(goal, figure, wanted)
    said = f"{figure.text} on {figure.as_of}, {goal['target']} by {by}."

    def reached(value: float | None, aim: float) -> bool:
        return value is not None and (value >= aim if upwards else value <= aim)

    worst = figure.low if upwards else figure.high
    if is_over:
        return Result("met" if reached(figure.value, wanted) else "missed", said)
    if reached(figure.value, wanted):
        return Result("met" if reached(worst, wanted) else "on track", said)
    due = [each for each in goal["milestones"] if date.fromisoformat(each["on"]) <= figure.as_of]
    if not due:
        return Result("too early", said)
    value = read_quantity(due[-1]["value"])
    aim = figure.of(value) if value else None
    if aim is not None and reached(figure.value, aim):
        return Result("on track", said)
    return Result("behind", f"{said} The milestone of {due[-1]['on']} is late: {due[-1]['value']} was due.")


def _upwards(goal: Json, figure: Figure, wanted: float) -> bool:
    """Tell whether more is better: from the baseline to the target; without a baseline a share is to grow."""
    baseline = read_quantity(goal["baseline"] or "")
    start = figure.of(baseline) if baseline else None
    return not figure.is_time if start is None or start == wanted else wanted > start
