"""Parallel branches that one event can go on in: how many states of the path such touchpoints may mean.

Judging carries every state that a history may mean (docs/decisions/0101): with some hundred of them a touchpoint takes
tenths of a second, and from 1,000 the explanation is no longer surely the best.
"""

from collections.abc import Mapping
from math import prod
from typing import Final

from services.journey.domain.maps.model import AnyOrder, Matcher, Step, StepBlock
from services.journey.domain.maps.overlap import can_both_match
from services.journey.domain.maps.places import blocks_of

MANY_STATES: Final = 2_000  # measured with twelve branches: a touchpoint too many takes up to 0.6 s
SLOW_STATES: Final = 250  # measured: about 60 ms a touchpoint
MATCHERS_LIMIT: Final = 100  # of one block that are looked at: a map of thousands is linted in about a second


def ambiguity(block: AnyOrder, steps: Mapping[str, Step]) -> tuple[int, str]:
    """Return the most states that touchpoints of one event may mean in parallel branches, and that event."""
    branches = [
        [
            (*steps[inner.name].match, *steps[inner.name].replaced_by)
            for _, inner in blocks_of(branch)
            if isinstance(inner, StepBlock)
        ]
        for branch in block.branches
    ]
    known = {repr(matcher): matcher for branch in branches for place in branch for matcher in place}
    events = list(known.values())[:MATCHERS_LIMIT]
    return max(((_states(one, branches), one.event) for one in events), key=lambda found: found[0], default=(1, ""))


def size(block: AnyOrder) -> int:
    """Return how many states parallel branches have together: each may have gone on by any number of its steps."""
    return prod(1 + sum(isinstance(inner, StepBlock) for _, inner in blocks_of(branch)) for branch in block.branches)


def _states(event: Matcher, branches: list[list[tuple[Matcher, ...]]]) -> int:
    """Return in how many ways some of the branches can have gone on: each as far as the event takes it."""
    return prod(1 + sum(any(can_both_match(event, one) for one in place) for place in branch) for branch in branches)
