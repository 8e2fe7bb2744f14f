"""The estimators against published figures, another program's, exact fractions, and data whose truth is known."""

from fractions import Fraction
from math import exp, log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.journey.domain.survival import LOST, OPEN, REACHED, Incidence, Share, incidence

Stay = tuple[int, int]
STAYS = st.lists(st.tuples(st.integers(0, 12), st.sampled_from((OPEN, REACHED, LOST))), min_size=1, max_size=40)


def estimate(stays: list[Stay]) -> Incidence:
    return incidence(
        np.array([length for length, _ in stays], dtype=np.int64), np.array([fate for _, fate in stays], dtype=np.int8)
    )


# Weeks in remission of 21 patients under 6-mercaptopurine (Freireich et al. 1963), a + as in the paper: still in it.
REMISSION = "6 6 6 6+ 7 9+ 10 10+ 11+ 13 16 17+ 19+ 20+ 22 23 25+ 32+ 32+ 34+ 35+"
# The share left as textbooks print it, and the 95 % interval as lifelines 0.30.3 computes it.
LEFT = {
    6: (0.857143, 0.619718, 0.951552),
    7: (0.806723, 0.563147, 0.922809),
    10: (0.752941, 0.503200, 0.889362),
    13: (0.690196, 0.431610, 0.849066),
    16: (0.627451, 0.367511, 0.804912),
    22: (0.537815, 0.267779, 0.746791),
    23: (0.448179, 0.188052, 0.680143),
}


def test_without_loss_it_is_the_published_estimate_of_kaplan_and_meier() -> None:
    curve = estimate([(int(each.rstrip("+")), OPEN if "+" in each else REACHED) for each in REMISSION.split(" ")])

    assert curve.at.tolist() == list(LEFT)
    for week, (left, low, high) in LEFT.items():
        found = curve.by(week)
        assert (1 - found.share, 1 - found.high, 1 - found.low) == pytest.approx((left, low, high), abs=1e-6)
    assert curve.quantile(0.5) == (23, 13, None)
    assert curve.quantile(0.8).length is None
    assert curve.last == 35


COMPETING = list(
    zip(
        (10, 20, 30, 40, 50, 55, 70, 80, 90, 100, 110, 120, 130, 140, 160, 180, 190, 210, 220, 300),
        (1, 2, 1, 0, 1, 2, 1, 0, 1, 2, 1, 0, 1, 2, 0, 1, 0, 2, 0, 0),
        strict=True,
    )
)
# As the AalenJohansenFitter of lifelines 0.30.3 computes it, without jitter: share reached and its variance.
REACHED_BY = {
    10: (0.050000, 0.002375),
    30: (0.100000, 0.004500),
    50: (0.153125, 0.006640),
    70: (0.206250, 0.008476),
    90: (0.263802, 0.010357),
    110: (0.321354, 0.011841),
    130: (0.386100, 0.013441),
    180: (0.463796, 0.015348),
    210: (0.463796, 0.015348),
}


def test_with_loss_it_is_the_estimate_of_aalen_and_johansen_with_its_variance() -> None:
    curve = estimate(COMPETING)
    for at, (share, variance) in REACHED_BY.items():
        found = curve.by(at)
        assert found.share == pytest.approx(share, abs=1e-6)
        spread = 1.959964 * variance**0.5 / ((1 - share) * -log(1 - share))
        assert (found.low, found.high) == pytest.approx(
            (1 - (1 - share) ** exp(-spread), 1 - (1 - share) ** exp(spread)), abs=1e-4
        )


def by_hand(stays: list[Stay], until: int, cause: int) -> Fraction:
    """Return the share by weighing each that ended by the chance of being watched so long: another way to the same."""
    watched, total = Fraction(1), Fraction(0)
    for length in range(until + 1):
        total += watched * sum(stay == (length, cause) for stay in stays)
        at_risk = sum(one > length or (one == length and fate == OPEN) for one, fate in stays)
        if at_risk:
            watched /= 1 - Fraction(sum(stay == (length, OPEN) for stay in stays), at_risk) or Fraction(1)
    return total / len(stays)


@given(STAYS)
def test_it_equals_exact_fractions_worked_out_in_another_way(stays: list[Stay]) -> None:
    curve = estimate(stays)
    for place, at in enumerate(curve.at.tolist()):
        assert float(curve.reached[place]) == pytest.approx(float(by_hand(stays, at, REACHED)), abs=1e-9)
        assert float(curve.lost[place]) == pytest.approx(float(by_hand(stays, at, LOST)), abs=1e-9)


