"""The journey as judged, made of a run and the moment until which absence may be judged."""

from services.journey.domain.judgement.model import Finding, Journey, Position, RouteStep, Stall
from services.journey.domain.judgement.overdue import Overdue
from services.journey.domain.judgement.run import Run
from services.journey.domain.judgement.sides import Shown, path_findings, side_findings
from services.journey.domain.judgement.texts import describe, describe_stall


def report(run: Run, judged_until: int, historical_after: int) -> Journey:
    """Return one journey, judged until a moment."""
    if run.state == "open":
        run.let_return(judged_until)
    findings = _findings(run)
    stalls = _stalls(run, judged_until, historical_after)
    open_stalls = [stall for stall in stalls if stall.ended_at is None]
    ended = run.ending is not None
    route = run.route() if not ended else None
    blocker = route.blocker if route is not None else None
    return Journey(
        map=run.version.map.name,
        map_version=run.version.number,
        n=run.n,
        key=run.key,
        state=run.state,
        opened_at=run.opening.occurred_at,
        opening=run.opening.proof,
        reached_at=run.reached_at,
        ended_at=run.ending.occurred_at if run.ending is not None else None,
        ending=run.ending.proof if run.ending is not None else None,
        position=_position(run),
        route=None if route is None or blocker else tuple(RouteStep(step, why) for step, why in route.steps),
        blocker=blocker,
        cost=run.moment.prefix.cost + sum(finding.cost for finding in findings if finding.kind == "unmapped"),
        deviations=findings,
        stalls=stalls,
        stall=open_stalls[0] if open_stalls else None,
        due_at=_next(run, judged_until),
    )


def _position(run: Run) -> Position:
    after = run.after_end or run.moment.ledger.after
    if run.ending is not None:
        return Position((), after, None, None)
    return Position(run.moment.standing.steps, after, run.clocks().stage, run.since.occurred_at)


def _findings(run: Run) -> tuple[Finding, ...]:
    shown = [*path_findings(run), *side_findings(run)]
    return tuple(_finding(run, one) for one in shown)


def _finding(run: Run, shown: Shown) -> Finding:
    draft, touches, status = shown
    return Finding(
        key=draft.key,
        kind=draft.kind,
        step=draft.step,
        status="closed" if status == "closed" else "open",
        cost=draft.cost,
        certain=draft.certain,
        proof=tuple(touch.proof for touch in touches),
        as_of=touches[-1].occurred_at if touches else run.opening.occurred_at,
        text=describe(run.track.course, draft),
        numbers=draft.numbers,
    )


def _stalls(run: Run, judged_until: int, historical_after: int) -> tuple[Stall, ...]:
    """Return every overdue wait in order of due time, ties in document order."""
    known = [*run.ended_stalls, *run.overdue.values()]
    counts: dict[str, int] = {}
    for one in known:
        counts[one.due.step] = counts.get(one.due.step, 0) + 1
    for due in run.dues:
        if due.at < judged_until and due.place not in run.overdue:
            counts[due.step] = counts.get(due.step, 0) + 1
            known.append(Overdue(due, counts[due.step]))
    known.sort(key=lambda one: (one.due.at, one.due.place))
    return tuple(_stall(run, one, judged_until, historical_after) for one in known)


def _stall(run: Run, overdue: Overdue, judged_until: int, historical_after: int) -> Stall:
    due, step = overdue.due, overdue.due.step
    until = overdue.ended_at if overdue.ended_at is not None else judged_until
    boundary = run.track.course.boundary(step)
    beyond = boundary is not None and due.at + boundary < until
    cruising = overdue.ended_at is None and _alive(run, judged_until)
    return Stall(
        key=f"stall:{step}:{overdue.k}",
        step=step,
        level="beyond" if beyond else "cruising" if cruising else "stalled",
        since=due.at,
        enabled_at=due.start,
        ended_at=overdue.ended_at,
        threshold=due.threshold,
        historical=due.started.received_at - due.at > historical_after,
        proof=due.started.proof,
        text=describe_stall(run.track.course, step, due.threshold, ended=overdue.ended_at is not None),
    )


def _alive(run: Run, judged_until: int) -> bool:
    healthy = run.version.map.healthy
    return healthy is not None and run.healthy_at is not None and run.healthy_at >= judged_until - healthy.within


def _next(run: Run, judged_until: int) -> int | None:
    """Return when to judge next though nothing happens: the least due, boundary or return time not before now."""
    if run.ending is not None:
        return None
    times = [one.until for one in run.deferrals if not one.closed and one.until is not None]
    for due in run.dues:
        boundary = run.track.course.boundary(due.step)
        times += [due.at] if boundary is None else [due.at, due.at + boundary]
    healthy = run.version.map.healthy
    if healthy is not None and run.healthy_at is not None:
        times.append(run.healthy_at + healthy.within)
    return min((time for time in times if time >= judged_until), default=None)
