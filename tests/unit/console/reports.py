"""A report of outcomes as the journey service writes it, for tests."""

from typing import Any

DAY = 86_400.0

Json = dict[str, Any]


def period(name: str, share: float | None, **other: object) -> Json:
    """Return the journeys that began in a week."""
    known: Json = {"low": None, "high": None} if share is None else {"low": share - 0.1, "high": share + 0.1}
    given: Json = {
        "period": name,
        "from": "2026-11-02T00:00:00Z",
        "to": "2026-11-09T00:00:00Z",
        "opened": 40,
        "reached": 20,
        "lost": 5,
        "open": 15,
        "share": share,
        "verdict": "too early" if share is None else "on track",
        "median_s": None if share is None else 20 * DAY,
    }
    return given | known | other


def report(**other: object) -> Json:
    """Return the outcomes of a map with a target."""
    given: Json = {
        "map": "onboarding",
        "version": 3,
        "title": "From first visit to renewal",
        "as_of": "2026-11-25T10:00:00Z",
        "judged_until": "2026-11-25T09:00:00Z",
        "target": {"share": 0.75, "within_s": 60 * DAY},
        "attained": {
            "journeys": 468,
            "reached": 300,
            "lost": 60,
            "open": 108,
            "share": 0.70,
            "low": 0.66,
            "high": 0.74,
            "verdict": "on track",
            "text": "The interval reaches the target.",
            "matured": {"journeys": 300, "reached_within": 210},
        },
        "time_to_value": {
            "median_s": 36 * DAY,
            "low_s": 30 * DAY,
            "high_s": 41 * DAY,
            "p80_s": None,
            "last_observed_s": 120 * DAY,
            "curve": [
                {"at_s": 10 * DAY, "reached": 0.2, "low": 0.15, "high": 0.25, "lost": 0.0, "at_risk": 468},
                {"at_s": 36 * DAY, "reached": 0.5, "low": 0.45, "high": 0.55, "lost": 0.1, "at_risk": 250},
                {"at_s": 90 * DAY, "reached": 0.7, "low": 0.66, "high": 0.74, "lost": 0.12, "at_risk": 40},
            ],
            "open_at_s": [20 * DAY, 100 * DAY],
        },
        "stages": [
            {
                "stage": "evaluate",
                "title": "Evaluate",
                "phase": "pre-sale",
                "entered": 468,
                "left": 400,
                "lost": 40,
                "open": 28,
                "median_s": 9 * DAY,
                "low_s": 8 * DAY,
                "high_s": None,
                "reached_share": 0.7,
            },
            {
                "stage": "value",
                "title": None,
                "phase": "post-sale",
                "entered": 0,
                "left": 0,
                "lost": 0,
                "open": 0,
                "median_s": None,
                "low_s": None,
                "high_s": None,
                "reached_share": None,
            },
        ],
        "periods": [
            period("2026-W44", 0.6),
            period("2026-W45", None),
            period("2026-W46", 0.7),
            period("2026-W47", 0.72),
        ],
    }
    return given | other


def empty_report() -> Json:
    """Return the outcomes of a map that nobody is on and that names no target."""
    return report(
        target=None,
        attained={
            "journeys": 0,
            "reached": 0,
            "lost": 0,
            "open": 0,
            "share": None,
            "low": None,
            "high": None,
            "verdict": "not measurable",
            "text": "",
            "matured": {"journeys": 0, "reached_within": 0},
        },
        time_to_value={
            "median_s": None,
            "low_s": None,
            "high_s": None,
            "p80_s": None,
            "last_observed_s": None,
            "curve": [],
            "open_at_s": [],
        },
        stages=[],
        periods=[],
    )


def kpi(name: str, title: str, kind: str, **other: object) -> Json:
    """Return a KPI as the alerts service answers it."""
    given: Json = {"kpi": name, "title": title, "class": kind, "owner": "", "prominence": 1}
    return given | {"measure": None, "target": None} | other


def goal(name: str, text: str = "It can be told from a wish.", **other: object) -> Json:
    """Return a goal as the alerts service checks it; a letter is what holds of it, anything else a field."""
    smart = [{"letter": letter, "holds": other.get(letter, True), "text": ""} for letter in "SMART"]
    fields = {field: value for field, value in other.items() if field not in "SMART"}
    given: Json = {"goal": name, "text": text, "smart": smart, "missing": [], "milestones": []}
    return given | dict.fromkeys(("metric", "baseline", "target", "by", "owner"), "") | fields


def kpis(**other: object) -> Json:
    """Return a catalogue of KPIs as the alerts service judges it."""
    classes = ["activity", "output", "output", "output", "outcome"]
    given: Json = {
        "yaml": "",
        "kpis": [
            *(kpi(f"kpi-{n}", f"KPI {n}", name) for n, name in enumerate(classes[:-1])),
            kpi("kpi-4", "KPI 4", classes[-1], target="72%", measure={"map": "onboarding", "of": "share"}),
        ],
        "audit": {
            "kpis": 5,
            "outputs": 4,
            "ratio": 0.8,
            "weighted": 0.71,
            "warns": True,
            "text": "4 of 5 KPIs say what we did. An outcome in the place of `kpi-0`.",
        },
        "report": {"headline": ["kpi-4"]},
        "goals": [
            goal(
                "First report within 60 days",
                metric="kpi-4",
                baseline="60%",
                target="75%",
                by="2026-12-31",
                owner="success",
                milestones=[{"on": "2026-11-20", "value": "72%"}],
            ),
            goal("Improve CX", M=False, T=False, A=None, text="Name `baseline` and `by`."),
        ],
    }
    return given | other
