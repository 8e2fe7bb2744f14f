"""How soon something happens, when not all is known yet: the estimators behind outcomes (docs/outcomes.md).

A *stay* is a length of time and how it ended: `reached`, `lost`, or *open*, which means not yet (censored). `incidence`
is the Aalen-Johansen estimate of the share that has reached, or was lost, by each length: loss takes the chance of
reaching away, so it is a competing risk and never mere absence of news. Without loss, one minus it is Kaplan and
Meier's estimate; without open stays it is the plain share.
"""

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

OPEN, REACHED, LOST = 0, 1, 2  # how a stay ended
Z: Final = 1.959963984540054  # the normal quantile of 97.5 %: intervals are of 95 %
TAIL: Final = 0.025
HALF: Final = 0.5  # stands in where no logarithm is taken
EPSILON: Final = 1e-12  # below this, shares differ by rounding alone

Numbers = NDArray[np.float64]
Lengths = NDArray[np.int64]
Fates = NDArray[np.int8]  # OPEN, REACHED or LOST of each stay


class Share(NamedTuple):
    """A share of all stays with its 95 % interval."""

    share: float
    low: float
    high: float


class Quantile(NamedTuple):
    """By which length a share has reached, with its 95 % interval; None: not within what was observed."""

    length: int | None
    low: int | None
    high: int | None


@dataclass(frozen=True, slots=True)
class Incidence:
    """The share reached and lost by each length at which something happened, in order of length."""

    at: Lengths
    reached: Numbers
    lost: Numbers
    low: Numbers  # of the share reached
    high: Numbers
    at_risk: Lengths  # neither reached, lost nor censored just before
    size: int  # stays
    open: Lengths  # lengths of the open stays, in order
    last: int  # the longest length observed; 0 without stays

    def by(self, length: int) -> Share:
        """Return the share reached by a length. Past the last one observed it is no estimate: see `last`."""
        index = int(np.searchsorted(self.at, length, "right")) - 1
        if index < 0:
            return Share(0.0, 0.0, _none_of(self._known(length)))
        return Share(float(self.reached[index]), float(self.low[index]), float(self.high[index]))

    def quantile(self, share: float) -> Quantile:
        """Return by which length a share has reached; its interval is where that of the curve has come so far."""
        return Quantile(*(self._first(values, share) for values in (self.reached, self.high, self.low)))

    def _first(self, values: Numbers, share: float) -> int | None:
        found = np.flatnonzero(values >= share - EPSILON)
        return int(self.at[found[0]]) if len(found) else None

    def _known(self, length: int) -> int:
        """Return of how many stays it is known how they stand at a length."""
        return self.size - int(np.searchsorted(self.open, length, "left"))


def incidence(lengths: Lengths, fates: Fates) -> Incidence:
    """Estimate from stays: their lengths and how they ended. At one length, what happens precedes what is cut off."""
    order = np.argsort(lengths, kind="stable")
    lengths, fates = lengths[order], fates[order]
    open_ = lengths[fates == OPEN]
    at, begin = np.unique(lengths, return_index=True)
    reaching, losing = (_count(fates == fate, begin) for fate in (REACHED, LOST))
    happened = reaching + losing > 0
    at, at_risk = at[happened], len(lengths) - begin[happened].astype(np.int64)
    reaching, losing = reaching[happened], losing[happened]
    left = np.cumprod(1 - (reaching + losing) / at_risk)
    before = np.concatenate((np.ones(min(len(left), 1)), left[:-1]))
    reached, lost = np.cumsum(before * reaching / at_risk), np.cumsum(before * losing / at_risk)
    variance = _variance(reached, before, reaching, reaching + losing, at_risk)
    known = len(lengths) - np.searchsorted(open_, at, "left")
    low, high = _intervals(reached, variance, known.astype(np.float64))
    return Incidence(
        at, reached, lost, low, high, at_risk, len(lengths), open_, int(lengths[-1]) if len(lengths) else 0
    )


def _count(which: NDArray[np.bool_], begin: NDArray[np.intp]) -> Numbers:
    return np.add.reduceat(which.astype(np.float64), begin) if len(begin) else np.zeros(0)


def _variance(reached: Numbers, before: Numbers, reaching: Numbers, ending: Numbers, at_risk: Lengths) -> Numbers:
    """Return the variance of the share reached, by the delta method; without loss it is Greenwood's.

    With F the share reached, S the share left, d of n ending, r of them reaching, it sums over the lengths so far
    (F - F_i)^2 d / n(n - d) + S^2 r(n - r) / n^3 - 2 (F - F_i) S r / n^2, here with the squares multiplied out.
    """
    n = at_risk.astype(np.float64)
    ended = np.divide(ending, n * (n - ending), out=np.zeros_like(n), where=n > ending)  # else F stays as it is: 0
    cross = before * reaching / n**2
    own = before**2 * reaching * (n - reaching) / n**3
    a, b, c = np.cumsum(ended), np.cumsum(ended * reached), np.cumsum(ended * reached**2)
    found: Numbers = reached**2 * a - 2 * reached * b + c + np.cumsum(own)
    found += 2 * np.cumsum(reached * cross) - 2 * reached * np.cumsum(cross)
    return found.clip(min=0.0)


def _intervals(share: Numbers, variance: Numbers, known: Numbers) -> tuple[Numbers, Numbers]:
    """Return 95 % intervals: by the normal law on the scale log(-log(1 - share)), exact where all or none have."""
    none, all_ = share <= EPSILON, share >= 1 - EPSILON
    left = np.where(none | all_, HALF, 1 - share)
    spread = np.exp(Z * np.sqrt(variance) / (left * -np.log(left)))
    most = 1 - TAIL ** (1 / known)
    low = np.where(none, 0.0, np.where(all_, 1 - most, 1 - left ** (1 / spread)))
    return low, np.where(none, most, np.where(all_, 1.0, 1 - left**spread))


def _none_of(known: int) -> float:
    """Return the greatest share that still leaves a chance of 2.5 % to see none in so many."""
    return 1 - TAIL ** (1 / known) if known else 1.0
