"""What came of the journeys of a map: what is taken from each of them, and the answer made of it."""

from collections.abc import Sequence
from typing import Any, Final

from services.journey.domain.maps.model import JourneyMap
from services.journey.domain.outcomes import HALF, Attained, Cohort, Ends, attain
from services.journey.domain.outcomes_by import Every, Passage, Period, StageOutcome, by_period, by_stage, thinned
from services.journey.domain.outcomes_texts import sentence
from services.journey.domain.survival import Incidence, Quantile
from services.journey.learn.crowd import CrowdRow
from shared.times import SECOND, rfc3339

Json = dict[str, Any]

POINTS: Final = 200  # of a curve
MOST: Final = 0.8
NO_OUTCOME: Final[Json] = {  # of a map that names none: nobody reaching it says nothing
    "share": None,
    "low": None,
    "high": None,
    "text": "The map names no outcome that customers reach: give it `outcomes` with `reached` and a `target`.",
}
EVERY: Final[tuple[Every, ...]] = ("week", "month")


def passage_of(row: CrowdRow) -> Passage:
    """Return what outcomes need of a journey."""
    return Passage(Ends(row.opened_at, row.reached_at, row.ended_at), row.state, row.view.entered, row.stage)


def outcomes_of(map: JourneyMap, passages: Sequence[Passage], until: int) -> dict[Every, Json]:
    """Return what GET /v1/maps/{map}/outcomes answers, by week and by month, judged until a moment."""
    cohort = Cohort.of((passage.ends for passage in passages), until)
    stages = {stage.name: stage for stage in map.stages if stage.name}
    known = any(outcome.kind == "reached" for outcome in map.outcomes)
    report = {
        "target": {"share": map.target.share, "within_s": seconds(map.target.within)} if map.target else None,
        "attained": _attained(attain(cohort, map.target)) | ({} if known else NO_OUTCOME),
        "time_to_value": _time_to_value(cohort.estimate),
        "stages": [
            {"stage": each.stage, "title": each.stage, "phase": stages[each.stage].phase, **_stage(each)}
            for each in by_stage(passages, stages, until)
        ],
    }
    return {
        every: {**report, "periods": [_period(each) for each in by_period(cohort, every, map.target)]}
        for every in EVERY
    }


def seconds(length: int | None) -> float | None:
    """Return microseconds as seconds, whole where they are."""
    if length is None:
        return None
    whole, rest = divmod(length, SECOND)
    return whole if not rest else length / SECOND


def _number(share: float | None) -> float | None:
    return None if share is None else round(share, 6)


def _attained(attained: Attained) -> Json:
    tallied = attained.tallied
    return {
        "journeys": attained.journeys,
        "reached": attained.reached,
        "lost": attained.lost,
        "open": attained.open,
        **_share(attained),
        "gap": _number(attained.gap),
        "verdict": attained.verdict,
        "text": sentence(attained),
        "matured": {
            "journeys": tallied.matured if tallied else 0,
            "reached_within": tallied.matured_reached if tallied else 0,
        },
    }


def _share(attained: Attained) -> Json:
    share, low, high = attained.share or (None, None, None)
    return {"share": _number(share), "low": _number(low), "high": _number(high)}


def _quantile(found: Quantile) -> Json:
    return {"median_s": seconds(found.length), "low_s": seconds(found.low), "high_s": seconds(found.high)}


def _time_to_value(estimate: Incidence) -> Json:
    return {
        **_quantile(estimate.quantile(HALF)),
        "p80_s": seconds(estimate.quantile(MOST).length),
        "last_observed_s": seconds(estimate.last),
        "curve": [
            {
                "at_s": seconds(int(estimate.at[place])),
                "reached": _number(float(estimate.reached[place])),
                "low": _number(float(estimate.low[place])),
                "high": _number(float(estimate.high[place])),
                "lost": _number(float(estimate.lost[place])),
                "at_risk": int(estimate.at_risk[place]),
            }
            for place in thinned(len(estimate.at), POINTS)
        ],
        "open_at_s": [seconds(int(estimate.open[place])) for place in thinned(len(estimate.open), POINTS)],
    }


def _stage(stage: StageOutcome) -> Json:
    return {
        "entered": stage.entered,
        "left": stage.left,
        "lost": stage.lost,
        "open": stage.open,
        **_quantile(stage.duration),
        "reached_share": _number(stage.reached_share),
    }


def _period(period: Period) -> Json:
    attained = period.attained
    return {
        "period": period.name,
        "from": rfc3339(period.begin),
        "to": rfc3339(period.end),
        "opened": attained.journeys,
        "reached": attained.reached,
        "lost": attained.lost,
        "open": attained.open,
        **_share(attained),
        "verdict": attained.verdict,
        "median_s": seconds(period.median),
    }
