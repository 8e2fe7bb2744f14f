"""The same map for narrow screens: from top to bottom, a row for each step, like a transit app."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from services.console.domain.board import Here
from services.console.domain.drawing import link, mark, short, stage_line, stage_title, text, waits
from services.console.domain.tree import Again, Around, Block, Fork, Nothing, Place, Row, Step, Tree

ROW, HEAD, WIDTH = 62.0, 48.0, 358.0
LANES = (12.0, 27.0, 42.0)  # the third lane holds every further branch
LEFT = 66.0
SIDE = 13.0  # how far an optional step lies beside its rail


@dataclass(frozen=True, slots=True)
class Stop:
    """A row: a step, the lane of its rail, and whether one may leave it out."""

    name: str
    lane: int = 0
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Rail:
    """A branch beside the first lane: from one row to another."""

    lane: int
    first: int
    last: int
    span: tuple[int, int]  # the rows of the whole fork


class _Rider:
    def __init__(self) -> None:
        self.stops: list[Stop] = []
        self.rails: list[Rail] = []

    def ride(self, block: Block, lane: int, *, optional: bool) -> None:
        match block:
            case Place(name):
                self.stops.append(Stop(name, lane, optional))
            case Row(blocks):
                for inner in blocks:
                    self.ride(inner, lane, optional=optional)
            case Fork(_, branches):
                self._fork(branches, lane, optional=optional)
            case Around(inner):
                self.ride(inner, lane, optional=True)
            case Again(do, redo):
                self.ride(do, lane, optional=optional)
                if redo is not None:
                    self.ride(redo, lane, optional=True)
            case Nothing():
                return

    def _fork(self, branches: Sequence[Block], lane: int, *, optional: bool) -> None:
        first, begun = len(self.stops), []
        for number, branch in enumerate(branches):
            start, beside = len(self.stops), min(lane + number, len(LANES) - 1)
            self.ride(branch, beside, optional=optional)
            if beside > lane and len(self.stops) > start:
                begun.append((beside, start, len(self.stops) - 1))
        self.rails += [Rail(beside, start, end, (first, len(self.stops) - 1)) for beside, start, end in begun]


def draw_itinerary(tree: Tree, here: Mapping[str, Here], addresses: Mapping[str, str]) -> str:
    """Return the map as a narrow SVG."""
    y, body = 0.0, []
    for number, stage in enumerate(tree.stages):
        rider = _Rider()
        rider.ride(stage.path, 0, optional=False)
        if number:
            body.append(f'<path class="rail" d="M{LANES[0]} {y:.1f}v{HEAD}"/>')
        body.append(f'<rect class="ground" x="0" y="{y + 8:.1f}" width="{WIDTH}" height="{HEAD - 16}"/>')
        body.append(text(2, y + 29, short(stage_title(stage), 200), "st"))
        body.append(text(WIDTH - 2, y + 29, stage_line(stage, here), "q", "end"))
        body.append(f'<path class="rule" d="M0 {y + 38:.1f}H{WIDTH}"/>')
        y += HEAD
        body += _rails(rider, y)
        for row, stop in enumerate(rider.stops):
            step, now = tree.steps[stop.name], here.get(stop.name, Here())
            body.append(link(step, now, addresses[stop.name], _row(step, now, y + row * ROW)))
            body.append(f'<circle class="stop" cx="{_x(stop)}" cy="{y + row * ROW + 20:.1f}" r="5.5"/>')
        y += len(rider.stops) * ROW
    return (
        f'<svg class="drawn itinerary" viewBox="0 0 {WIDTH:.0f} {y:.0f}" role="group"'
        f' aria-label="{escape(tree.title)}">{"".join(body)}</svg>'
    )


def _x(stop: Stop) -> float:
    return LANES[stop.lane] + (SIDE if stop.optional else 0)


def _rails(rider: _Rider, top: float) -> Iterator[str]:
    yield f'<path class="rail" d="M{LANES[0]} {top - 8:.1f}V{top + len(rider.stops) * ROW + 8:.1f}"/>'
    for rail in rider.rails:
        x, main = LANES[rail.lane], LANES[0]
        start, end = top + rail.span[0] * ROW, top + (rail.span[1] + 1) * ROW
        out = f"M{main} {start - 8:.1f}C{main} {start + 12:.1f} {x} {start - 4:.1f} {x} {start + 16:.1f}V{end - 16:.1f}"
        back = f"C{x} {end + 4:.1f} {main} {end - 12:.1f} {main} {end + 8:.1f}"
        yield f'<path class="rail" d="{out}{back}"/>'
    for row, stop in enumerate(rider.stops):
        if stop.optional:
            x, y = LANES[stop.lane], top + row * ROW
            aside = x + SIDE
            out = f"M{x} {y - 2:.1f}C{x} {y + 12:.1f} {aside} {y + 4:.1f} {aside} {y + 20:.1f}"
            yield f'<path class="rail skip" d="{out}C{aside} {y + 40:.1f} {x} {y + 30:.1f} {x} {y + 46:.1f}"/>'


def _row(step: Step, here: Here, y: float) -> str:
    right = WIDTH - 8
    stalled = text(right - 40, y + 23, f"{here.stalled} stalled", "alarm", "end") if here.stalled else ""
    detail = f"should take {step.within}" if step.within else "no time set"
    return (
        f'<rect class="row" x="{LEFT}" y="{y:.1f}" width="{WIDTH - LEFT}" height="{ROW - 6}" rx="6"/>'
        f"{text(LEFT + 9, y + 23, short(step.title, 170), 't')}{mark(step, LEFT + 16 + 6.9 * len(step.title), y + 23)}"
        f"{stalled}{text(right, y + 24, here.here, 'big' if here.here else 'big none', 'end')}"
        f"{waits(here, LEFT + 9, y + 31, right - LEFT - 9, 5)}{text(LEFT + 9, y + 49, detail, 'q')}"
    )
