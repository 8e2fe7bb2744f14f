"""What all drawings of a map are made of: lines of text, signs, roads, heads. Every word is escaped here.

Colours live in waypost.css. Sizes are in the drawing's own units, which are pixels where it has room.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from html import escape

from services.console.domain.layout import Band, Plan, Road, Size, lay_out_stages
from services.console.domain.tree import Mark, Tree, worded

LETTER = 6.4  # width of a letter, an estimate for system fonts
NARROWEST, WIDEST = 108.0, 168.0
FULL = 1120.0  # that a map fills at least, and that a window of 1280 pixels has room for
SPREAD = 4.0
FLOW_WIDEST = 15.0
SIGNS: dict[Mark, str] = {
    "": "",
    "outcome": "v-10h7l-2 2.6 2 2.6h-7",
    "truth": "m3-10.4 1.6 3.6 3.8.2-2.900 2.500.9 3.900-3.400-2.100-3.400 2.100.9-3.900-2.900-2.500 3.800-.2Z",
}
PHASES = (("pre-sale", "Before the sale"), ("post-sale", "After the sale"))


def text(x: float, y: float, words: object, css: str = "", anchor: str = "") -> str:
    """Return one line of text."""
    kind = f' class="{css}"' if css else ""
    side = f' text-anchor="{anchor}"' if anchor else ""
    return f'<text x="{x:.1f}" y="{y:.1f}"{kind}{side}>{escape(str(words))}</text>' if str(words) else ""


def short(words: str, width: float) -> str:
    """Cut words that have no room; the link or the table still says them in full."""
    most = max(2, int(width / LETTER))
    return words if len(words) <= most else words[: most - 1].rstrip() + "…"


def mark(kind: Mark, x: float, y: float) -> str:
    """Return the small sign of an outcome (flag) or a moment of truth (star)."""
    if not kind:
        return ""
    return f'<path class="mark{" solid" if kind == "truth" else ""}" d="M{x:.1f} {y:.1f}{SIGNS[kind]}"/>'


def link(address: str, spoken: str, body: str, css: str = "spot") -> str:
    """Return a drawn thing as a link with a full spoken label."""
    return f'<a class="{css}" href="{escape(address)}" aria-label="{escape(spoken)}">{body}</a>'


def box(x: float, y: float, width: float, height: float) -> str:
    """Return the card of a step."""
    return f'<rect class="card" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" rx="6"/>'


def room(tree: Tree) -> float:
    """Return the width of a step that holds every title, within bounds."""
    longest = max((len(s.title) + (3 if s.mark else 0) for s in tree.steps.values()), default=0)
    return min(WIDEST, max(NARROWEST, 18 + LETTER * longest))


def fitted(tree: Tree, size: Size, head: float, foot: float) -> tuple[Plan, list[Band]]:
    """Return a map laid out so that it fills a wide page: steps grow within bounds, then the gaps between them."""
    plan, bands = lay_out_stages(tree.stages, size, head, foot)
    if plan.width >= FULL:
        return plan, bands
    columns = (lay_out_stages(tree.stages, replace(size, step_width=size.step_width + 1), head, foot)[0]).width
    each = (FULL - plan.width) / max(1.0, columns - plan.width)
    grown = min(WIDEST + 12, size.step_width + each)
    return lay_out_stages(tree.stages, replace(size, step_width=grown, gap=size.gap + SPREAD), head, foot)


def width_of(flow: float, most: float) -> float:
    """Return how wide a road is drawn: linear in journeys, never thinner than 2."""
    return max(2.0, FLOW_WIDEST * flow / most) if most else 4.0


def draw_roads(plan: Plan) -> Iterator[str]:
    """Yield first every road's edge, then every road, as maps are printed: so crossings run into each other."""
    most = max((road.flow for road in plan.roads), default=0)
    widths = [(road, width_of(road.flow, most)) for road in plan.roads]
    yield from (f'<path class="{r.kind} edge" d="{r.path()}" stroke-width="{w + 2:.1f}"/>' for r, w in widths)
    over = sorted(widths, key=lambda each: each[0].kind in ("road", "fork"))
    yield from (f'<path class="{r.kind}" d="{r.path()}" stroke-width="{w:.1f}"/>' for r, w in over)
    yield from (_road_number(road, width) for road, width in widths if road.numbered and road.flow)


def _road_number(road: Road, width: float) -> str:
    (x1, y), (x2, _) = road.points[0], road.points[-1]
    number = f"{road.flow:,.0f}" if road.flow < 10_000 else f"{road.flow / 1000:,.0f}k"
    return text((x1 + x2) / 2, y - width / 2 - 5, number, "f", "middle")


def draw_heads(bands: Sequence[Band], lines: Mapping[str, Sequence[str]], height: float) -> Iterator[str]:
    """Yield the phases, and over each stage its name with the lines about it."""
    for phase, words in PHASES:
        of_phase = [band for band in bands if band.stage.phase == phase]
        if of_phase:
            left, right = of_phase[0].x, of_phase[-1].x + of_phase[-1].width
            yield f'<path class="phase" d="M{left + 1:.1f} 5H{right - 5:.1f}"/>' + text(left + 1, 20, words, "ph")
    for number, band in enumerate(bands):
        if number:
            yield f'<path class="rule" d="M{band.x - 3:.1f} 32V{height:.1f}"/>'
        yield text(band.x + 4, 45, short(worded(band.stage.name), band.width - 12), "st")
        for n, line in enumerate(lines.get(band.stage.name, ())):
            yield text(band.x + 4, 62 + 16 * n, short(line, 1.05 * band.width), "q")


def svg(size: tuple[float, float], label: str, body: str, css: str) -> str:
    """Return a whole drawing, in its natural size unless the sheet says otherwise."""
    width, height = size
    frame = f'class="drawn {css}" viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" height="{height:.0f}"'
    return f'<svg {frame} role="group" aria-label="{escape(label)}">{body}</svg>'
