"""Findings that belong to one customer, not to the way taken: failures, the unmapped, what is welcome, tangles."""

from collections.abc import Iterator

from services.journey.domain.engine.entries import EXTRA, chain
from services.journey.domain.judgement.draft import Draft
from services.journey.domain.judgement.kept import Tally, Touch
from services.journey.domain.judgement.run import Run

TANGLE_MORE, TANGLE_TIMES = 4, 1.5  # a tangle: so many touchpoints more than steps, and so many times as many

Shown = tuple[Draft, list[Touch], bool]  # a finding, its touchpoints, whether it is closed


def side_findings(run: Run) -> Iterator[Shown]:
    """Return what the alignment does not see."""
    yield from _failed(run)
    yield from _unmapped(run)
    for k, stray in enumerate(run.strays, 1):
        yield Draft("path", "ad_hoc", stray.about, 0, certain=True, proof=(), k=f"a{k}"), [stray.touch], False
    yield from _put_off(run)
    for issue, channels in run.issues.items():
        if len(channels) > 1:
            yield _channel_switch(issue, channels)


def _channel_switch(issue: str, channels: dict[str, Tally]) -> Shown:
    touches = sorted((touch for tally in channels.values() for touch in tally.touches), key=lambda one: one.occurred_at)
    numbers = (("channels", ", ".join(channels)),)
    return Draft("issue", "channel_switch", issue, 0, certain=True, proof=(), numbers=numbers), touches, False


def needs_way(run: Run) -> bool:
    """Tell whether the way taken must be looked at: replacements are possible, or many more touchpoints than steps."""
    failures = sum([tally.count for tally in run.failures.values()]) if run.failures else 0
    return run.version.map_replaces or len(run.taken) + failures >= len(run.moment.first) + TANGLE_MORE


def way_findings(run: Run) -> Iterator[Shown]:
    """Return what is told by the way taken together with the customer's own touchpoints."""
    if run.version.map_replaces:
        yield from _replaced(run)
    yield from _tangles(run)


def _failed(run: Run) -> Iterator[Shown]:
    for step, tally in run.failures.items():
        draft = Draft("failed", "failed", step, 0, certain=True, proof=(), numbers=(("attempts", tally.count),))
        yield draft, tally.touches, step in run.moment.first


def _unmapped(run: Run) -> Iterator[Shown]:
    weight = run.version.map.customer_only if run.version.map.unmapped == "count" else 0
    for event, tally in run.unmapped.items():
        cost, numbers = weight * tally.count, (("count", tally.count),)
        yield Draft("unmapped", "unmapped", event, cost, certain=True, proof=(), numbers=numbers), tally.touches, False


def _put_off(run: Run) -> Iterator[Shown]:
    for number, deferral in enumerate(run.deferrals, 1):
        whole = run.version.track(run.persona).course
        needed_by = sorted(whole.dependents.get(deferral.step, ()), key=whole.order.__getitem__)
        closed = deferral.closed or any(step in run.moment.first for step in needed_by)
        draft = Draft(
            "path", "deferred", deferral.step, 0, certain=True, proof=(), k=f"d{number}", needed_by=tuple(needed_by[:1])
        )
        yield draft, [deferral.touch] if deferral.ended is None else [deferral.touch, deferral.ended], closed


def _replaced(run: Run) -> Iterator[Shown]:
    for index, (entry, taken) in enumerate(zip(chain(run.moment.prefix.best), run.taken, strict=True), 1):
        if entry.place != EXTRA and entry.step in taken.role.replaced:
            by = (("by", taken.touch.event),)
            draft = Draft("path", "replaced", entry.step, 0, certain=True, proof=(), k=f"r{index}", numbers=by)
            yield draft, [taken.touch], False


def _tangles(run: Run) -> Iterator[Shown]:
    course = run.track.course
    touches: dict[int, list[Touch]] = {}
    done: dict[int, set[str]] = {}
    for entry, taken in zip(chain(run.moment.prefix.best), run.taken, strict=True):
        if not entry.free:
            stage = course.stage_of[entry.step]
            touches.setdefault(stage, []).append(taken.touch)
            done.setdefault(stage, set()).add(entry.step)
    failed: dict[int, int] = {}
    for step, tally in run.failures.items():
        if step in course.stage_of:
            stage = course.stage_of[step]
            touches.setdefault(stage, []).extend(tally.touches)
            failed[stage] = failed.get(stage, 0) + tally.count - len(tally.touches)
    for stage, moves in sorted(touches.items()):
        name, n, m = course.stages[stage].name, len(moves) + failed.get(stage, 0), len(done.get(stage, ()))
        if name and n >= m + TANGLE_MORE and n >= TANGLE_TIMES * m:
            numbers = (("moves", n), ("suffice", m))
            draft = Draft("tangle", "tangle", name, 0, certain=True, proof=(), numbers=numbers)
            yield draft, sorted(moves, key=lambda touch: touch.occurred_at), False
