"""What a map does with each event that it names: so that what nobody knows is found before anything is judged."""

from services.journey.domain.maps.model import JourneyMap, Matcher


def known_events(map: JourneyMap) -> dict[str, str]:
    """Return what a map does with each event name that it has."""
    known: dict[str, str] = {}

    def note(matchers: tuple[Matcher, ...], what: str) -> None:
        for matcher in matchers:
            if matcher.event:
                known.setdefault(matcher.event, what)

    note(map.ignore, "ignored")
    for step in map.steps.values():
        note((*step.match, *step.replaced_by), f"step {step.name}")
        note(step.failed_by, f"failure of {step.name}")
    note(map.anytime, "anytime")
    note(map.opens_on, "opening")
    note(tuple(outcome.matcher for outcome in map.outcomes), "outcome")
    note(map.healthy.match if map.healthy else (), "sign of life")
    return known
