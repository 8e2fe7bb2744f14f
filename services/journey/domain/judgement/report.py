"""The journey as judged, made of a run and the moment until which absence may be judged."""

from services.journey.domain.judgement.excuses import clocks_of, route_of
from services.journey.domain.judgement.findings import findings_of
from services.journey.domain.judgement.model import Journey, Position, RouteStep, Stall
from services.journey.domain.judgement.overdue import Overdue
from services.journey.domain.judgement.profile import Profile
from services.journey.domain.judgement.run import Run
from services.journey.domain.judgement.texts import describe_stall


def report(run: Run, profile: Profile, judged_until: int, historical_after: int) -> Journey:
    """Return one journey, judged until a moment. Where nothing happened since the last report, it is that one."""
    last = run.reported
    if last is not None and last[0] == run.ticks and last[1] <= judged_until:
        due_at = last[2].due_at
        if due_at is None or judged_until <= due_at:
            return last[2]
    journey = _report(run, profile, judged_until, historical_after)
    run.reported = (run.ticks, judged_until, journey)
    return journey


def _report(run: Run, profile: Profile, judged_until: int, historical_after: int) -> Journey:
    if run.deferrals and run.ending is None:
        _let_return(run, judged_until)
    ending = run.ending
    findings = findings_of(run, judged_until)
    stalls = _stalls(run, judged_until, historical_after)
    unmapped = sum([finding.cost for finding in findings if finding.kind == "unmapped"]) if run.unmapped else 0
    route, blocker = (None, None) if ending is not None else _route(run)
    return Journey(
        map=run.version.map.name,
        map_version=run.version.number,
        n=run.n,
        key=run.key,
        state=run.state,
        opened_at=run.opening.occurred_at,
        opening=run.opening.proof,
        reached_at=run.reached_at,
        ended_at=ending.occurred_at if ending is not None else None,
        ending=ending.proof if ending is not None else None,
        position=_position(run),
        route=route,
        blocker=blocker,
        cost=run.moment.prefix.cost + unmapped,
        deviations=findings,
        stalls=stalls,
        stall=next((stall for stall in stalls if stall.ended_at is None), None) if stalls else None,
        passed=_passed(run),
        entered=tuple(run.entered.items()),
        name=profile.name,
        owner=profile.owner(run.version.map.owner_from),
        due_at=_next(run, judged_until) if ending is None else None,
    )


def _passed(run: Run) -> tuple[tuple[str, int], ...]:
    done = [(step, run.touch_at(index).occurred_at) for step, index in run.moment.first.items()]
    return (*done, *run.trailed.items()) if run.trailed else tuple(done)


def _let_return(run: Run, time: int) -> None:
    """Let the steps that were put off until then come back; other waits are judged below."""
    if any(not one.closed and one.until is not None and one.until <= time for one in run.deferrals):
        run.until(time)


def _route(run: Run) -> tuple[tuple[RouteStep, ...] | None, str | None]:
    if not run.changes:
        blocker = run.moment.route.blocker
        return (run.moment.way, None) if blocker is None else (None, blocker)
    route = route_of(run)
    if route.blocker is not None:
        return None, route.blocker
    return tuple(RouteStep(step, why) for step, why in route.steps), None


def _position(run: Run) -> Position:
    after = run.after_end or run.moment.ledger.after
    if run.ending is not None:
        return Position((), after, None, None)
    clocks = clocks_of(run) if run.changes else run.moment.clocks
    return Position(run.moment.standing.steps, after, clocks.stage, run.since.occurred_at)


def _stalls(run: Run, judged_until: int, historical_after: int) -> tuple[Stall, ...]:
    """Return every overdue wait in order of due time, ties in document order."""
    if not run.ended_stalls and not run.overdue and run.next_due >= judged_until:
        return ()
    known = [*run.ended_stalls, *run.overdue.values()]
    for due in run.dues:
        if due.at < judged_until and due.place not in run.overdue:
            known.append(Overdue(due, 1 + sum(one.due.step == due.step for one in known)))
    known.sort(key=lambda one: (one.due.at, one.due.place))
    return tuple(_stall(run, one, judged_until, historical_after) for one in known)


def _stall(run: Run, overdue: Overdue, judged_until: int, historical_after: int) -> Stall:
    due, step = overdue.due, overdue.due.step
    ended = overdue.ended_at is not None
    until = overdue.ended_at if overdue.ended_at is not None else judged_until
    boundary = run.track.course.boundary(step)
    beyond = boundary is not None and due.at + boundary < until
    cruising = not ended and _alive(run, judged_until)
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
        text=describe_stall(
            run.track.course, step, due.threshold, ended=ended, endangers=beyond and _still_to_reach(run)
        ),
    )


def _still_to_reach(run: Run) -> bool:
    return run.reached_at is None and any(outcome.kind == "reached" for outcome in run.version.map.outcomes)


def _alive(run: Run, judged_until: int) -> bool:
    healthy = run.version.map.healthy
    return healthy is not None and run.healthy_at is not None and run.healthy_at >= judged_until - healthy.within


def _next(run: Run, judged_until: int) -> int | None:
    """Return when to judge next though nothing happens: the least due, boundary or return time not before now."""
    healthy = run.version.map.healthy
    if not run.dues and not run.deferrals and healthy is None and run.hand_off is None:
        return None
    times = [run.hand_off.due] if run.hand_off is not None and not run.hand_off.met else []
    times += [one.until for one in run.deferrals if not one.closed and one.until is not None]
    for due in run.dues:
        boundary = run.track.course.boundary(due.step)
        times += [due.at] if boundary is None else [due.at, due.at + boundary]
    if healthy is not None and run.healthy_at is not None:
        times.append(run.healthy_at + healthy.within)
    return min([time for time in times if time >= judged_until], default=None)
