"""Outcomes: what customers gained, held against the target of the map; what is not known says so."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from services.console.domain.charts import Series, Share
from services.console.domain.charts_curve import median_words, span
from services.console.domain.tree import worded
from services.console.domain.words import DASH, day, many, number, percent

Json = Mapping[str, Any]

UNKNOWN = "not known yet"
PHASES = {"pre-sale": "before the sale", "post-sale": "after the sale"}
VERDICTS = {  # each with its look and its icon
    "met": ("met", "check"),
    "missed": ("miss", "cross"),
    "on track": ("", "up"),
    "behind": ("miss", "clock"),  # of a goal: a milestone is late
    "too early": ("none", "clock"),
    "not measurable": ("none", "ask"),
}
MANY_PERIODS = 26  # in the small multiples; the table has them all


@dataclass(frozen=True, slots=True)
class Verdict:
    """A word on what came of it, with its look."""

    word: str
    css: str
    icon: str


def verdict_of(word: object) -> Verdict:
    """Return a verdict; a word that is none of them says nothing was measured."""
    said = str(word) if str(word) in VERDICTS else "not measurable"
    return Verdict(said, *VERDICTS[said])


def head_of(report: Json) -> str:
    """Return the sentence that the page starts with."""
    attained, target = report["attained"], report["target"]
    if not attained["journeys"]:
        return "No journey has begun on this map yet"
    if attained["share"] is None:
        return f"Which share reaches the outcome is {UNKNOWN}"
    share = f"{100 * attained['share']:.0f} in 100 reach the outcome"
    if not target:
        return f"{share} so far; no target is set"
    return f"{share} within {_within(target)}; the target is {100 * target['share']:.0f}"


def _within(target: Json) -> str:
    seconds = target.get("within_s")
    if seconds is None:
        return "any time"
    days = seconds / 86_400
    return f"{days:.0f} days" if days >= 2 else span(seconds)


def share_of(given: Json) -> Share:
    """Return a share with its interval."""
    return Share(given.get("share"), given.get("low"), given.get("high"))


@dataclass(frozen=True, slots=True)
class Attained:
    """What was attained, in words."""

    share: Share
    target: str
    verdict: Verdict
    text: str
    counts: tuple[tuple[str, str, str], ...]  # what is counted, how many, and where they are listed


def attained_of(report: Json) -> Attained:
    """Return what was attained against the target."""
    given, target = report["attained"], report["target"]
    named = {"Journeys": "journeys", "Reached it": "reached", "Left without it": "lost", "Neither so far": "open"}
    counts = [(words, number(given[name]), _listed(report, name)) for words, name in named.items()]
    if target and (matured := given.get("matured")):
        words = f"{number(matured['reached_within'])} of {number(matured['journeys'])}"
        counts.append(("Old enough to tell: reached it in time", words, ""))
    aim = f"{percent(target['share'])} within {_within(target)}" if target else "none"
    return Attained(share_of(given), aim, verdict_of(given["verdict"]), str(given.get("text") or ""), tuple(counts))


def _listed(report: Json, name: str) -> str:
    wanted = {"map": report["map"]} | ({} if name == "journeys" else {"outcome": name})
    return f"/customers?{urlencode(wanted)}"


def time_words(report: Json) -> list[tuple[str, str]]:
    """Return the time to value in words: the median with its interval, and by when four in five were there."""
    given = report["time_to_value"]
    interval = f" ({_span(given.get('low_s'))} to {_span(given.get('high_s'))})" if given.get("median_s") else ""
    p80 = given.get("p80_s")
    watched = given.get("last_observed_s")
    beyond = f"> {span(watched)}" if watched else UNKNOWN
    return [
        ("Median", median_words(given) + interval),
        ("80 in 100 by", beyond if p80 is None else span(p80)),
        ("Watched for", UNKNOWN if watched is None else span(watched)),
    ]


def _span(seconds: float | None) -> str:
    return UNKNOWN if seconds is None else span(seconds)


def curve_rows(report: Json, most: int = 40) -> list[tuple[str, str, str, str]]:
    """Return the curve as rows: by when, which share, its interval, how many were still counted."""
    points: Sequence[Json] = report["time_to_value"]["curve"]
    step = max(1, -(-len(points) // most))
    chosen = [*points[::step], *(points[-1:] if (len(points) - 1) % step else [])]
    rows = []
    for each in chosen:
        interval = DASH
        if each.get("low") is not None and each.get("high") is not None:
            interval = f"{100 * each['low']:.0f} to {100 * each['high']:.0f}"
        at_risk = each.get("at_risk")
        rows.append(
            (span(each["at_s"]), percent(each["reached"]), interval, DASH if at_risk is None else f"{at_risk:,}")
        )
    return rows


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage in numbers."""

    title: str
    phase: str
    entered: str
    left: str
    lost: str
    open: str
    median: str
    reached: str


