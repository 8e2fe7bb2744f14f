"""A drawn path as a map file: YAML that says of every number where it comes from, ready to publish and to change."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from shared.times import duration_text, rfc3339, span
from shared.words import counted
from waypost.mining import Group, Plan, Step

NAMED: Final = 20  # events left out that are named
RESERVED: Final = frozenset({"null", "true", "false"})  # what YAML reads as no text


@dataclass(frozen=True, slots=True)
class Head:
    """What a map is called, what it was drawn from, and whose journeys it is about; `least_share` of 1."""

    name: str
    source: str
    subject: str
    least_share: float


def map_text(plan: Plan, head: Head) -> str:
    """Return the YAML of a map."""
    return "\n".join(_lines(plan, head)) + "\n"


def map_id(path: Path) -> str:
    """Return a name for the map of a file: its name without endings."""
    return slug(path.name.split(".")[0]) or "journey"


def slug(text: str) -> str:
    """Return a name as maps write ids: small letters, digits and dashes."""
    return re.sub(r"[^a-z0-9]+", "-", text.casefold()).strip("-")[:60].strip("-")


def quoted(text: str) -> str:
    """Return a text as YAML reads it back, whatever it holds."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(each if each.isprintable() else _escape(ord(each)) for each in escaped) + '"'


def _escape(code: int) -> str:
    return f"\\u{code:04x}" if code < 1 << 16 else f"\\U{code:08x}"


def _lines(plan: Plan, head: Head) -> Iterator[str]:
    since, until, acts = rfc3339(plan.since)[:10], rfc3339(plan.until)[:10], counted(plan.touchpoints, "touchpoint")
    yield f"# Drawn by `waypost map init` from {_comment(head.source)}: {counted(plan.journeys, 'journey')} and"
    yield f"# {acts}, {since} to {until}. It says what customers did, not what they need:"
    yield "# all of it is assumed until somebody who knows them gives titles, needs, times and evidence."
    yield "# Then split the path into `stages`, each with a phase, and say in `outcomes` what customers want to reach."
    yield "# What every key means: docs/map-language.md."
    yield f"map: {quoted(head.name)}"
    yield f"title: {quoted(head.name.replace('-', ' ').capitalize())}"
    yield f"subject: {head.subject}"
    if plan.anytime:
        said = ", ".join(_percent(share) for _, share in plan.anytime)
        yield "# Common, before as well as after most steps: no place of their own."
        yield f"anytime: [{', '.join(quoted(event) for event, _ in plan.anytime)}]  # {said} of the journeys"
    yield "path:"
    ids = _ids(plan)
    for group in plan.groups:
        yield from _group(group, ids)
    if plan.left_out:
        named = ", ".join(f"{_comment(event)} ({_percent(share)})" for event, share in plan.left_out[:NAMED])
        more = f" and {len(plan.left_out) - NAMED} more" if len(plan.left_out) > NAMED else ""
        yield f"# Left out, in under {_percent(head.least_share)} of the journeys or beyond the most common:"
        yield f"# {named}{more}."


def _ids(plan: Plan) -> dict[str, str]:
    """Return a step's id for each event, no two alike."""
    ids: dict[str, str] = {}
    for number, step in enumerate(plan.steps, 1):
        wanted = slug(step.event) or f"step-{number}"
        ids[step.event] = wanted if wanted not in ids.values() else f"{wanted}-{number}"
    return ids


def _group(group: Group, ids: dict[str, str]) -> Iterator[str]:
    if group.kind == "step":
        yield from _branch(group.steps[0], ids, "  ")
        return
    if group.kind == "any_order":
        yield "  # Both orders are common."
        yield "  - any_order:"
        indent = "      "
    else:
        yield "  # Hardly any journey has two of these."
        yield "  - optional:" if group.optional else "  - choice:"
        if group.optional:
            yield "      choice:"
        indent = "          " if group.optional else "      "
    for step in group.steps:
        yield from _branch(step, ids, indent)


def _branch(step: Step, ids: dict[str, str], indent: str) -> Iterator[str]:
    first, rest = f"{indent}- ", f"{indent}  "
    yield f"{indent}# {_known(step)}"
    if step.optional:
        yield f"{first}optional:"
        first = rest = f"{indent}    "
    name = ids[step.event]
    yield f"{first}step: {quoted(name) if name in RESERVED or not name[0].isalpha() else name}"
    yield f"{rest}title: {quoted(_title(step.event))}"
    yield f"{rest}match: {quoted(step.event)}"
    if step.recurs:
        yield f"{rest}recurs: true  # {_percent(step.again)} of those who did it did it again"
    if wait := step.wait:
        took = f"{_percent(wait.quantile)} of {wait.customers:,} who did it took at most {span(wait.observed)}"
        yield f"{rest}within: {duration_text(wait.limit)}  # assumed: {took}; who still waits is not counted"


def _known(step: Step) -> str:
    words = f"{_percent(step.share)} of the journeys"
    if step.missed is None:
        return words
    return f"{words}; {_percent(step.missed)} of those who {'went on' if step.went_on else 'came before'} did not do it"


def _title(event: str) -> str:
    words = re.sub(r"[\s_]+", " ", event).strip() or event
    return words[:1].upper() + words[1:]


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _comment(text: str) -> str:
    """Return a text that ends no comment."""
    return "".join(each if each.isprintable() else " " for each in text)
