"""The customers that the browser tests look at: in time, stalled, past a step left out, with nasty names."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from shared.clock import machine_now
from shared.times import DAY

Event = dict[str, Any]

MAP = """
map: onboarding
title: From first visit to renewal
subject: person
opens_on: [Signed Up]
unmapped: list
outcomes:
  reached: [{event: Report Shared}]
  lost: [{event: Cancelled}]
stages:
  - stage: evaluate
    phase: pre-sale
    owner: sales
    path:
      - {step: signup, title: Sign-up, need: Try it myself, match: Signed Up}
      - optional: {step: tour, title: Tour, need: Know where to begin, match: Tour Finished}
  - stage: buy
    phase: pre-sale
    owner: sales
    path:
      - {step: contract, title: Contract, need: Be sure of terms and price, match: Contract Signed, within: 4d}
  - stage: onboard
    phase: post-sale
    owner: implementation
    path:
      - {step: kickoff, title: Kickoff, need: Know who does what, match: Kickoff Held, actor: staff, within: 3d}
      - any_order:
          - step: import-data
            title: Import data
            need: Have our own data in it
            match: Import Succeeded
            failed_by: [Import Failed]
            within: 4d
          - {step: security-review, title: Security review, need: Be allowed to, match: Review Passed, within: 6d}
          - optional: {step: training, title: Training, need: Know how, match: Training Attended}
      - step: go-live
        title: Go-live
        need: Start without a bad surprise
        match: Went Live
        requires: [security-review]
        within: 3d
        moment_of_truth: true
  - stage: value
    phase: post-sale
    owner: customer success
    path:
      - repeat:
          do: {step: first-report, title: First report, need: Show a result, match: Report Shared, within: 7d}
          redo: {step: refine, title: Refine, need: Fit it to us, match: Report Refined}
"""
RENEWAL = """
map: renewal
title: Renewal
subject: person
path:
  - {step: asked, need: Be asked in time, match: Renewal Asked}
  - {step: decided, need: Decide, match: Renewal Decided, within: 30d}
"""
WAY = (
    "Signed Up",
    "Contract Signed",
    "Kickoff Held",
    "Import Succeeded",
    "Review Passed",
    "Went Live",
    "Report Shared",
)
NASTY = {
    "markup": "<script>alert(1)</script><img src=x onerror=alert(2)>\"'&",
    "rtl": "\u202e\u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627 rtl",
    "formula": '=HYPERLINK("http://evil.example","you")',
    "long": "Donau" * 2000,
    "spaces": "  \t\u2003 ",
}


def happened(who: str, event: str, days_ago: float, **more: Any) -> Event:  # noqa: ANN401 (a touchpoint has any fields)
    """Return a touchpoint of somebody, so many days before now."""
    at = datetime.fromtimestamp((machine_now() - days_ago * DAY) / 1_000_000, UTC)
    return {"userId": who, "event": event, "timestamp": at.isoformat(), **more}


def walked(who: str, steps: int, days_ago: float, *, left_out: str = "", pace: float = 1.0) -> Iterator[Event]:
    """Yield the first steps of the way, the last of them so many days ago."""
    for n, event in enumerate(WAY[:steps]):
        if event != left_out:
            yield happened(who, event, days_ago + pace * (steps - 1 - n))


def named(who: str, name: str) -> Event:
    """Return the touchpoint by which somebody gets a name."""
    at = datetime.fromtimestamp((machine_now() - 30 * DAY) / 1_000_000, UTC).isoformat()
    return {"type": "identify", "userId": who, "traits": {"name": name}, "timestamp": at}


def everybody() -> Iterator[Event]:
    """Yield the touchpoints of about forty customers."""
    for n in range(24):  # in time, all along the way
        yield from walked(f"calm-{n}", 1 + n % 7, 0.5)
    for n in range(6):  # wait too long for the security review
        yield from walked(f"stuck-{n}", 4, 9 + n)
        yield named(f"stuck-{n}", f"Nordlicht Energie {n}")
    for n in range(4):  # live without the review
        yield from walked(f"without-{n}", 6, 1.5, left_out="Review Passed")
    for n in range(3):  # the import failed, and failed again
        yield from walked(f"failing-{n}", 3, 3)
        yield from (happened(f"failing-{n}", "Import Failed", 2.5 - 0.5 * again) for again in range(3))
    yield from (happened("calm-3", event, 0.4) for event in ("Support Called", "Invoice Disputed"))
    yield from walked("long-ago", 2, 800, pace=40)
    yield from walked("renewing", 7, 12)
    yield happened("renewing", "Renewal Asked", 2)
    for who, name in NASTY.items():
        yield from walked(f"nasty-{who}", 3, 8)
        yield named(f"nasty-{who}", name)
        yield happened(f"nasty-{who}", name.strip()[:190] or "Seen", 7)
    yield from walked("<b>=cmd|' /C calc'!A0</b>/../\u202e", 2, 9)