@given(STAYS.map(lambda stays: [(length, fate or LOST) for length, fate in stays]), st.integers(0, 12))
def test_where_all_is_known_it_is_the_plain_share(stays: list[Stay], by: int) -> None:
    plain = sum(fate == REACHED and length <= by for length, fate in stays) / len(stays)
    assert estimate(stays).by(by).share == pytest.approx(plain, abs=1e-9)


@given(STAYS, st.integers(0, 12))
def test_what_is_cut_off_later_does_not_matter_before(stays: list[Stay], by: int) -> None:
    cut = [(length, fate) if length <= by else (by + 1, OPEN) for length, fate in stays]
    assert estimate(cut).by(by) == pytest.approx(estimate(stays).by(by), abs=1e-9)


@given(STAYS)
def test_shares_rise_lie_within_their_intervals_and_leave_room_for_each_other(stays: list[Stay]) -> None:
    curve = estimate(stays)
    reached, lost = curve.reached, curve.lost
    assert np.all(np.diff(reached) >= -1e-12)
    assert np.all(reached + lost <= 1 + 1e-9)
    assert np.all((curve.low <= reached + 1e-9) & (reached <= curve.high + 1e-9))
    assert np.all((curve.low >= 0) & (curve.high <= 1))


def test_small_numbers_have_honest_intervals() -> None:
    assert estimate([]).by(9) == Share(0.0, 0.0, 1.0)
    assert estimate([(5, OPEN)] * 10).by(5) == pytest.approx((0, 0, 1 - 0.025**0.1))
    assert estimate([(5, OPEN)] * 10).by(6).high == 1.0  # nobody was watched so long
    assert estimate([(5, REACHED)] * 10).by(5) == pytest.approx((1, 0.025**0.1, 1))
    assert estimate([(1, REACHED), (2, LOST)] * 50).by(2) == pytest.approx((0.5, 0.406, 0.602), abs=2e-3)


def test_the_interval_holds_the_truth_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(3)
    held = 0
    for _ in range(400):
        reach, lose, watch = rng.exponential(20, 60), rng.exponential(40, 60), rng.uniform(5, 60, 60)
        lengths = np.minimum(np.minimum(reach, lose), watch)
        fates = np.where(lengths == reach, REACHED, np.where(lengths == lose, LOST, OPEN))
        found = incidence((lengths * 1000).astype(np.int64), fates.astype(np.int8)).by(25_000)
        truth = (1 / 20) / (1 / 20 + 1 / 40) * (1 - exp(-25 * (1 / 20 + 1 / 40)))
        held += found.low <= truth <= found.high
    assert 0.92 <= held / 400 <= 0.98


def test_completed_stays_alone_tell_of_a_haste_that_is_not_there() -> None:
    """P90 is 25.2 d; watched for 30 days while they come in, those who are through say half of that."""
    rng = np.random.default_rng(11)
    through, estimated = [], []
    for _ in range(400):
        truth = np.exp(np.log(25.2) - 1.28155 * 0.95 + 0.95 * rng.normal(size=100))
        watched = rng.uniform(0, 30, 100)
        through.append(np.quantile(truth[truth <= watched], 0.9))
        lengths = (np.minimum(truth, watched) * 1e6).astype(np.int64)
        found = incidence(lengths, np.where(truth <= watched, REACHED, OPEN).astype(np.int8)).quantile(0.9)
        estimated += [found.length / 1e6] if found.length is not None else []
    assert np.mean(through) == pytest.approx(13.1, abs=0.8)
    assert np.mean(estimated) == pytest.approx(22.2, abs=0.8)


def test_loss_taken_for_absence_of_news_promises_what_will_not_come() -> None:
    """With the step at 0.0611 a day and churn at 0.0313: 62 % do the step in 30 days; without the lost, 84 %."""
    rng = np.random.default_rng(12)
    step, churn = rng.exponential(1 / 0.0611, 20_000), rng.exponential(1 / 0.0313, 20_000)
    lengths = (np.minimum(step, churn) * 1e6).astype(np.int64)
    fates = np.where(step < churn, REACHED, LOST).astype(np.int8)
    assert incidence(lengths, fates).by(30_000_000).share == pytest.approx(0.62, abs=0.01)
    assert incidence(lengths, np.where(fates == LOST, OPEN, fates).astype(np.int8)).by(
        30_000_000
    ).share == pytest.approx(0.84, abs=0.01)
