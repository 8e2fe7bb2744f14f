"""Lays out a block-structured map: each block knows its size, its line of travel and who passed: no graph library."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate
from typing import Literal, TypeAlias

from services.console.domain.tree import Again, Around, Block, Fork, Nothing, Place, Row, Stage

Kind: TypeAlias = Literal["road", "fork", "skip", "back"]
Point: TypeAlias = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Spot:
    """A step in its place."""

    name: str
    x: float
    y: float
    width: float
    height: float

    @property
    def middle(self) -> float:
        """The x of the centre."""
        return self.x + self.width / 2

    @property
    def line(self) -> float:
        """The y of the centre."""
        return self.y + self.height / 2

    @property
    def right(self) -> float:
        """The x of the right edge."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """The y of the bottom edge."""
        return self.y + self.height


@dataclass(frozen=True, slots=True)
class Road:
    """A way between two places: a first point, then cubic curves of three points each, and how many drove on it."""

    points: tuple[Point, ...]
    kind: Kind
    flow: float = 0
    numbered: bool = False  # a piece of the main road that has room for its number

    def path(self) -> str:
        """Return the SVG path data."""
        (x, y), *rest = self.points
        curves = (rest[i : i + 3] for i in range(0, len(rest), 3))
        return f"M{x:.1f} {y:.1f}" + "".join("C" + " ".join(f"{a:.1f} {b:.1f}" for a, b in curve) for curve in curves)


@dataclass(frozen=True, slots=True)
class Size:
    """The measures of a drawing, in its own units, and how many journeys passed each step."""

    step_width: float = 116
    step_height: float = 84
    gap: float = 25
    fork: float = 18
    bypass: float = 15
    row: float = 30
    pad: float = 12
    lift: float = 14  # how far a way round lies above what it goes round
    passed: Mapping[str, int] = field(default_factory=dict)
    widths: Mapping[str, float] = field(default_factory=dict)  # of steps that are not step_width wide


@dataclass(frozen=True, slots=True)
class Plan:
    """A laid-out block, its origin at the top left; `line` is the height of its line of travel."""

    width: float
    height: float
    line: float
    enter: float = 0  # how many drove in
    leave: float = 0  # and out
    spots: tuple[Spot, ...] = ()
    roads: tuple[Road, ...] = ()

    def moved(self, dx: float, dy: float) -> "Plan":
        """Return the plan at another place; its size stays."""
        return replace(
            self,
            spots=tuple(replace(s, x=s.x + dx, y=s.y + dy) for s in self.spots),
            roads=tuple(replace(r, points=tuple((x + dx, y + dy) for x, y in r.points)) for r in self.roads),
        )


@dataclass(frozen=True, slots=True)
class Band:
    """A stage in its place."""

    stage: Stage
    x: float
    width: float


def bend(x1: float, y1: float, x2: float, y2: float) -> tuple[Point, ...]:
    """Return a curve that leaves and arrives level."""
    half = (x1 + x2) / 2
    return ((x1, y1), (half, y1), (half, y2), (x2, y2))


def straight(x1: float, x2: float, y: float) -> tuple[Point, ...]:
    """Return a level line as a curve."""
    return ((x1, y), (x1, y), (x2, y), (x2, y))


def throughput(block: Block, passed: Mapping[str, int]) -> float:
    """Return how many passed a block, ways round it left aside."""
    match block:
        case Place(name):
            return passed.get(name, 0)
        case Row(blocks):
            mandatory = [throughput(inner, passed) for inner in blocks if not isinstance(inner, Around)]
            return mandatory[0] if mandatory else max((throughput(inner, passed) for inner in blocks), default=0)
        case Fork("choice", branches):
            return sum(throughput(inner, passed) for inner in branches)
        case Fork(_, branches):
            return max((throughput(inner, passed) for inner in branches), default=0)
        case Around(inner) | Again(inner, _):
            return throughput(inner, passed)
        case Nothing():
            return 0


def _after(blocks: Sequence[Block], passed: Mapping[str, int], after: float) -> list[float]:
    """Return for each block how many passed what follows it and may not be left out."""
    found = []
    for block in reversed(blocks):
        found.append(after)
        if not isinstance(block, Around):
            after = throughput(block, passed)
    return found[::-1]


def lay_out(block: Block, size: Size, after: float = 0) -> Plan:
    """Lay out any block; `after` is how many passed what follows it, so that ways round have a width."""
    match block:
        case Place(name):
            spot = Spot(name, 0, 0, size.widths.get(name, size.step_width), size.step_height)
            came = size.passed.get(name, 0)
            return Plan(spot.width, spot.height, spot.height / 2, came, came, (spot,))
        case Row(blocks):
            following = _after(blocks, size.passed, after)
            return _row([lay_out(inner, size, then) for inner, then in zip(blocks, following, strict=True)], size.gap)
        case Fork(kind, branches):
            plans = [lay_out(inner, size, after) for inner in branches]
            return _fork(plans, size, "fork" if kind == "any_order" else "road")
        case Around(inner):
            plan = lay_out(inner, size, after)
            return _around(plan, size, max(0, after - plan.leave))
        case Again(do, redo):
            return _again(lay_out(do, size, after), lay_out(redo, size) if redo is not None else None, size)
        case Nothing():
            return Plan(size.gap, 8, 4, 0, 0, (), (Road(straight(0, size.gap, 4), "skip"),))


def lay_out_stages(stages: Sequence[Stage], size: Size, head: float, foot: float) -> tuple[Plan, list[Band]]:
    """Lay out a whole map, a band for each stage, all on one line of travel."""
    following = _after([stage.path for stage in stages], size.passed, 0)
    plans = [lay_out(stage.path, size, then) for stage, then in zip(stages, following, strict=True)]
    line = head + max(p.line for p in plans)
    height = line + max(p.height - p.line for p in plans) + foot
    x, placed, roads = 0.0, [], []
    bands: list[Band] = []
    for stage, plan in zip(stages, plans, strict=True):
        left, width = x + size.pad, plan.width + 2 * size.pad
        placed.append(plan.moved(left, line - plan.line))
        roads.append(Road(straight(x - size.pad if bands else x, left, line), "road", plan.enter, numbered=bool(bands)))
        bands.append(Band(stage, x, width))
        x += width
    roads.append(Road(straight(x - size.pad, x, line), "road", plans[-1].leave))
    return _together((x, height, line), placed, roads, (plans[0].enter, plans[-1].leave)), bands


def _together(
    size: tuple[float, float, float], plans: Sequence[Plan], roads: Sequence[Road], ends: tuple[float, float]
) -> Plan:
    spots = tuple(s for p in plans for s in p.spots)
    return Plan(*size, *ends, spots, (*roads, *(r for p in plans for r in p.roads)))


def _row(plans: Sequence[Plan], gap: float) -> Plan:
    if not plans:
        return Plan(gap, 8, 4, 0, 0, (), (Road(straight(0, gap, 4), "skip"),))
    line = max(p.line for p in plans)
    lefts = [0.0, *accumulate(p.width + gap for p in plans)][: len(plans)]
    placed = [p.moved(x, line - p.line) for p, x in zip(plans, lefts, strict=True)]
    roads = [
        Road(straight(x - gap, x, line), "road", p.enter, numbered=True)
        for p, x in zip(plans[1:], lefts[1:], strict=True)
    ]
    height = line + max(p.height - p.line for p in plans)
    ends = (plans[0].enter, plans[-1].leave)
    return _together((lefts[-1] + plans[-1].width, height, line), placed, roads, ends)


def _fork(plans: Sequence[Plan], size: Size, kind: Kind) -> Plan:
    inner = max(p.width for p in plans)
    tops = [0.0, *accumulate(p.height + size.row for p in plans)][: len(plans)]
    width, height = inner + 2 * size.fork, tops[-1] + plans[-1].height
    middle = len(plans) // 2
    line = tops[middle] + plans[middle].line if len(plans) % 2 else height / 2
    placed, roads = [], []
    for plan, top in zip(plans, tops, strict=True):
        x, y = size.fork + (inner - plan.width) / 2, top + plan.line
        placed.append(plan.moved(x, top))
        roads.append(Road((*bend(0, line, size.fork, y), (size.fork, y), (x, y), (x, y)), kind, plan.enter))
        end = (x + plan.width, y)
        out = (end, end, (width - size.fork, y), *bend(width - size.fork, y, width, line))
        roads.append(Road(out, kind, plan.leave))
    add = max if kind == "fork" else sum
    ends = (add(p.enter for p in plans), add(p.leave for p in plans))
    return _together((width, height, line), placed, roads, ends)


def _around(plan: Plan, size: Size, by: float) -> Plan:
    side, top = size.bypass, 0.0
    plan, lift = plan.moved(0, size.lift), size.lift
    width, line = plan.width + 2 * side, plan.line + lift
    up = ((0.0, line), (side * 0.9, line), (side * 0.1, top), (side + 10, top))
    across = ((side + 10, top), (width - side - 10, top), (width - side - 10, top))
    down = ((width - side * 0.1, top), (width - side * 0.9, line), (width, line))
    roads = [
        Road((*up, *across, *down), "skip", by),
        Road(straight(0, side, line), "road", plan.enter),
        Road(straight(width - side, width, line), "road", plan.leave),
    ]
    ends = (plan.enter + by, plan.leave + by)
    return _together((width, plan.height + lift, line), [plan.moved(side, 0)], roads, ends)


def _again(do: Plan, redo: Plan | None, size: Size) -> Plan:
    side = size.bypass
    back = redo or Plan(do.width, 8, 4)
    width = max(do.width, back.width) + 2 * side
    x, bx, by = (width - do.width) / 2, (width - back.width) / 2, do.height + size.row
    y, right = by + back.line, bx + back.width
    roads = [
        Road(straight(0, x, do.line), "road", do.enter),
        Road(straight(x + do.width, width, do.line), "road", do.leave),
        Road(((x + do.width, do.line), (width + 4, do.line), (width + 4, y), (right, y)), "back", back.enter),
        Road(((bx, y), (-4, y), (-4, do.line), (x, do.line)), "back", back.leave),
    ]
    if redo is None:
        roads.append(Road(straight(right, bx, y), "back"))
    ends = (do.enter, do.leave)
    return _together((width, by + back.height, do.line), [do.moved(x, 0), back.moved(bx, by)], roads, ends)
