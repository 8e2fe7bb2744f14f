"""Findings that belong to one customer, not to the way taken: failures, the unmapped, what is welcome, tangles."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from services.journey.domain.engine.frontier import EXTRA, chain
from services.journey.domain.judgement.deviations import Draft
from services.journey.domain.judgement.run import Run, Touch

PROOF_LIMIT = 100  # touchpoints kept as proof of one finding: the first ones and the last
TANGLE_MORE, TANGLE_TIMES = 4, 1.5

Shown = tuple[Draft, tuple[Touch, ...], str]  # a finding, its touchpoints, its status


def _cut(touches: Sequence[Touch]) -> tuple[Touch, ...]:
    return tuple(touches) if len(touches) <= PROOF_LIMIT else (*touches[: PROOF_LIMIT - 1], touches[-1])


def side_findings(run: Run) -> Iterator[Shown]:
    """Return what the alignment does not see."""
    done = run.moment.ledger.first
    for step, touches in run.failures.items():
        draft = Draft("failed", "failed", step, 0, certain=True, proof=(), numbers=(("count", len(touches)),))
        yield draft, _cut(touches), "closed" if step in done else "open"
    weight = run.version.map.customer_only if run.version.map.unmapped == "count" else 0
    for event, touches in run.unmapped.items():
        cost, numbers = weight * len(touches), (("count", len(touches)),)
        yield Draft("unmapped", "unmapped", event, cost, certain=True, proof=(), numbers=numbers), _cut(touches), "open"
    for k, stray in enumerate(run.strays, 1):
        yield Draft("path", "ad_hoc", stray.about, 0, certain=True, proof=(), k=k), (stray.touch,), "open"
    yield from _put_off(run)
    if any(taken.replaced for taken in run.taken):
        yield from _replaced(run)
    if len(run.taken) + sum(map(len, run.failures.values())) >= TANGLE_MORE + 1:
        yield from _tangles(run)


def _put_off(run: Run) -> Iterator[Shown]:
    done = run.moment.ledger.first
    for number, deferral in enumerate(run.deferrals, 1):
        needed_by = _dependents(run, deferral.step)
        closed = deferral.closed or any(step in done for step in needed_by)
        draft = Draft("path", "deferred", deferral.step, 0, certain=True, proof=(), k=-number, needed_by=needed_by[:1])
        touches = (deferral.touch,) if deferral.ended is None else (deferral.touch, deferral.ended)
        yield draft, touches, "closed" if closed else "open"


def _dependents(run: Run, step: str) -> tuple[str, ...]:
    """Return the steps that would require a step if it were not put off."""
    whole = run.version.track(run.persona).course
    return tuple(sorted(whole.dependents.get(step, ()), key=whole.order.__getitem__))


def _replaced(run: Run) -> Iterator[Shown]:
    for index, (entry, taken) in enumerate(zip(chain(run.moment.prefix.best), run.taken, strict=True), 1):
        if entry.place != EXTRA and entry.step in taken.replaced:
            by = (("by", taken.touch.proof.event),)
            draft = Draft("path", "replaced", entry.step, 0, certain=True, proof=(), k=-1000 - index, numbers=by)
            yield draft, (taken.touch,), "open"


def _tangles(run: Run) -> Iterator[Shown]:
    course = run.track.course
    touches: dict[int, list[Touch]] = {}
    done: dict[int, set[str]] = {}
    for entry, taken in zip(chain(run.moment.prefix.best), run.taken, strict=True):
        if not entry.free:
            stage = course.stage_of[entry.step]
            touches.setdefault(stage, []).append(taken.touch)
            done.setdefault(stage, set()).add(entry.step)
    for step, failed in run.failures.items():
        if step in course.stage_of:
            touches.setdefault(course.stage_of[step], []).extend(failed)
    for stage, moves in sorted(touches.items()):
        name, m = course.map.stages[stage].name, len(done.get(stage, ()))
        if name and len(moves) >= m + TANGLE_MORE and len(moves) >= TANGLE_TIMES * m:
            numbers = (("moves", len(moves)), ("suffice", m))
            draft = Draft("tangle", "tangle", name, 0, certain=True, proof=(), numbers=numbers)
            yield draft, _cut(sorted(moves, key=lambda touch: touch.occurred_at)), "open"


def path_findings(run: Run) -> Iterator[Shown]:
    """Return what the alignment sees, with the customer's touchpoints."""
    for draft in run.drafts():
        touches = tuple(run.touch_of(index) for index in draft.proof)
        shown = draft
        if draft.kind == "repeat":
            failed = run.failures.get(draft.step, [])
            touches = tuple(sorted((*touches, *failed), key=lambda touch: touch.occurred_at))
            shown = replace(draft, numbers=(("attempts", len(touches)),))
        yield shown, _cut(touches), "open"
