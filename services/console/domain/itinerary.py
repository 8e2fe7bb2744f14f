"""The same maps for narrow screens: from top to bottom, a row for each step, like a transit app."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from services.console.domain.drawing import short, svg, text
from services.console.domain.tree import Again, Around, Block, Fork, Nothing, Place, Row, Tree, worded

ROW, HEAD, WIDTH = 68.0, 46.0, 358.0
LANES = (12.0, 27.0, 42.0)  # the third lane holds every further branch
LEFT = 66.0
SIDE = 13.0  # how far an optional step lies beside its rail


@dataclass(frozen=True, slots=True)
class Stop:
    """A row: a step, the lane of its rail, and whether one may leave it out."""

    name: str
    lane: int = 0
    optional: bool = False

    @property
    def x(self) -> float:
        """Where the stop sits."""
        return LANES[self.lane] + (SIDE if self.optional else 0)


@dataclass(frozen=True, slots=True)
class Rail:
    """A branch beside the first lane: from one row to another."""

    lane: int
    rows: tuple[int, int]  # the branch's own
    span: tuple[int, int]  # those of the whole fork


@dataclass(frozen=True, slots=True)
class Look:
    """How an itinerary looks: its rows, how wide its rails are and which are lit, and the lines under its stages."""

    row: Callable[[Stop, float], str]
    width: Callable[[str], float]
    heads: Mapping[str, Sequence[str]]
    label: str
    css: str
    on: Collection[str] = ()


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
                begun.append((beside, (start, len(self.stops) - 1)))
        self.rails += [Rail(beside, rows, (first, len(self.stops) - 1)) for beside, rows in begun]


def draw_itinerary(tree: Tree, look: Look) -> str:
    """Return a map as a narrow SVG."""
    y, body = 0.0, []
    for number, stage in enumerate(tree.stages):
        rider = _Rider()
        rider.ride(stage.path, 0, optional=False)
        if number and rider.stops:
            body.append(_rail(look, rider.stops[0].name, f"M{LANES[0]} {y:.1f}v{HEAD}"))
        lines = " · ".join(look.heads.get(stage.name, ()))
        title = short(worded(stage.name), 180)
        body.append(f'<rect class="ground" x="0" y="{y + 8:.1f}" width="{WIDTH}" height="{HEAD - 16}"/>')
        body.append(text(2, y + 28, title, "st"))
        body.append(text(WIDTH - 2, y + 28, short(lines, 340 - 8 * len(title)), "q", "end"))
        body.append(f'<path class="rule" d="M0 {y + 37:.1f}H{WIDTH}"/>')
        y += HEAD
        body += _rails(rider, look, y)
        body += [look.row(stop, y + row * ROW) for row, stop in enumerate(rider.stops)]
        y += len(rider.stops) * ROW
    return svg((WIDTH, y), look.label, "".join(body), f"itinerary {look.css}")


def _rail(look: Look, step: str, path: str) -> str:
    lit = " on" if step in look.on else ""
    return f'<path class="rail{lit}" stroke-width="{look.width(step):.1f}" d="{path}"/>'


def _rails(rider: _Rider, look: Look, top: float) -> Iterator[str]:
    main = LANES[0]
    for row, stop in enumerate(rider.stops):
        if stop.lane == 0:
            y = top + row * ROW
            yield _rail(look, stop.name, f"M{main} {y - 8:.1f}V{y + ROW + 8:.1f}")
    for rail in rider.rails:
        x = LANES[rail.lane]
        start, end = top + rail.span[0] * ROW, top + (rail.span[1] + 1) * ROW
        out = f"M{main} {start - 8:.1f}C{main} {start + 12:.1f} {x} {start - 4:.1f} {x} {start + 16:.1f}V{end - 16:.1f}"
        back = f"C{x} {end + 4:.1f} {main} {end - 12:.1f} {main} {end + 8:.1f}"
        yield _rail(look, rider.stops[rail.rows[0]].name, out + back)
    for rail in rider.rails:  # the main line runs beside the branches of a fork
        first, last = rail.span
        yield _rail(look, rider.stops[first].name, f"M{main} {top + first * ROW:.1f}V{top + (last + 1) * ROW:.1f}")
    for row, stop in enumerate(rider.stops):
        if stop.optional:
            x, y = LANES[stop.lane], top + row * ROW
            out = f"M{x} {y - 2:.1f}C{x} {y + 12:.1f} {stop.x} {y + 4:.1f} {stop.x} {y + 20:.1f}"
            yield f'<path class="rail skip" d="{out}C{stop.x} {y + 40:.1f} {x} {y + 30:.1f} {x} {y + 46:.1f}"/>'
