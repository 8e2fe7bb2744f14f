"""What the engine costs for one touchpoint, in microseconds of processor time, with its memory warm and cold."""

import random
import time
from collections.abc import Callable

from services.journey.domain.engine.alignment import TraceAligner
from services.journey.domain.judgement.fold import DAY, Atlas, Path, PublishedMap
from services.journey.domain.maps.load import load_map
from shared.events import Touchpoint

MAP = """
map: onboarding
subject: person
opens_on: [Signed Up]
ignore: [Page Viewed]
outcomes: {reached: [First Report Shared], lost: [Subscription Cancelled]}
stages:
  - stage: evaluate
    phase: pre-sale
    path:
      - {step: signup, need: n, match: Signed Up}
      - optional: {step: tour, need: n, match: Tour Finished}
  - stage: buy
    phase: pre-sale
    path: [{step: contract, need: n, match: Contract Signed, milestone: true, within: 30d}]
  - stage: onboard
    phase: post-sale
    path:
      - {step: kickoff, need: n, match: Kickoff Held, within: 7d}
      - any_order:
          - {step: import-data, need: n, match: Import Succeeded, within: 14d, failed_by: [Import Failed]}
          - {step: security-review, need: n, match: Security Review Passed, within: 21d}
          - optional: {step: training, need: n, match: Training Attended}
      - {step: go-live, need: n, match: Went Live, requires: [import-data, security-review], within: 14d}
  - stage: value
    phase: post-sale
    path:
      - repeat:
          do: {step: first-report, need: n, match: First Report Shared, within: 21d}
          redo: {step: refine, need: n, match: Report Edited}
      - {step: renewal, need: n, match: Renewed}
"""
WAY = (
    "Signed Up",
    "Tour Finished",
    "Contract Signed",
    "Kickoff Held",
    "Import Succeeded",
    "Security Review Passed",
    "Training Attended",
    "Went Live",
    "First Report Shared",
    "Report Edited",
    "First Report Shared",
    "Renewed",
)
NOISE = ("Support Call", "Import Failed", "Page Viewed", "Import Succeeded", "Kickoff Held")


def _history(seed: int, *, noisy: bool) -> list[Touchpoint]:
    """Return one customer's touchpoints, a day apart: on the map, or with a skip, swaps and extras."""
    dice = random.Random(seed)
    events = list(WAY)
    if noisy:
        del events[dice.randrange(1, 9)]
        swap = dice.randrange(1, len(events) - 1)
        events[swap], events[swap - 1] = events[swap - 1], events[swap]
        for _ in range(3):
            events.insert(dice.randrange(1, len(events)), dice.choice(NOISE))
    elif dice.random() < 0.5:
        events.remove("Tour Finished")
    return [
        Touchpoint(1, "t", "s", f"{seed}-{at}", "track", [("user", str(seed))], 0, at * DAY, at * DAY, event=event)
        for at, event in enumerate(events)
    ]


def _measure(histories: list[list[Touchpoint]], follow: Callable[[Path, Touchpoint], object], atlas: Atlas) -> float:
    touchpoints = sum(map(len, histories))
    begun = time.process_time()
    for history in histories:
        path = Path(atlas)
        for touchpoint in history:
            follow(path, touchpoint)
    return (time.process_time() - begun) / touchpoints * 1e6


def _advance(path: Path, touchpoint: Touchpoint) -> None:
    path.advance(touchpoint)


def _advance_and_judge(path: Path, touchpoint: Touchpoint) -> object:
    path.advance(touchpoint)
    return path.journeys(touchpoint.occurred_at)


def run() -> dict[str, float]:
    """Return microseconds per touchpoint by name."""
    published = [PublishedMap(load_map(MAP), 1, 0)]
    on_map = [_history(seed, noisy=False) for seed in range(2_000)]
    noisy = [_history(seed, noisy=True) for seed in range(2_000)]
    results: dict[str, float] = {}
    for name, histories in (("on the map", on_map), ("with detours", noisy)):
        atlas = Atlas(published)
        results[f"engine, {name}, cold: advance and judge, us"] = _measure(histories[:500], _advance_and_judge, atlas)
        _measure(histories, _advance_and_judge, atlas)
        results[f"engine, {name}, warm: advance, us"] = _measure(histories, _advance, atlas)
        results[f"engine, {name}, warm: advance and judge, us"] = _measure(histories, _advance_and_judge, atlas)
    aligner = TraceAligner(load_map(MAP))
    traces = [[touchpoint.event for touchpoint in history] for history in noisy]
    for state in ("cold", "warm"):
        begun = time.process_time()
        for trace in traces:
            aligner.align(trace)
        spent = time.process_time() - begun
        results[f"engine, with detours, {state}: alignment alone, us"] = spent / sum(map(len, traces)) * 1e6
    return results


if __name__ == "__main__":
    for name, value in run().items():
        print(f"{value:8.1f}  {name}")
