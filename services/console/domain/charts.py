"""Small charts as SVG: a value against its target, shares over time, the audit of KPIs. Colours live in waypost.css.

Shares stand between 0 and 100 %. Every chart is an image to a screen reader and says its finding in its label; every
number of it stands in a table as well. What is not known has a gap, never a zero.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from services.console.domain.drawing import text
from services.console.domain.words import DASH, percent

WARNS_AT = 0.8  # share of KPIs that are not about the customer's gain
CLASSES = {
    "activity": "x-act",
    "output": "x-out",
    "outcome": "x-gain",
    "business result": "x-we",
    "perception": "x-feel",
}
ROOMY = 400  # pixels, from which on labels are written out


@dataclass(frozen=True, slots=True)
class Axis:
    """A linear scale from data to pixels."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Return the pixel of a value; what lies outside is drawn at the edge."""
        inside = min(max(value, self.low), self.high)
        return self.start + (inside - self.low) / ((self.high - self.low) or 1.0) * (self.end - self.start)


@dataclass(frozen=True, slots=True)
class Share:
    """A share of 1 with its 95 % interval; None: not known yet."""

    value: float | None
    low: float | None = None
    high: float | None = None

    def words(self) -> str:
        """Write it with its interval: `70 % (66 to 74)`."""
        if self.value is None:
            return "not known yet"
        if self.low is None or self.high is None:
            return percent(self.value)
        return f"{percent(self.value)} ({100 * self.low:.0f} to {100 * self.high:.0f})"


def chart(width: float, height: float, label: str, body: str, css: str) -> str:
    """Return a chart that a screen reader announces by its label."""
    size = f'viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" height="{height:.0f}"'
    return f'<svg class="chart {css}" {size} role="img" aria-label="{escape(label)}">{body}</svg>'


def bullet(share: Share, target: float, label: str, width: float = 240) -> str:
    """Draw a share with its interval against a target."""
    x = Axis(0, 1, 1, width - 1)
    body = f'<rect class="track" x="0" y="10" width="{width:.0f}" height="6"/>'
    if share.value is not None:
        body += f'<rect class="fill" x="0" y="10" width="{x(share.value):.1f}" height="6"/>'
    if share.low is not None and share.high is not None:
        low, high = x(share.low), x(share.high)
        body += f'<path class="whisker" d="M{low:.1f} 13H{high:.1f}M{low:.1f} 9v8M{high:.1f} 9v8"/>'
    return chart(width, 26, label, body + f'<path class="goal" d="M{x(target):.1f} 3v20"/>', "bullet")


@dataclass(frozen=True, slots=True)
class Series:
    """Values over time, the oldest first, None where one is not known; `most`: the end of the scale."""

    title: str
    values: Sequence[float | None]
    most: float
    said: Sequence[str]  # each value in words
    ends: tuple[str, str]  # the words below the first and the last value
    target: float | None = None
    interval: tuple[float, float] | None = None  # of the last value


def multiple(series: Series, width: float = 270) -> str:
    """Draw one of a row of small multiples, with the interval of the last value, and the target dashed."""
    height, left, right = 132.0, 42.0, width - 58
    x, y = Axis(0, max(1, len(series.values) - 1), left, right), Axis(0, series.most, height - 24, 30)
    known = [(x(n), y(value)) for n, value in enumerate(series.values) if value is not None]
    body = [text(0, 14, series.title, "name"), f'<path class="grid" d="M{left} {y(0):.1f}H{right:.1f}"/>']
    if series.target is not None:
        body.append(f'<path class="target" d="M{left} {y(series.target):.1f}H{right:.1f}"/>')
    body += [f'<path class="spark" d="{path}"/>' for path in _runs(series, x, y)]
    if series.values:
        body += _last(series, y, right)
    body += [f'<circle class="dot" cx="{at:.1f}" cy="{level:.1f}" r="2.6"/>' for at, level in known]
    body += [text(left, height - 4, series.ends[0], "q"), text(right, height - 4, series.ends[1], "q", "end")]
    latest = series.said[-1] if series.said else "nothing yet"
    label = f"{series.title}, {series.ends[0]} to {series.ends[1]}: {latest} in the last of {len(series.values)}"
    return chart(width, height, label, "".join(body), "multiple")


def _last(series: Series, y: Axis, right: float) -> list[str]:
    """Return the last value with its interval; of one that is not known a dash on the ground."""
    value = series.values[-1]
    if value is None:
        return [text(right + 8, y(0) + 4, DASH, "q")]
    body = [text(right + 8, y(value) + 5, series.said[-1], "n strong")]
    if series.interval:
        low, high = (y(each) for each in series.interval)
        body.append(f'<path class="whisker" d="M{right:.1f} {low:.1f}V{high:.1f}"/>')
    return body


def _runs(series: Series, x: Axis, y: Axis) -> list[str]:
    """Return the lines between values that are known, broken where one is not."""
    runs: list[list[str]] = [[]]
    for n, value in enumerate(series.values):
        if value is None:
            runs.append([])
        else:
            runs[-1].append(f"{x(n):.1f} {y(value):.1f}")
    return ["M" + "L".join(run) for run in runs if len(run) > 1]


def audit(classes: Sequence[tuple[str, int]], ratio: float, label: str, width: float = 620) -> str:
    """Draw the KPIs as one bar by class, the share that is not about the customer's gain, and where a report warns."""
    total = sum(count for _, count in classes) or 1
    x, body, at = Axis(0, total, 0, width), [], 0
    for n, (name, count) in enumerate(classes):
        css = CLASSES.get(name, "x-we")
        body += [_block(css, x(at + each), x(1)) for each in range(count)] if total <= width / 6 else []
        body += [_block(css, x(at), x(count))] if total > width / 6 else []
        body.append(_class_words(f"{count} {name}", (x(at) + 1, n), width))
        at += count
    limit = f"warning at {percent(WARNS_AT)}"
    body.append(f'<path class="limit" d="M{WARNS_AT * width:.1f} 20V62"/>')
    body.append(text(min(WARNS_AT * width, width - 50), 14, limit, "q", "middle"))
    body.append(f'<path class="brace" d="M1 24V20H{max(2.0, ratio * width - 2):.1f}V24"/>')
    about = " say what we did, not what came of it" if width > ROOMY else " what we did"
    body.append(text(1, 14, percent(ratio) + about, "n strong"))
    return chart(width, 82 + 16 * len(classes), label, "".join(body), "audit")


def _block(css: str, left: float, width: float) -> str:
    return f'<rect class="{css}" x="{left + 1:.1f}" y="30" width="{max(1.0, width - 3):.1f}" height="26" rx="2"/>'


def _class_words(words: str, at: tuple[float, int], width: float) -> str:
    """Write the words of a class below its blocks, each on a line of its own, so that none runs into another."""
    left, line = at
    late = left > width * 0.7
    return text(width if late else left, 74 + 16 * line, words, "q", "end" if late else "")