def stages_of(report: Json) -> list[Stage]:
    """Return the stages, each with how long it takes and which share of those who entered reached the outcome."""
    return [
        Stage(
            title=worded(str(each.get("title") or each["stage"])),
            phase=PHASES.get(str(each.get("phase")), ""),
            entered=number(each["entered"]),
            left=number(each["left"]),
            lost=number(each["lost"]),
            open=number(each["open"]),
            median=_median(each),
            reached=UNKNOWN if each.get("reached_share") is None else percent(each["reached_share"]),
        )
        for each in report["stages"]
    ]


def _median(given: Json) -> str:
    if given.get("median_s") is None:
        return UNKNOWN
    low, high = given.get("low_s"), given.get("high_s")
    return span(given["median_s"]) + (f" ({span(low)} to {_span(high)})" if low is not None else "")


@dataclass(frozen=True, slots=True)
class Period:
    """The journeys that began in a week or month."""

    name: str
    began: str
    opened: str
    reached: str
    lost: str
    open: str
    share: str
    verdict: Verdict
    median: str


def periods_of(report: Json) -> list[Period]:
    """Return the periods, the newest first."""
    return [
        Period(
            name=str(each["period"]),
            began=day(each["from"], report["as_of"]),
            opened=number(each["opened"]),
            reached=number(each["reached"]),
            lost=number(each["lost"]),
            open=number(each["open"]),
            share=share_of(each).words(),
            verdict=verdict_of(each["verdict"]),
            median=_span(each.get("median_s")),
        )
        for each in reversed(report["periods"])
    ]


def multiples_of(report: Json) -> list[Series]:
    """Return the periods as small multiples: the share that reached it, the median time, the journeys that began."""
    periods: Sequence[Json] = report["periods"][-MANY_PERIODS:]
    if len(periods) < 2:
        return []
    ends = (day(periods[0]["from"], report["as_of"]), day(periods[-1]["from"], report["as_of"]))
    shares = [each.get("share") for each in periods]
    medians = [each.get("median_s") for each in periods]
    opened = [float(each["opened"]) for each in periods]
    last, target = periods[-1], report["target"]
    sure = last.get("low") is not None and last.get("high") is not None
    return [
        Series(
            "Reached it in time" if target else "Reached it",
            shares,
            1.0,
            [UNKNOWN if value is None else percent(value) for value in shares],
            ends,
            target["share"] if target else None,
            (last["low"], last["high"]) if sure else None,
        ),
        Series(
            "Median time to value",
            medians,
            max([value for value in medians if value is not None], default=1.0) or 1.0,
            [_span(value) for value in medians],
            ends,
            target.get("within_s") if target and _fits(medians, target) else None,
        ),
        Series("Journeys that began", opened, max(opened) or 1.0, [f"{value:,.0f}" for value in opened], ends),
    ]


def _fits(medians: Sequence[float | None], target: Json) -> bool:
    known = [value for value in medians if value is not None]
    return bool(known and target.get("within_s") and target["within_s"] <= max(known))


def sub_of(report: Json) -> str:
    """Return the line below the sentence: who is counted, and until when."""
    began = many(report["attained"]["journeys"], "journey")
    return f"{began}, those still on the way counted in · counted at {day(report['as_of'])}"
