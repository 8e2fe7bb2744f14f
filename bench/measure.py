"""A figure, what it should be, and how it is told: a table for people, build/bench.json for machines."""

import json
import operator
import os
import shutil
import statistics
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

BUILD = Path("build")
SCALE = float(os.environ.get("BENCH_SCALE", "1"))  # 1: 2 million stored touchpoints; QUICK=1 sets 0.05

_COMPARE = {">=": operator.ge, "<=": operator.le}


@dataclass(frozen=True, slots=True)
class Measure:
    """A figure. `target` is ">= 0.6" or "<= 300"; empty: told to explain another one."""

    name: str
    value: float
    target: str = ""

    @property
    def missed(self) -> bool:
        """Whether the figure falls short of its target."""
        if not self.target:
            return False
        sign, limit = self.target.split()
        return not _COMPARE[sign](self.value, float(limit))


def scaled(number: float, least: int = 1) -> int:
    """Return a size of the full run, at the scale of this run."""
    return max(least, round(number * SCALE))


def rounds() -> int:
    """Return how often each side of a ratio is measured."""
    return 5 if SCALE >= 1 else 2


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """Return the median of the ratios of neighbouring rounds: what slows both for a moment cancels out."""
    return statistics.median(mine / other for mine, other in zip(ours, theirs, strict=True))


@contextmanager
def scratch(name: str) -> Iterator[Path]:
    """Lend a folder on the disk of the checkout, not in memory, and remove it afterwards."""
    BUILD.mkdir(exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=f"bench-{name}-", dir=BUILD)).resolve()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def tell(measures: Sequence[Measure]) -> None:
    """Print figures as they come."""
    for measure in measures:
        wanted = f"{measure.target:>9}" + ("  missed" if measure.missed else "") if measure.target else ""
        print(f"{measure.name:<78} {measure.value:>12,.6g} {wanted}", flush=True)


def write(measures: Sequence[Measure], path: Path) -> None:
    """Leave figures for machines, as a list of {name, value, target}."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [{"name": m.name, "value": round(m.value, 6), "target": m.target} for m in measures]
    path.write_text(json.dumps(rows, indent=1) + "\n")
