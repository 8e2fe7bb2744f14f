"""What all drawings of a map are made of: lines of text, signs, roads, heads. Every word is escaped here.

Colours live in waypost.css. Sizes are in the drawing's own units, which are pixels where it has room.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from html import escape

from services.console.domain.layout import Band, Plan, Road, Size, lay_out_stages
from services.console.domain.tree import Again, Around, Block, Fork, Mark, Place, Row, Tree, worded

LETTER = 6.4  # width of a letter, an estimate for system fonts
BOLD = 7.0  # and of one in bold
NARROWEST, WIDEST = 76.0, 180.0
LINE = 14.0  # from the first line of a title to the second
FULL = 1180.0  # that a map fills at least, and that a window of 1280 pixels has room for
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


def short(words: str, width: float, letter: float = LETTER) -> str:
    """Cut words that have no room; the link or the table still says them in full."""
    most = max(2, int(width / letter))
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


def wrapped(words: str, width: float, letter: float = LETTER) -> list[str]:
    """Return words in one line, or in two where they have no room; what the second cannot hold is cut."""
    lines = min(halves(words)[1:], key=longest, default=(words,))
    if letter * len(words) <= width:
        lines = (words,)
    return [short(line, width, letter) for line in lines]


def halves(words: str) -> list[tuple[str, ...]]:
    """Return words in one line, and every way to break them into two: at a space, or behind a hyphen."""
    parts = re.split("(?<=[ -])", words, maxsplit=12)
    return [(words,), *(("".join(parts[:n]).rstrip(), "".join(parts[n:])) for n in range(1, len(parts)))]


def longest(lines: Sequence[str]) -> int:
    """Return how many letters the longest line has."""
    return max(map(len, lines))


def title_room(title: str) -> float:
    """Return the width of a step whose title stands in one line, or in two."""
    return 18 + BOLD * min(map(longest, halves(title)))


def title(x: float, y: float, words: str, width: float) -> str:
    """Return the title of a step, in one line or two."""
    return "".join(text(x, y + LINE * n, line, "t") for n, line in enumerate(wrapped(words, width, BOLD)))


def widths_of(block: Block, need: Callable[[str], float]) -> dict[str, float]:
    """Return how wide each step is drawn: as it needs, within bounds; what stands one below the other alike."""
    parts: Sequence[Block] = ()
    match block:
        case Place(name):
            return {name: min(WIDEST, max(NARROWEST, need(name)))}
        case Row(blocks) | Fork(_, blocks):
            parts = blocks
        case Around(inner):
            parts = (inner,)
        case Again(do, redo):
            parts = (do,) if redo is None else (do, redo)
    found: dict[str, float] = {}
    for part in parts:
        found |= widths_of(part, need)
    beside = isinstance(block, Row | Around)
    return found if beside else dict.fromkeys(found, max(found.values(), default=0))


def fitted(tree: Tree, size: Size, need: Callable[[str], float]) -> Size:
    """Return the size in which a map fills a wide page: steps as wide as they need, then wider within bounds."""
    least: dict[str, float] = {}
    for stage in tree.stages:
        least |= widths_of(stage.path, need)

    def sized(more: float) -> Size:
        return replace(size, widths={name: min(WIDEST, each + more) for name, each in least.items()})

    def width(more: float) -> float:
        return lay_out_stages(tree.stages, sized(more), 0, 0)[0].width

    natural = width(0)
    fit = sized((FULL - natural) / max(1.0, width(1) - natural) if natural < FULL else 0)
    broken = any(len(wrapped(tree.steps[name].title, each - 18, BOLD)) > 1 for name, each in fit.widths.items())
    return replace(fit, step_height=size.step_height + (LINE if broken else 0))


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
    return text((x1 + x2) / 2, y - width / 2 - 5, rounded(road.flow), "f", "middle")


def rounded(flow: float) -> str:
    """Write how many passed, in four letters at most: the table has it exactly."""
    for unit, name in ((1_000_000, "M"), (1000, "k")):
        if flow >= 0.9995 * unit:
            return f"{flow / unit:.1f}{name}" if flow < 9.95 * unit else f"{flow / unit:.0f}{name}"
    return f"{flow:.0f}"


def head_of(tree: Tree, height: float) -> float:
    """Return how high the heads are; a map without stages has none."""
    return height if any(stage.name or stage.phase for stage in tree.stages) else 24


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
        name = short(worded(band.stage.name), band.width - 12, 8)
        owner, parts = band.stage.owner, lines.get(band.stage.name, ())
        beside = LETTER * len(owner) <= band.width - 16 - 8 * len(name)
        who = f'<tspan class="q" dx="8">{escape(owner)}</tspan>' if owner and beside else ""
        yield f'<text class="st" x="{band.x + 4:.1f}" y="45">{escape(name)}{who}</text>' if name else ""
        for n, line in enumerate(flowed(parts if beside else (owner, *parts), band.width)):
            yield text(band.x + 4, 62 + 15 * n, short(line, 1.05 * band.width), "q")


def flowed(parts: Sequence[str], width: float) -> list[str]:
    """Return parts of a line in as few lines as have room for them."""
    lines: list[str] = []
    for part in parts:
        longer = f"{lines[-1]}, {part}" if lines else part
        lines = [*lines[:-1], longer] if LETTER * len(longer) <= width or not lines else [*lines, part]
    return lines


def svg(size: tuple[float, float], label: str, body: str, css: str, least: float = 0) -> str:
    """Return a whole drawing, in its natural size unless the sheet says otherwise; a small one amid `least`."""
    width, height = max(size[0], least), size[1]
    box = f"{(size[0] - width) / 2:.0f} 0 {width:.0f} {height:.0f}"
    frame = f'class="drawn {css}" viewBox="{box}" width="{width:.0f}" height="{height:.0f}"'
    return f'<svg {frame} role="group" aria-label="{escape(label)}">{body}</svg>'
