"""Draws the laid-out map with everybody on it, as SVG. Colours live in waypost.css; every word is escaped here."""

from collections.abc import Iterator, Mapping, Sequence
from html import escape

from services.console.domain.board import Here, stage_here
from services.console.domain.layout import Band, Plan, Size, Spot, lay_out_stages
from services.console.domain.tree import Stage, Step, Tree, places, worded

HEAD, FOOT = 92.0, 18.0
LETTER = 6.4  # width of a letter, an estimate for system fonts
NARROWEST, WIDEST = 108.0, 168.0
FLAG = "v-10h7l-2 2.6 2 2.6h-7"
STAR = "m3-10.400 1.600 3.600 3.800.2-2.900 2.500.9 3.900-3.400-2.100-3.400 2.100.9-3.900-2.900-2.500 3.800-.2Z"
SIGNS = {"outcome": FLAG, "truth": STAR}


def text(x: float, y: float, words: object, css: str = "", anchor: str = "") -> str:
    """Return one line of text."""
    kind = f' class="{css}"' if css else ""
    side = f' text-anchor="{anchor}"' if anchor else ""
    return f'<text x="{x:.1f}" y="{y:.1f}"{kind}{side}>{escape(str(words))}</text>'


def short(words: str, width: float) -> str:
    """Cut a title that no step has room for; the link still says it in full."""
    most = max(2, int((width - 18) / LETTER))
    return words if len(words) <= most else words[: most - 1].rstrip() + "…"


def mark(step: Step, x: float, y: float) -> str:
    """Return the small sign of an outcome (flag) or a moment of truth (star)."""
    if not step.mark:
        return ""
    solid = " solid" if step.mark == "truth" else ""
    return f'<path class="mark{solid}" d="M{x:.1f} {y:.1f}{SIGNS[step.mark]}"/>'


def waits(here: Here, x: float, y: float, width: float, height: float = 6) -> str:
    """Return the bar of those who wait: in time grey, stalled red and taller."""
    if not here.here:
        return ""
    stalled = min(here.stalled, here.here) * width / here.here
    parts = f'<rect class="w-ok" x="{x:.1f}" y="{y:.1f}" width="{width - stalled:.1f}" height="{height}"/>'
    if stalled:
        left = x + width - stalled
        parts += f'<rect class="w-stalled" x="{left:.1f}" y="{y - 1:.1f}" width="{stalled:.1f}" height="{height + 2}"/>'
    return parts


def spoken(step: Step, here: Here) -> str:
    """Say a step for a screen reader."""
    stalled = f", {here.stalled} stalled" if here.stalled else ""
    plan = f", should take {step.within}" if step.within else ""
    return f"{step.title}: {here.here} here{stalled}{plan}"


def link(step: Step, here: Here, address: str, body: str) -> str:
    """Return a drawn step as a link to those who stand there."""
    return f'<a class="spot" href="{escape(address)}" aria-label="{escape(spoken(step, here))}">{body}</a>'


def stage_title(stage: Stage) -> str:
    """Return what a band is headed with."""
    return worded(stage.name)


def stage_line(stage: Stage, here: Mapping[str, Here]) -> str:
    """Return what a band says under its title: whose it is, or who is there."""
    if stage.owner:
        return stage.owner
    most, _ = stage_here(stage, here)
    return f"up to {most} at a step" if most else "nobody here"


def _card(spot: Spot, step: Step, here: Here) -> str:
    x, y, w = spot.x, spot.y, spot.width
    left, right = x + 9, x + w - 9
    parts = [
        f'<rect class="card" x="{x:.1f}" y="{y:.1f}" width="{w:.1f}" height="{spot.height:.1f}" rx="6"/>',
        text(left, y + 19, short(step.title, w - (14 if step.mark else 0)), "t"),
        mark(step, right - 8, y + 19),
        text(left, y + 44, here.here, "big" if here.here else "big none"),
        text(right, y + 44, step.within, "m", "end") if step.within else "",
        waits(here, left, y + 54, w - 18),
        text(left, y + 75, f"{here.stalled} stalled", "alarm") if here.stalled else "",
    ]
    return "".join(parts)


def _roads(plan: Plan) -> Iterator[str]:
    """Yield first every road's edge, then every road, as maps are printed: so crossings run into each other."""
    yield from (f'<path class="{r.kind} edge" d="{r.path()}"/>' for r in plan.roads)
    yield from (f'<path class="{r.kind}" d="{r.path()}"/>' for r in plan.roads)


def _heads(bands: Sequence[Band], here: Mapping[str, Here], height: float) -> Iterator[str]:
    for phase, words in (("pre-sale", "Before the sale"), ("post-sale", "After the sale")):
        of_phase = [band for band in bands if band.stage.phase == phase]
        if of_phase:
            left, right = of_phase[0].x, of_phase[-1].x + of_phase[-1].width
            yield f'<path class="phase" d="M{left + 1:.1f} 5H{right - 5:.1f}"/>' + text(left + 1, 20, words, "ph")
    for number, band in enumerate(bands):
        if number:
            yield f'<path class="rule" d="M{band.x - 3:.1f} 32V{height:.1f}"/>'
        yield text(band.x + 4, 47, short(stage_title(band.stage), band.width), "st")
        yield text(band.x + 4, 64, stage_line(band.stage, here), "q")


def room(tree: Tree) -> float:
    """Return the width of a step that holds every title, within bounds."""
    longest = max((len(s.title) + (2 if s.mark else 0) for s in tree.steps.values()), default=0)
    return min(WIDEST, max(NARROWEST, 18 + LETTER * longest))


def draw_map(tree: Tree, here: Mapping[str, Here], addresses: Mapping[str, str]) -> tuple[str, float]:
    """Return the map as SVG, and its width in its own units."""
    plan, bands = lay_out_stages(tree.stages, Size(room(tree)), HEAD, FOOT)
    body = [*_heads(bands, here, plan.height), *_roads(plan)]
    for spot in plan.spots:
        step, now = tree.steps[spot.name], here.get(spot.name, Here())
        body.append(link(step, now, addresses[spot.name], _card(spot, step, now)))
    words = f"{tree.title}: {len(tuple(s for stage in tree.stages for s in places(stage.path)))} steps"
    return (
        f'<svg class="drawn" viewBox="0 0 {plan.width:.0f} {plan.height:.0f}" role="group"'
        f' aria-label="{escape(words)}">{"".join(body)}</svg>'
    ), plan.width
