"""Findings written out: a draft with this customer's times and proofs. What was written once is kept."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from services.journey.domain.judgement.draft import Draft
from services.journey.domain.judgement.excuses import drafts_of
from services.journey.domain.judgement.handoffs import broken_hand_offs
from services.journey.domain.judgement.kept import PROOF_LIMIT, Tally, Touch
from services.journey.domain.judgement.model import Finding
from services.journey.domain.judgement.run import Run
from services.journey.domain.judgement.sides import Shown, needs_way, side_findings, way_findings
from services.journey.domain.judgement.texts import worded


def findings_of(run: Run, judged_until: int) -> tuple[Finding, ...]:
    """Return all findings of a journey: the alignment's in the order of their proof, then the others."""
    drafts = drafts_of(run) if run.changes or run.deferrals else run.moment.drafts
    found = tuple([_of_path(run, draft) for draft in drafts]) if drafts else ()
    if run.sides:
        found += _sides(run)
    if run.hand_off is not None or run.broken:
        found += tuple(_of_sides(run, broken_hand_offs(run, judged_until)))
    return found + tuple(_of_sides(run, way_findings(run))) if needs_way(run) else found


def _sides(run: Run) -> tuple[Finding, ...]:
    done = sum([step in run.moment.first for step in run.failures])
    key = (run.sides, done, run.moment if run.deferrals else None)
    if run.written_sides is None or run.written_sides[0] != key:
        run.written_sides = (key, tuple(_of_sides(run, side_findings(run))))
    return run.written_sides[1]


def _of_sides(run: Run, shown: Iterable[Shown]) -> Iterator[Finding]:
    course = run.track.course
    return (_written(run, worded(course, draft), touches, closed=closed) for draft, touches, closed in shown)


def _of_path(run: Run, draft: Draft) -> Finding:
    known = run.findings.get(id(draft))
    failed = run.failures.get(draft.step) if draft.kind == "repeat" else None
    tries = failed.count if failed is not None else 0
    if known is not None and known[0] is draft and known[1] == tries:
        return known[2]
    touches = [run.touch_at(index) for index in draft.proof]
    if draft.kind == "repeat":
        finding = _repeat(run, draft, touches, failed)
    else:
        # what one instant holds came in no order that anybody knows: kept, and no concern
        together = draft.kind == "out_of_order" and len(touches) > 1 and len({one.occurred_at for one in touches}) == 1
        finding = _written(run, draft, touches, closed=together)
    run.findings[id(draft)] = (draft, tries, finding)
    return finding


def _repeat(run: Run, draft: Draft, touches: list[Touch], failed: Tally | None) -> Finding:
    """Count the failed tries among the attempts."""
    attempts = len(touches) + (failed.count if failed is not None else 0)
    touches = sorted([*touches, *(failed.touches if failed is not None else ())], key=lambda touch: touch.occurred_at)
    counted = replace(draft, numbers=(("attempts", attempts),))
    return _written(run, worded(run.track.course, counted), touches, closed=False)


def _written(run: Run, draft: Draft, touches: Sequence[Touch], *, closed: bool) -> Finding:
    kept = touches if len(touches) <= PROOF_LIMIT else [*touches[: PROOF_LIMIT - 1], touches[-1]]
    return Finding(
        key=draft.key,
        kind=draft.kind,
        step=draft.step,
        status="closed" if closed else "open",
        cost=draft.cost,
        certain=draft.certain,
        proof=tuple([touch.proof for touch in kept]),
        as_of=touches[-1].occurred_at,
        historical=touches[-1].received_at - touches[-1].occurred_at > run.version.historical_after,
        text=draft.text,
        numbers=draft.numbers,
    )
