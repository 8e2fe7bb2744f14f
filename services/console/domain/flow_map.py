"""The map with everybody on it: roads as wide as many drove on them, a card for each step, red discs at the worst."""

from collections.abc import Mapping, Sequence

from services.console.domain.drawing import (
    BOLD,
    FULL,
    LETTER,
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
from services.console.domain.itinerary import LEFT, ROW, WIDTH, Look, Stop, draw_itinerary
from services.console.domain.layout import Size, Spot, lay_out_stages
from services.console.domain.standing import Standing
from services.console.domain.tree import Step, Tree, places
from services.console.domain.words import number, span

HEAD, FOOT = 110.0, 34.0
GHOST_HEAD = 74.0


def waits(now: Standing, x: float, y: float, width: float, height: float = 6) -> str:
    """Return the bar of those who stand here: in time grey, stalled red and taller."""
    if not now.here:
        return ""
    stalled = now.late_here * width / now.here
    parts = f'<rect class="w-ok" x="{x:.1f}" y="{y:.1f}" width="{width - stalled:.1f}" height="{height}"/>'
    if stalled:
        left = x + width - stalled
        parts += f'<rect class="w-stalled" x="{left:.1f}" y="{y - 1:.1f}" width="{stalled:.1f}" height="{height + 2}"/>'
    return parts


def _room(step: Step, now: Standing) -> float:
    """Return how wide a step is whose title and numbers have room."""
    numbers = 11.5 * len(number(now.here)) + 7.5 * len(span(now.waited_s)) + 8
    return max(title_room(step.title), 18 + numbers, 18 + LETTER * len(_stalled(now)) + (14 if step.mark else 0))


def _stalled(now: Standing) -> str:
    return f"{number(now.stalled)} stalled" if now.stalled else ""


def _card(spot: Spot, step: Step, now: Standing, owner: str) -> str:
    """Return the card of a step; `owner` only where it is not its stage's."""
    x, w = spot.x, spot.width
    left, right, base = x + 9, x + w - 9, spot.bottom
    owner = short(owner, w - 24 - LETTER * len(_stalled(now)) - (14 if step.mark else 0))
    return "".join(
        (
            box(x, spot.y, w, spot.height),
            title(left, spot.y + 19, step.title, w - 18),
            text(left, base - 40, number(now.here), "big" if now.here else "big none"),
            text(right, base - 40, span(now.waited_s) if now.here and now.waited_s is not None else "", "m", "end"),
            waits(now, left, base - 31, w - 18),
            text(left, base - 9, _stalled(now), "alarm"),
            text(right - (14 if step.mark else 0), base - 9, owner if len(owner) > 2 else "", "q", "end"),
            mark(step.mark, right - 7, base - 9),
        )
    )


def _discs(x: float, y: float, hot: Sequence[int]) -> str:
    """Return the red discs of a step, the first outermost."""
    drawn = []
    for n, problem in enumerate(hot):
        left = x - 27 * n
        body = f'<circle cx="{left:.1f}" cy="{y:.1f}" r="12"/>{text(left, y + 4.5, problem, "", "middle")}'
        drawn.append(link(f"#problem-{problem}", f"Problem {problem}", body, "hot"))
    return "".join(drawn)


def draw_map(
    tree: Tree,
    standings: Mapping[str, Standing],
    heads: Mapping[str, Sequence[str]],
    addresses: Mapping[str, str],
) -> tuple[str, float]:
    """Return the map as SVG, and its width in its own units."""
    passed = {name: now.passed for name, now in standings.items()}
    size = fitted(
        tree,
        Size(step_height=84, row=46, passed=passed),
        lambda name: _room(tree.steps[name], standings.get(name, Standing())),
    )
    plan, bands = lay_out_stages(tree.stages, size, head_of(tree, HEAD), FOOT)
    owners = {step: stage.owner for stage in tree.stages for step in places(stage.path)}
    body = [*draw_heads(bands, heads, plan.height), *draw_roads(plan)]
    for spot in plan.spots:
        step, now = tree.steps[spot.name], standings.get(spot.name, Standing())
        owner = now.owner or step.owner
        card = _card(spot, step, now, owner if owner != owners[spot.name] else "")
        body.append(link(addresses[spot.name], now.words(step), card))
        for n, line in enumerate(wrapped(f"◇ {now.note}" if now.note else "", spot.width + size.gap)):
            body.append(text(spot.x + 1, spot.bottom + 15 + 14 * n, line, "note"))
    hot = {name: now.hot for name, now in standings.items() if now.hot}
    body += [_discs(spot.right - 2, spot.y, hot[spot.name]) for spot in plan.spots if spot.name in hot]
    label = f"{tree.title}: the map with those who stand at each of its {len(tree.steps)} steps"
    return svg((plan.width, plan.height), label, "".join(body), "flow-map", FULL), plan.width


def draw_ghost(tree: Tree) -> tuple[str, float]:
    """Return the designed map alone as SVG: nobody stands on it yet; and its width."""
    size = fitted(tree, Size(step_height=40, row=26), lambda name: title_room(tree.steps[name].title))
    plan, bands = lay_out_stages(tree.stages, size, head_of(tree, GHOST_HEAD), 14)
    body = [*draw_heads(bands, {}, plan.height), *draw_roads(plan)]
    for spot in plan.spots:
        body.append(box(spot.x, spot.y, spot.width, spot.height))
        body.append(title(spot.x + 9, spot.y + 24, tree.steps[spot.name].title, spot.width - 18))
    label = f"{tree.title}: the designed map, nobody on it yet"
    return svg((plan.width, plan.height), label, "".join(body), "ghost-map", FULL), plan.width


def draw_narrow(
    tree: Tree,
    standings: Mapping[str, Standing],
    heads: Mapping[str, Sequence[str]],
    addresses: Mapping[str, str],
) -> str:
    """Return the same map from top to bottom."""
    most = max((now.passed for now in standings.values()), default=0)

    def row(stop: Stop, y: float) -> str:
        step, now = tree.steps[stop.name], standings.get(stop.name, Standing())
        disc = f'<circle class="stop" cx="{stop.x}" cy="{y + 18:.1f}" r="5.5"/>'
        if now.hot:
            disc = _discs(stop.x + 27 * (len(now.hot) - 1) / 2, y + 18, now.hot)
        return link(addresses[stop.name], now.words(step), _line(step, now, y)) + disc

    def width(step: str) -> float:
        return max(1.5, 11 * standings.get(step, Standing()).passed / most) if most else 3.0

    first = {name: lines[:2] for name, lines in heads.items()}
    label = f"{tree.title}: the map from top to bottom with those who stand at each step"
    return draw_itinerary(tree, Look(row, width, first, label, "flow"))


def _line(step: Step, now: Standing, y: float) -> str:
    left, right = LEFT + 9, WIDTH - 8
    stalled = _stalled(now)
    wait = span(now.waited_s) if now.here and now.waited_s is not None else ""
    detail = " · ".join(filter(None, (wait, now.owner or step.owner, now.note and f"◇ {now.note}")))
    name = short(step.title, right - left - 46 - 6.6 * len(stalled))
    return "".join(
        (
            f'<rect class="row" x="{LEFT}" y="{y:.1f}" width="{WIDTH - LEFT}" height="{ROW - 4}" rx="6"/>',
            text(left, y + 23, name, "t"),
            mark(step.mark, left + 6 + BOLD * len(name), y + 23),
            text(right - 42, y + 23, stalled, "alarm", "end"),
            text(right, y + 24, number(now.here), "big" if now.here else "big none", "end"),
            waits(now, left, y + 32, right - left, 5),
            text(left, y + 54, short(detail, right - left), "q"),
        )
    )
