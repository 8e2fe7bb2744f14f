"""The designed map with the way of one customer over it: where they went, what is missing, where the route goes on."""

from collections.abc import Mapping

from services.console.domain.drawing import (
    BOLD,
    FULL,
    LETTER,
    LINE,
    box,
    draw_heads,
    draw_roads,
    fitted,
    head_of,
    link,
    mark,
    short,
    svg,
    text,
    title,
    title_room,
    wrapped,
)
from services.console.domain.driving import Driver, legs
from services.console.domain.itinerary import LEFT, ROW, WIDTH, Look, Stop, draw_itinerary
from services.console.domain.layout import Size, Spot, lay_out_stages
from services.console.domain.passage import Passage, Way
from services.console.domain.tree import Step, Tree, places
from services.console.domain.words import LONGEST_NAME

HEAD, FOOT = 94.0, 26.0
ARROW = ' marker-end="url(#arrow)"'


def stage_lines(tree: Tree, way: Way) -> dict[str, tuple[str, ...]]:
    """Return what stands under each stage: how many of its steps are done."""
    lines: dict[str, tuple[str, ...]] = {}
    for stage in tree.stages:
        steps = list(dict.fromkeys(places(stage.path)))
        done = sum(way.passages[step].state == "done" for step in steps)
        lines[stage.name] = (f"{done} of {len(steps)} steps",)
    return lines


def draw_way(tree: Tree, way: Way, name: str) -> tuple[str, float]:
    """Return the map with the way of a customer as SVG, and its width in its own units."""
    size = fitted(
        tree, Size(step_height=62, row=44, gap=20, pad=10), lambda step: _room(tree.steps[step], way.passages[step])
    )
    plan, bands = lay_out_stages(tree.stages, size, head_of(tree, HEAD), FOOT)
    driver = Driver(plan)
    body = [*draw_heads(bands, stage_lines(tree, way), plan.height), *draw_roads(plan)]
    body.append(driver.ways(legs(way.taken), "taken"))
    body.append(driver.ways(legs(way.ahead), "ahead-way", ARROW))
    body += [_card(spot, tree.steps[spot.name], way.passages[spot.name]) for spot in plan.spots]
    label = f"The way of {name[:LONGEST_NAME]} over the map {tree.title}"
    return svg((plan.width, plan.height), label, "".join(body), "gps-map", FULL), plan.width


def _room(step: Step, passage: Passage) -> float:
    """Return how wide a step is whose words have room."""
    letter = BOLD if passage.state == "missing" else LETTER
    below = LETTER * len(passage.detail) + (14 if step.mark else 0)
    return max(title_room(step.title), 14 + letter * len(passage.line), 14 + below)


def _card(spot: Spot, step: Step, passage: Passage) -> str:
    x, y, w = spot.x, spot.y, spot.width
    below = y + 22 + LINE * len(wrapped(step.title, w - 18, BOLD))
    ring = ""
    if passage.state == "here":
        ring = f'<rect class="here-ring" x="{x:.1f}" y="{y:.1f}" width="{w:.1f}" height="{spot.height:.1f}" rx="6"/>'
    parts = [
        box(x, y, w, spot.height),
        title(x + 9, y + 19, step.title, w - 18),
        mark(step.mark, x + w - 16, spot.bottom - 10),
        text(x + 9, below, short(passage.line, w - 14), "l1"),
        text(x + 9, below + 15, short(passage.detail, w - 12), "l2"),
        _pin(x, y, passage.number),
        _badge(spot, passage.badge),
    ]
    words, css = passage.words(step.title), f"spot {passage.state}"
    note = text(x + 1, spot.bottom + 15, short(passage.note, w + 20), "note")
    return ring + link(f"#why-{spot.name}", words, "".join(parts), css) + note


def _pin(x: float, y: float, number: int) -> str:
    if not number:
        return ""
    return f'<circle class="pin" cx="{x:.1f}" cy="{y:.1f}" r="10"/>' + text(x, y + 4, number, "pin-n", "middle")


def _badge(spot: Spot, badge: str) -> str:
    if not badge:
        return ""
    width = 13 + 6.3 * len(badge)
    left, top = spot.right - width + 6, spot.y - 14
    frame = f'<rect class="badge" x="{left:.1f}" y="{top:.1f}" width="{width:.1f}" height="19" rx="9.5"/>'
    return frame + text(left + width / 2, top + 13.5, badge, "badge-n", "middle")


def draw_narrow_way(tree: Tree, way: Way, name: str) -> str:
    """Return the same from top to bottom."""

    def row(stop: Stop, y: float) -> str:
        passage, step = way.passages[stop.name], tree.steps[stop.name]
        words, css = passage.words(step.title), f"spot {passage.state}"
        place = _pin(stop.x, y + 19, passage.number)
        return link(f"#why-{stop.name}", words, _line(step, passage, y), css) + (
            place or f'<circle class="stop" cx="{stop.x}" cy="{y + 19:.1f}" r="6"/>'
        )

    heads: Mapping[str, tuple[str, ...]] = stage_lines(tree, way)
    label = f"The way of {name[:LONGEST_NAME]} over the map {tree.title}, from top to bottom"
    return draw_itinerary(tree, Look(row, lambda _: 4.0, heads, label, "gps", frozenset(way.taken)))


def _line(step: Step, passage: Passage, y: float) -> str:
    left, right = LEFT + 9, WIDTH - 8
    detail = ", ".join(filter(None, (passage.line, passage.detail, passage.note)))
    return "".join(
        (
            f'<rect class="row" x="{LEFT}" y="{y:.1f}" width="{WIDTH - LEFT}" height="{ROW - 6}" rx="6"/>',
            text(left, y + 24, short(step.title, right - left - 50), "t"),
            text(right, y + 24, passage.badge, "badge-t", "end"),
            text(left, y + 46, short(detail, right - left), "l1"),
        )
    )
