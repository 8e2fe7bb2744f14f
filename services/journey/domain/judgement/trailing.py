"""After the end: trailing optional steps and redos still belong to a completed journey."""

from services.journey.domain.judgement.fates import Fate
from services.journey.domain.judgement.kept import Touch
from services.journey.domain.judgement.run import Run


def trails(run: Run, fate: Fate) -> bool:
    """Tell whether a touchpoint after the end is a trailing optional step or redo."""
    return _trailing_step(run, fate) is not None


def trail(run: Run, fate: Fate, touch: Touch) -> None:
    """Take a touchpoint after the end; one that is no trailing step is left alone."""
    found = _trailing_step(run, fate)
    if found is not None:
        run.ticks += 1
        run.after_end, run.trailing = step, _ = found
        if step not in run.moment.first:
            run.trailed.setdefault(step, touch.occurred_at)


def _trailing_step(run: Run, fate: Fate) -> tuple[str, int] | None:
    course = run.track.course
    role = course.role(fate)
    if role is None or fate.ignored or run.state == "lost" or not run.moment.standing.complete:
        return None
    for step in role.symbol.steps:
        ways = [way for way in course.graph.targets(run.trailing, step) if not way.skips]
        if ways:
            return step, min(ways, key=lambda way: way.place).state
    return None
