"""Answers kept for a while: how old they may be, who waits for them, and what an error leaves."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from services.journey.learn.snapshots import MOST, USELESS_S, Snapshots


@dataclass
class Counting:
    """Makes numbered answers that take some seconds of a clock that only we move."""

    cost_s: float
    time: float = 0.0
    made: int = 0
    ended: threading.Event = field(default_factory=threading.Event)

    def make(self, _: tuple[str, ...]) -> int:
        """Take some seconds and return the next number."""
        self.made += 1
        self.time += self.cost_s
        self.ended.set()
        return self.made

    def now(self) -> float:
        """Return the time that only we move."""
        return self.time


def kept(maker: Counting) -> tuple[Snapshots[int], Callable[[float], int]]:
    snapshots = Snapshots(maker.make, maker.now)

    def ask_after(seconds: float) -> int:
        maker.time += seconds
        return snapshots.get("t", "onboarding")

    return snapshots, ask_after


def test_a_cheap_answer_is_made_anew_once_it_is_twenty_times_as_old_as_it_cost() -> None:
    _, ask_after = kept(Counting(cost_s=0.01))
    assert [ask_after(0), ask_after(0.19), ask_after(0.02), ask_after(10_000)] == [1, 1, 2, 3]


def test_a_dear_answer_is_given_as_it_is_and_made_anew_behind_it() -> None:
    maker = Counting(cost_s=1.0)
    _, ask_after = kept(maker)
    assert ask_after(0) == 1
    assert ask_after(19) == 1
    maker.ended.clear()
    assert ask_after(2) == 1, "nobody waits"
    assert maker.ended.wait(5)
    for thread in [thread for thread in threading.enumerate() if thread.name == "snapshot"]:
        thread.join(5)
    assert ask_after(1) == 2


def test_an_answer_too_old_for_anybody_is_waited_for() -> None:
    _, ask_after = kept(Counting(cost_s=1.0))
    assert [ask_after(0), ask_after(USELESS_S + 1)] == [1, 2]


def test_each_key_has_an_answer_of_its_own_and_the_least_asked_goes_first() -> None:
    maker = Counting(cost_s=1.0)
    snapshots, _ = kept(maker)
    for number in range(MOST + 1):
        assert snapshots.get("t", str(number)) == number + 1
    assert snapshots.get("t", str(MOST)) == MOST + 1
    assert snapshots.get("t", "0") == MOST + 2, "it had to make room"


def test_an_error_reaches_who_asks_and_nothing_is_kept() -> None:
    answers: list[Exception | int] = [OSError("disk"), 7]

    def make(_: tuple[str, ...]) -> int:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    snapshots = Snapshots(make)
    with pytest.raises(OSError, match="disk"):
        snapshots.get("t")
    assert snapshots.get("t") == 7


def test_many_who_ask_at_once_get_one_answer_made_once() -> None:
    entered, go_on = threading.Event(), threading.Event()
    made: list[int] = []

    def make(_: tuple[str, ...]) -> int:
        entered.set()
        go_on.wait(5)
        made.append(1)
        return len(made)

    snapshots = Snapshots(make, lambda: 1000.0 * len(made))
    found: list[int] = []
    threads = [threading.Thread(target=lambda: found.append(snapshots.get("t"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    assert entered.wait(5)
    go_on.set()
    for thread in threads:
        thread.join(5)
    assert found == [1] * 8
