"""When a channel is left in peace, and when it is tried again."""

import pytest

from services.alerts.delivery.breaker import PAUSES, Breaker
from services.alerts.delivery.channel import Outcome, Result
from shared.clock import MINUTE, SECOND

NOW = 1_000 * MINUTE


def after(*results: Result, now: int = NOW) -> Breaker:
    breaker = Breaker()
    for result in results:
        breaker = breaker.after(Outcome(result, f"said {result}"), now)
    return breaker


def test_two_failures_are_bad_luck_and_three_open_the_breaker() -> None:
    assert after("refused", "unreachable").state(NOW) == "closed"
    assert after("refused", "unreachable", "busy").state(NOW) == "open"


def test_when_the_time_has_come_one_attempt_decides() -> None:
    broken = after("refused", "refused", "refused")
    assert broken.state(NOW + PAUSES[0] - 1) == "open"
    assert broken.state(NOW + PAUSES[0]) == "half_open"
    assert broken.after(Outcome("refused", ""), NOW + PAUSES[0]).state(NOW + PAUSES[0]) == "open"
    works = broken.after(Outcome("delivered", "HTTP 200"), NOW + PAUSES[0])
    assert (works.state(NOW), works.failures, works.delivered_at) == ("closed", 0, NOW + PAUSES[0])


@pytest.mark.parametrize(("failures", "pause"), [*enumerate((0, 0, *PAUSES), 1), (50, PAUSES[-1])])
def test_the_pause_grows_with_the_failures_up_to_ten_minutes(failures: int, pause: int) -> None:
    results: list[Result] = ["unreachable"] * failures
    assert after(*results).retry_at == NOW + pause


@pytest.mark.parametrize(("asked", "pause"), [(90 * SECOND, 90 * SECOND), (None, 0), (10**15, 10 * MINUTE)])
def test_a_busy_receiver_is_left_in_peace_as_long_as_it_asks(asked: int | None, pause: int) -> None:
    assert Breaker().after(Outcome("busy", "HTTP 429", asked), NOW).retry_at == NOW + pause


def test_one_that_is_gone_stays_so() -> None:
    assert after("gone").state(NOW + 1_000_000 * MINUTE) == "open"


@pytest.mark.parametrize("before", [after("gone"), after("busy", "gone"), after("refused", "refused", "refused")])
def test_resumed_one_attempt_decides(before: Breaker) -> None:
    resumed = before.resumed(NOW)
    assert resumed.state(NOW) == "half_open"
    assert resumed.after(Outcome("refused", ""), NOW).state(NOW) == "open"
    assert resumed.after(Outcome("delivered", ""), NOW).state(NOW) == "closed"


@pytest.mark.parametrize("before", [Breaker(), after("delivered", "refused")])
def test_what_works_is_resumed_as_it_is(before: Breaker) -> None:
    assert before.resumed(NOW) == before


def test_what_was_delivered_last_is_remembered_over_failures() -> None:
    assert after("delivered", "refused").delivered_at == NOW
