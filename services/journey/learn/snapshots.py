"""Answers that are dear to make, made now and then: no older than twenty times what they cost.

A map of a few hundred journeys is counted anew for nearly every question; one of a hundred thousand takes a second, and
is counted at most every twenty. While an older answer is still of use it is given at once, and a newer one is made
behind it. One answer is made at a time for each question, whoever asks meanwhile.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from shared.clock import monotonic
from shared.logs import get_log

TIMES_ITS_COST = 20.0
PATIENCE_S = 0.05  # an answer that costs less is made while the asker waits
USELESS_S = 300.0  # an older answer is given to nobody
MOST = 64

Key = tuple[str, ...]  # what an answer is about: tenant, map, version
Answer = TypeVar("Answer")

_log = get_log(__name__)


@dataclass(slots=True)
class _Kept(Generic[Answer]):
    lock: threading.Lock = field(default_factory=threading.Lock)
    answer: Answer | None = None
    made_at: float = float("-inf")
    cost_s: float = 0.0


class Snapshots(Generic[Answer]):
    """The answers that were made last, by what is asked; safe to ask from many threads."""

    def __init__(self, make: Callable[[Key], Answer], now: Callable[[], float] = monotonic) -> None:
        """Make answers with `make`, which may raise: then whoever waits for it gets the error, and nothing is kept."""
        self._make = make
        self._now = now
        self._lock = threading.Lock()
        self._kept: OrderedDict[Key, _Kept[Answer]] = OrderedDict()

    def get(self, *asked: str) -> Answer:
        """Return an answer that is fresh enough. Raises what `make` raises."""
        kept = self._find(asked)
        answer, age = kept.answer, self._now() - kept.made_at
        if answer is not None:
            if age < TIMES_ITS_COST * kept.cost_s:
                return answer
            if kept.cost_s > PATIENCE_S and age < USELESS_S:
                self._behind(asked, kept)
                return answer
        with kept.lock:
            if kept.answer is None or self._now() - kept.made_at >= TIMES_ITS_COST * kept.cost_s:
                return self._renew(asked, kept)
            return kept.answer

    def _find(self, asked: Key) -> _Kept[Answer]:
        with self._lock:
            kept = self._kept.setdefault(asked, _Kept())
            self._kept.move_to_end(asked)
            if len(self._kept) > MOST:
                self._kept.popitem(last=False)
            return kept

    def _renew(self, asked: Key, kept: _Kept[Answer]) -> Answer:
        began = self._now()
        answer = kept.answer = self._make(asked)
        kept.made_at = self._now()
        kept.cost_s = kept.made_at - began
        return answer

    def _behind(self, asked: Key, kept: _Kept[Answer]) -> None:
        if not kept.lock.acquire(blocking=False):
            return  # somebody makes it already

        def run() -> None:
            try:
                self._renew(asked, kept)
            except Exception as error:  # noqa: BLE001 (the older answer serves until it can be made again)
                _log.warning("an answer could not be made anew", asked=asked, error=repr(error))
            finally:
                kept.lock.release()

        try:
            threading.Thread(target=run, name="snapshot", daemon=True).start()
        except RuntimeError as error:  # no more threads: the next who asks tries again
            kept.lock.release()
            _log.warning("an answer could not be made anew", asked=asked, error=repr(error))
