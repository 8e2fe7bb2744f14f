"""The curve of time to value: which share has reached the outcome by when, its shade, and who is still counted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.console.domain.charts import ROOMY, Axis, chart
from services.console.domain.drawing import text
from services.console.domain.words import NBSP, number, percent
from shared.times import SECOND
from shared.times import span as length

Json = Mapping[str, Any]

UNITS = ((86_400, "d"), (3600, "h"), (60, "min"), (1, "s"))
MARKS = (1, 2, 5, 7, 10, 14, 15, 20, 30, 60, 90, 120, 180, 365, 730, 1825, 3650)
MOST_TICKS = 200  # that the journey service tells: where there are more, only some of them
TOP, PLOT, LEFT = 14.0, 236.0, 46.0


@dataclass(frozen=True, slots=True)
class Curve:
    """What is drawn: `points` as the journey service says them, seconds since the journey opened."""

    points: Sequence[Json]
    open_at: Sequence[float]
    last: float  # until when somebody was watched
    until: float  # where the drawing ends
    target: tuple[float, float] | None = None  # share, seconds
    median: str = ""

    @staticmethod
    def of(given: Json, target: Json | None) -> "Curve":
        """Return the curve of an answer."""
        aim = (float(target["share"]), float(target["within_s"])) if target and target.get("within_s") else None
        last = max(
            [float(given.get("last_observed_s") or 0.0), *(float(each["at_s"]) for each in given["curve"])],
        )
        until = max(last, 1.2 * aim[1] if aim else 0.0, 60.0)
        return Curve(given["curve"], given.get("open_at_s") or (), last, until, aim, median_words(given))


def span(seconds: float) -> str:
    """Write a length of time with three figures, so that intervals can be told apart: 8.9 d."""
    return length(seconds * SECOND).replace(" ", NBSP)


def median_words(given: Json) -> str:
    """Return the median time to value in words; one that was not reached yet is longer than what was watched."""
    if given.get("median_s") is not None:
        return span(given["median_s"])
    return f"> {span(given['last_observed_s'])}" if given.get("last_observed_s") else "not known yet"


def time_to_value(curve: Curve, label: str, width: float = 700) -> str:
    """Draw the curve; None of its numbers is only here: the table beside it has them."""
    x, y = Axis(0, curve.until, LEFT, width - 92), Axis(0, 1, TOP + PLOT, TOP)
    marks = _marks(curve.until, 5 if width > ROOMY else 3)
    body = [*_ground(x, y, marks), _band(curve, x, y), f'<path class="curve" d="{_steps(curve, x, y)}"/>']
    body += [f'<path class="tick" d="M{x(at):.1f} {y(_at(curve, at)) - 3:.1f}v6"/>' for at in curve.open_at]
    end, level = x(curve.last) + 8, y(_at(curve, curve.last))
    body.append(text(end, level + 1, percent(_at(curve, curve.last)), "name"))
    body.append(text(end, level + 16, f"median {curve.median}", "q"))
    if curve.target:
        body.append(_aim(curve.target, x, y, roomy=width > ROOMY))
    bottom = y(0) + 40
    body.append(text(2, bottom, "Still counted", "q"))
    body += [text(x(at), bottom + 17, _counted(curve, at), "n", "middle") for at, _ in marks]
    return chart(width, bottom + 26, label, "".join(body), "ttv")


def _marks(until: float, most: int) -> list[tuple[float, str]]:
    """Return where the axis has words, and which: whole units, at most so many beside the beginning."""
    unit, name = next(((size, name) for size, name in UNITS if until >= 2 * size), UNITS[-1])
    step = next((mark for mark in MARKS if until / unit / mark <= most), MARKS[-1]) * unit
    return [(n * step, f"{n * step // unit} {name}" if n else "0") for n in range(int(until // step) + 1)]


def _ground(x: Axis, y: Axis, marks: Sequence[tuple[float, str]]) -> list[str]:
    body = []
    for share in (0, 0.25, 0.5, 0.75, 1):
        body.append(f'<path class="grid" d="M{LEFT} {y(share):.1f}H{x.end:.1f}"/>')
        body.append(text(LEFT - 7, y(share) + 4, percent(share), "q", "end"))
    return body + [text(x(at), y(0) + 18, words, "q", "middle") for at, words in marks]


def _band(curve: Curve, x: Axis, y: Axis) -> str:
    """Draw the 95 % interval as a shade, in the steps of the curve."""
    known = [p for p in curve.points if p.get("low") is not None and p.get("high") is not None]
    if not known:
        return ""
    upper, lower = [], []
    for n, point in enumerate(known):
        until = x(float(known[n + 1]["at_s"]) if n + 1 < len(known) else curve.last)
        at = x(float(point["at_s"]))
        upper += [f"{at:.1f} {y(float(point['high'])):.1f}", f"{until:.1f} {y(float(point['high'])):.1f}"]
        lower += [f"{at:.1f} {y(float(point['low'])):.1f}", f"{until:.1f} {y(float(point['low'])):.1f}"]
    return f'<path class="band" d="M{"L".join([*upper, *reversed(lower)])}Z"/>'


def _steps(curve: Curve, x: Axis, y: Axis) -> str:
    path = f"M{x(0):.1f} {y(0):.1f}"
    path += "".join(f"H{x(float(p['at_s'])):.1f}V{y(float(p['reached'])):.1f}" for p in curve.points)
    return f"{path}H{x(curve.last):.1f}"


def _at(curve: Curve, at: float) -> float:
    """Return the share that has reached the outcome by a time."""
    return max((float(p["reached"]) for p in curve.points if float(p["at_s"]) <= at), default=0.0)


def _counted(curve: Curve, at: float) -> str:
    """Return how many were still counted at a time: those at the next step, and the open ones that end before it.

    Empty where that is not known, because not every open journey was told.
    """
    following = next((p for p in curve.points if float(p["at_s"]) >= at), None)
    counted = following.get("at_risk") if following else 0
    if counted is None or (following is None and len(curve.open_at) >= MOST_TICKS):
        return ""
    until = float(following["at_s"]) if following else float("inf")
    between = sum(at <= each < until for each in curve.open_at) if len(curve.open_at) < MOST_TICKS else 0
    return number(int(counted) + between)


def _aim(target: tuple[float, float], x: Axis, y: Axis, *, roomy: bool) -> str:
    share, within = target
    at, level = x(within), y(share)
    words = f"target {percent(share)}" + (f" by {span(within)}" if roomy else "")
    side = "end" if at > x.end - 130 else ""
    cross = f'<path class="target" d="M{at - 6:.1f} {level:.1f}h12M{at:.1f} {level - 6:.1f}v12"/>'
    return cross + text(at - 10 if side else at + 10, level - 8, words, "target-t", side)
