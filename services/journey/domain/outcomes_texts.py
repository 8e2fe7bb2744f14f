"""What was attained, in sentences for people."""

from services.journey.domain.outcomes import Attained, Verdict
from shared.times import span

SAID: dict[Verdict, str] = {
    "met": "The target is met.",
    "missed": "The target is missed.",
    "on track": "On track: the share is not below the target, but so few are known that chance may have its part.",
    "too early": "It is too early to tell.",
    "not measurable": "Without a target nothing says how many should.",
}


def percent(share: float) -> str:
    """Write a share as people read it: 72.4 %."""
    return f"{100 * share:.3g} %"


def sentence(attained: Attained) -> str:
    """Say what was attained, beside the target and how sure it is."""
    if not attained.journeys:
        return "No journey has been opened yet."
    return " ".join(text for text in (_share(attained), _target(attained), SAID[attained.verdict]) if text)


def _share(attained: Attained) -> str:
    journeys = "1 journey" if attained.journeys == 1 else f"{attained.journeys:,} journeys"
    if attained.share is None:
        return f"{attained.reached:,} of {journeys} reached it so far; none was followed long enough yet."
    share, low, high = (percent(number) for number in attained.share)
    within = f" within {span(attained.target.within)}" if attained.target else ""
    sure = "" if attained.tallied and not attained.tallied.undecided else f" (95 % interval {low} to {high})"
    return f"{share} of {journeys} reach it{within}{sure}."


def _target(attained: Attained) -> str:
    if attained.target is None:
        return ""
    said = f"The target is {percent(attained.target.share)}"
    if attained.gap is None:
        return f"{said} within {span(attained.target.within)}."
    points = round(100 * attained.gap, 1)
    if not points:
        return f"{said}."
    unit = "point" if abs(points) == 1 else "points"
    return f"{said}: {abs(points):g} {unit} {'above it' if points > 0 else 'short of it'}."
