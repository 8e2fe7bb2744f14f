"""How a customer drove: from step to step along the map's own roads, or round it where the map has none."""

from collections import deque
from collections.abc import Iterable, Sequence
from itertools import pairwise

from services.console.domain.layout import Plan, Point, Road, Spot

Pair = tuple[str, str]


def legs(steps: Iterable[str]) -> list[Pair]:
    """Return the pairs of steps that follow each other, each once: a way driven twice is drawn once."""
    return list(dict.fromkeys((a, b) for a, b in pairwise(steps) if a != b))


class Driver:
    """Finds ways on a laid-out map."""

    def __init__(self, plan: Plan) -> None:
        """Know the roads by where they begin; a step that stands twice is found at its first place."""
        self.spots: dict[str, Spot] = {}
        for spot in plan.spots:
            self.spots.setdefault(spot.name, spot)
        self._roads: dict[Point, list[Road]] = {}
        for road in plan.roads:
            self._roads.setdefault(_near(road.points[0]), []).append(road)

    def way(self, a: str, b: str) -> str:
        """Return the SVG path from one step to another; empty where one of them is not on the map."""
        start, goal = self.spots.get(a), self.spots.get(b)
        if start is None or goal is None:
            return ""
        return self._drive(start, goal) or hop(start, goal)

    def ways(self, pairs: Sequence[Pair], css: str, more: str = "") -> str:
        """Return the drawn ways of many legs."""
        found = (self.way(a, b) for a, b in pairs)
        return "".join(f'<path class="{css}"{more} d="{way}"/>' for way in found if way)

    def _drive(self, a: Spot, b: Spot) -> str:
        """Return the way along the roads alone, or nothing if the map has none."""
        goal, first = _near((b.x, b.line)), _near((a.right, a.line))
        waiting, seen = deque([(first, "")]), {first}
        while waiting:
            place, way = waiting.popleft()
            if place == goal and way:
                return way
            for road in self._roads.get(place, ()):
                end = _near(road.points[-1])
                if end not in seen:
                    seen.add(end)
                    waiting.append((end, way + road.path()))
        return ""


def _near(point: Point) -> Point:
    return round(point[0] + 0.01), round(point[1] + 0.01)


def hop(a: Spot, b: Spot) -> str:
    """Return the way where the map has no road: below when back, swinging in from below when ahead."""
    if b.x < a.x:
        below = max(a.bottom, b.bottom) + 40
        return (
            f"M{a.middle:.1f} {a.bottom:.1f}C{a.middle:.1f} {below:.1f} {b.middle:.1f} {below:.1f}"
            f" {b.middle:.1f} {b.bottom:.1f}"
        )
    if b.x == a.x:
        side = a.x - 22
        return f"M{a.x:.1f} {a.line + 9:.1f}C{side:.1f} {a.line + 9:.1f} {side:.1f} {b.line:.1f} {b.x:.1f} {b.line:.1f}"
    return (
        f"M{a.right:.1f} {a.line + 12:.1f}C{a.right + 60:.1f} {a.line + 12:.1f} {b.x - 60:.1f} {b.line + 14:.1f}"
        f" {b.x:.1f} {b.line + 14:.1f}"
    )
