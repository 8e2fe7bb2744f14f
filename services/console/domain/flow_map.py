"""The map with everybody on it: roads as wide as many drove on them, a card for each step, red discs at the worst."""

from collections.abc import Mapping, Sequence

from services.console.domain.drawing import box, draw_heads, draw_roads, fitted, link, mark, room, short, svg, text
from services.console.domain.itinerary import LEFT, ROW, WIDTH, Look, Stop, draw_itinerary
from services.console.domain.layout import Size, Spot
from services.console.domain.standing import Standing
from services.console.domain.tree import Step, Tree
from services.console.domain.words import number, span

HEAD, FOOT = 92.0, 20.0
GHOST_HEAD = 64.0


def waits(now: Standing, x: float, y: float, width: float, height: float = 6) -> str:
    """Return the bar of those who stand here: in time grey, stalled red and taller."""
    if not now.here:
        return ""
    stalled = min(now.stalled, now.here) * width / now.here
    parts = f'<rect class="w-ok" x="{x:.1f}" y="{y:.1f}" width="{width - stalled:.1f}" height="{height}"/>'
    if stalled:
        left = x + width - stalled
        parts += f'<rect class="w-stalled" x="{left:.1f}" y="{y - 1:.1f}" width="{stalled:.1f}" height="{height + 2}"/>'
    return parts


def _card(spot: Spot, step: Step, now: Standing) -> str:
    x, y, w = spot.x, spot.y, spot.width
    left, right = x + 9, x + w - 9
    title_room = w - 18 - (14 if step.mark else 0) - (6 if now.hot else 0)
    stalled = f"{number(now.stalled)} stalled" if now.stalled else ""
    owner = short(now.owner or step.owner, w - 24 - 6.2 * len(stalled))
    return "".join(
        (
            box(x, y, w, spot.height),
            text(left, y + 19, short(step.title, title_room), "t"),
            mark(step.mark, right - (21 if now.hot else 7), y + 19),
            text(left, y + 44, number(now.here), "big" if now.here else "big none"),
            text(right, y + 44, span(now.waited_s) if now.here and now.waited_s is not None else "", "m", "end"),
            waits(now, left, y + 54, w - 18),
            text(left, y + 77, stalled, "alarm"),
            text(right, y + 77, owner if len(owner) > 2 else "", "q", "end"),
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
    size = Size(room(tree), step_height=88, row=44, passed=passed)
    plan, bands = fitted(tree, size, HEAD, FOOT)
    body = [*draw_heads(bands, heads, plan.height), *draw_roads(plan)]
    for spot in plan.spots:
        step, now = tree.steps[spot.name], standings.get(spot.name, Standing())
        body.append(link(addresses[spot.name], now.words(step), _card(spot, step, now)))
        note = short(f"◇ {now.note}" if now.note else "", spot.width + 14)
        body.append(text(spot.x + 1, spot.bottom + 15, note, "note"))
    hot = {name: now.hot for name, now in standings.items() if now.hot}
    body += [_discs(spot.right - 2, spot.y, hot[spot.name]) for spot in plan.spots if spot.name in hot]
    label = f"{tree.title}: the map with those who stand at each of its {len(tree.steps)} steps"
    return svg((plan.width, plan.height), label, "".join(body), "flow-map"), plan.width


def draw_ghost(tree: Tree) -> tuple[str, float]:
    """Return the designed map alone as SVG: nobody stands on it yet; and its width."""
    plan, bands = fitted(tree, Size(room(tree), step_height=40, row=26), GHOST_HEAD, 14)
    body = [*draw_heads(bands, {}, plan.height), *draw_roads(plan)]
    for spot in plan.spots:
        title = short(tree.steps[spot.name].title, spot.width - 14)
        body.append(box(spot.x, spot.y, spot.width, spot.height))
        body.append(text(spot.middle, spot.line + 4.5, title, "t", "middle"))
    label = f"{tree.title}: the designed map, nobody on it yet"
    return svg((plan.width, plan.height), label, "".join(body), "ghost-map"), plan.width


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

    first = {name: lines[:1] for name, lines in heads.items()}
    label = f"{tree.title}: the map from top to bottom with those who stand at each step"
    return draw_itinerary(tree, Look(row, width, first, label, "flow"))


def _line(step: Step, now: Standing, y: float) -> str:
    left, right = LEFT + 9, WIDTH - 8
    stalled = f"{number(now.stalled)} stalled" if now.stalled else ""
    wait = f"{span(now.waited_s)} median" if now.here and now.waited_s is not None else ""
    detail = " · ".join(filter(None, (wait, now.owner or step.owner, now.note and f"◇ {now.note}")))
    title = short(step.title, right - left - 46 - 6.6 * len(stalled))
    return "".join(
        (
            f'<rect class="row" x="{LEFT}" y="{y:.1f}" width="{WIDTH - LEFT}" height="{ROW - 4}" rx="6"/>',
            text(left, y + 23, title, "t"),
            mark(step.mark, left + 6 + 6.9 * len(title), y + 23),
            text(right - 42, y + 23, stalled, "alarm", "end"),
            text(right, y + 24, number(now.here), "big" if now.here else "big none", "end"),
            waits(now, left, y + 32, right - left, 5),
            text(left, y + 54, short(detail, right - left), "q"),
        )
    )
