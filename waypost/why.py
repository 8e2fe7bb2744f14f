"""Why do I see nothing? The first thing that stands in the way, from the sender to the alert, and what to do next.

A pure decision: tests/unit/commands/test_why.py is its table.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from shared.times import MINUTE, span
from shared.words import counted, meant
from waypost.ready import ELSEWHERE, SILENT
from waypost.state import MapState, State

NAMED: Final = 5  # events that are named, the others are counted
ALIKE: Final = 0.75  # share of letters from which a name counts as mistyped
MANY_BEHIND: Final = 1000  # records; fewer are the traffic of the moment
CORRECT: Final = ("waypost map publish --correct map.yaml",)  # who was here before is judged anew by it
MEND: Final = ("change `match` or `opens_on` in the map, or the name that is sent", *CORRECT)
REFUSED: Final = "The services do not let this command ask"
GRACE: Final = 10 * MINUTE  # beyond the lateness, before absence counts as held back


@dataclass(frozen=True, slots=True)
class Why:
    """What to know first. `wrong`: somebody must act before anything is seen."""

    code: str
    text: str
    next: tuple[str, ...] = ()
    wrong: bool = False


def why(state: State) -> Why:
    """Return the first thing that stands between a touchpoint and an alert; where nothing does, that all is well."""
    return next(found for look in LOOKS if (found := look(state)))


def nearest(event: str, known: Iterable[str]) -> str:
    """Return the known event that a mistyped one most likely means; empty: none is near."""
    return meant(event, known, ALIKE)


def named(event: str, known: Collection[str]) -> str:
    """Write an event that no map knows, with what it most likely means."""
    near = "" if event in known else nearest(event, known)
    return f"`{event}` (did you mean `{near}`?)" if near else f"`{event}`"


def _do(number: int, thing: str, one: str, more: str) -> str:
    """Write how many do something: 1 customer waits, 2 customers wait."""
    return f"{counted(number, thing)} {one if number == 1 else more}"


def _some(words: list[str]) -> str:
    more = f" and {len(words) - NAMED} more" if len(words) > NAMED else ""
    return ", ".join(words[:NAMED]) + more


def _running(state: State) -> Why | None:
    if all(wrong == SILENT for wrong in state.wrong.values()):
        return Why(
            "nothing_runs",
            f"Nothing answers at {state.base}: Waypost does not run there.",
            ("waypost up", "waypost doctor"),
            wrong=True,
        )
    unready = [f"{name}: {wrong}" for name, wrong in state.wrong.items() if wrong]
    if unready:
        text = f"Not everything can do its work. {'; '.join(unready).rstrip('.')}."
        return Why("not_ready", text, ("waypost doctor",), wrong=True)
    return None


def _key(state: State) -> Why | None:
    if not state.refused:
        return None
    who = f"What answers at {state.base} is {ELSEWHERE}" if state.against == ELSEWHERE else REFUSED
    text = f"{who}: {state.refused.rstrip('.')}."
    return Why("no_key", text, ("waypost doctor",), wrong=True)


def _room(state: State) -> Why | None:
    return (
        Why("full", f"Ingest takes nothing now: {state.full}", ("waypost doctor",), wrong=True) if state.full else None
    )


def _keyless(state: State) -> str:
    return f"{counted(state.unauthorized, 'request')} came without a key that stands (none, wrong or revoked)"


def _received(state: State) -> Why | None:
    if state.accepted:
        return None
    if state.letters:
        most = max(state.letters, key=lambda letters: letters.count)
        count = sum(letters.count for letters in state.letters)
        text = (
            f"All {count:,} events so far became dead letters, most of them for {most.reason}: {most.error} {most.hint}"
        )
        return Why("all_refused", text, ("waypost dead-letters list",), wrong=True)
    if state.unauthorized:
        text = f"{_keyless(state)}, and no other."
        return Why(
            "wrong_key", text, ("waypost key list", "waypost key create --scope write --source NAME"), wrong=True
        )
    text = "Nothing was sent so far: not one request came to the doors for events."
    return Why("nothing_sent", text, ("waypost import FILE --dry-run", "see docs/ingest.md for SDKs and curl"))


def _map(state: State) -> Why | None:
    if state.maps:
        return None
    text = "Touchpoints are there, and no map is published that says where they lead."
    return Why("no_map", text, ("waypost map init --from FILE --output map.yaml", "waypost map publish map.yaml"))


def _caught_up(state: State) -> Why | None:
    if state.trouble:
        return Why("stuck", f"The journey service does not come on: {state.trouble}", ("waypost doctor",), wrong=True)
    if state.behind > MANY_BEHIND:
        text = f"{state.behind:,} touchpoints wait to be judged: the journey service is at work."
        return Why("catching_up", text, ("waypost status",))
    if state.waiting_for_map:
        text = f"{_do(state.waiting_for_map, 'customer', 'is', 'are')} being judged by a map that is new: some minutes."
        return Why("catching_up", text, ("waypost status",))
    return None


def _matched(state: State) -> Why | None:
    if any(each.journeys for each in state.maps):
        return None
    return _unopened(state, state.maps, "no_match")


def _idle(state: State) -> Why | None:
    idle = [each for each in state.maps if not each.journeys]
    return _unopened(state, idle, "idle_map") if 0 < len(idle) < len(state.maps) else None


def _unopened(state: State, maps: Sequence[MapState], code: str) -> Why:
    """Say why no journey has opened on some maps, as far as the names of events tell."""
    names, known = _some([f"`{each.name}`" for each in maps]), _known(maps)
    seen = dict.fromkeys(
        [*state.recent, *(s.last_event for s in state.sources), *(event for event, _, _ in unmapped(state.maps))]
    )
    strange = [named(event, known) for event in seen if event and event not in _known(state.maps)]
    if too_young := _too_young(maps, seen, state.recent):
        return Why(code, f"No journey has opened on {names}. {too_young}", CORRECT)
    if strange:
        text = f"No touchpoint matches a step of {names}. Events that came: {_some(strange)}."
    elif known.keys().isdisjoint(seen):
        text = (
            f"No touchpoint matches a step of {names}: nothing that came is {_some([f'`{each}`' for each in known])}."
        )
    else:
        accounts = " A map of accounts hears only what names one." if any(m.subject == "account" for m in maps) else ""
        text = (
            f"No journey has opened on {names}: `opens_on`, or `where`, `channel` or `actor` of a step, let none of the"
            f" events begin one.{accounts}"
        )
    return Why(code, text, MEND)


def _too_young(maps: Iterable[MapState], events: Iterable[str], recent: Mapping[str, int]) -> str:
    """Say which versions know events that all happened before they came into force; empty: none."""
    found = [
        f"Version {each.version} of `{each.name}` knows {_some([f'`{event}`' for event in matching])}, but holds only"
        " for what happens after its publication: with `--correct` it takes the place of the version before it, and"
        " everybody is judged anew."
        for each in maps
        if (matching := [event for event in events if event in each.events])
        and all(recent.get(event, 0) < each.since for event in matching)
    ]
    return " ".join(found)


def _on_no_map(state: State) -> Why | None:
    """Say who is on no map where that is most likely a mistake: of a name, of a version, or of all that comes now."""
    if not state.on_no_map:
        return None
    known, who = _known(state.maps), _who_is_on_no_map(state)
    if too_young := _too_young(state.maps, [event for event, _ in state.on_no_map_events], state.recent):
        return Why("on_no_map", f"{who} {too_young}", CORRECT)
    mistyped = any(nearest(event, known) for event, _ in state.on_no_map_events if event not in known)
    lately = [event for event in state.recent if event]
    return Why("on_no_map", who, MEND) if mistyped or (lately and known.keys().isdisjoint(lately)) else None


def _who_is_on_no_map(state: State) -> str:
    known = _known(state.maps)
    did = _some([f"{named(event, known)} ({count:,})" for event, count in state.on_no_map_events])
    who = f"{_do(state.on_no_map, 'customer', 'is', 'are')} on no map"
    return f"{who}; what came of them last: {did}." if did else f"{who}: nothing came of them that has a name."


def _judged(state: State) -> Why | None:
    late = state.now - state.judged_until
    if late <= state.lateness + GRACE:
        return None
    text = (
        f"Absence is judged only up to {span(late)} ago, and {span(state.lateness)} of lateness are granted:"
        " something is not heard to the end, so no stall can be known."
    )
    return Why("held_back", text, ("waypost doctor",), wrong=True)


def _alerts(state: State) -> Why | None:
    if not state.open_alerts:
        return None
    number = state.open_alerts
    text = f"{_do(number, 'alert', 'wants', 'want')} somebody."
    return Why("alerts", text, ("waypost alerts list",))


def _past(state: State) -> Why | None:
    stalled = sum(each.stalled for each in state.maps)
    if not stalled or state.any_alert:
        return None
    who = _do(stalled, "customer", "waits", "wait")
    text = (
        f"{who} too long, all since long before Waypost heard of it: that is history and raises no alarm"
        " (WAYPOST_HISTORICAL_DAYS). They stand in the console and in `waypost map show`."
    )
    return Why("historical", text, tuple(f"waypost map show {each.name}" for each in state.maps if each.stalled))


def _timed(state: State) -> Why | None:
    if any(each.timed for each in state.maps):
        return None
    text = (
        "The maps say of no step how long it may take, so nobody can be late: alerts come from stalls, skipped"
        " prerequisites and steps that failed three times."
    )
    return Why("no_times", text, ("add `within: 7d` to a step of the map", "waypost map publish map.yaml"))


def _well(state: State) -> Why:
    open_, stalled = sum(each.open for each in state.maps), sum(each.stalled for each in state.maps)
    late = f"{stalled:,} of them too late, and no alert is open" if stalled else "and nobody waits too long"
    return Why("well", f"All is well: {_do(open_, 'journey', 'is', 'are')} open, {late}.", ("waypost customer ID",))


LOOKS: Final[tuple[Callable[[State], Why | None], ...]] = (
    _running, _key, _room, _received, _map, _caught_up, _matched, _judged, _alerts, _past, _on_no_map, _idle, _timed,
    _well,
)  # fmt: skip


def remarks(state: State) -> list[Why]:
    """Return what is worth knowing beside: letters that wait, names that no map knows, channels that are none."""
    found = []
    known = _known(state.maps)
    mistyped = [
        named(event, known) for event in dict.fromkeys(e for e, _, _ in unmapped(state.maps)) if nearest(event, known)
    ]
    if mistyped:
        found.append(Why("mistyped", f"No map knows {_some(mistyped)}."))
    if state.on_no_map and why(state).code not in ("on_no_map", "no_match"):
        found.append(_on_no_map(state) or Why("on_no_map", _who_is_on_no_map(state)))
    if (idle := _idle(state)) and why(state).code != idle.code:
        found.append(idle)
    if state.accepted and state.unauthorized:
        found.append(Why("wrong_key", f"{_keyless(state)}.", ("waypost key list",)))
    if state.accepted and state.letters:
        most = max(state.letters, key=lambda letters: letters.count)
        waiting = _do(sum(each.count for each in state.letters), "dead letter", "waits", "wait")
        text = f"{waiting}, most for {most.reason}. {most.hint}"
        found.append(Why("letters", text, ("waypost dead-letters list",)))
    if state.unjudged:
        found.append(
            Why("unjudged", f"{counted(state.unjudged, 'customer')} could not be judged: the log of journey says why.")
        )
    if state.channels and all(channel.state == "off" for channel in state.channels):
        found.append(
            Why("no_channel", "Alerts go nowhere but the console: docs/channels.md says how to set a channel.")
        )
    found += [
        Why("channel", f"The channel {each.name} does not deliver: {each.said}", ("waypost alerts test",))
        for each in state.channels
        if each.state in {"broken", "failing"}
    ]
    found += [
        Why("untried", f"Nothing has arrived by {each.name} so far, not even a trial.", ("waypost alerts test",))
        for each in state.channels
        if each.state == "untried"
    ]
    return found


def _known(maps: Iterable[MapState]) -> dict[str, None]:
    return dict.fromkeys(event for each in maps for event in each.events)


def unmapped(maps: Sequence[MapState]) -> list[tuple[str, str, int]]:
    """Return the events that no map knows, each with a map that lacks it and the journeys there that have it."""
    known = _known(maps)
    return [(event, each.name, count) for each in maps for event, count in each.unmapped if event not in known]
