"""The frontier keeps every optimal alignment: certain is what all of them share, and the one chosen is canonical."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.journey.domain.engine.build import build
from services.journey.domain.engine.entries import EXTRA, Symbol, Weights, chain
from services.journey.domain.engine.frontier import Aligner, Prefix
from services.journey.domain.engine.graph import Graph
from services.journey.domain.maps.model import AnyOrder, Block, Choice, Optional, Repeat, Sequence, Stage, StepBlock
from tests.unit.engine.dense import common_moves
from tests.unit.engine.random_maps import WEIGHTS, blocks, steps_of

NAMES = st.sampled_from(["A", "B", "C", "D"])
A, B, C, D, E, F = (StepBlock(name) for name in "ABCDEF")


def prefix_of(block: Block, trace: list[str], extra: int = 1, skip: int = 1) -> Prefix:
    graph = Graph(build((Stage("", block),)))
    symbols = {name: Symbol((name,)) for name in trace}
    prefix = Aligner(graph, Weights(extra, skip)).start
    for name in trace:
        prefix = prefix.child(symbols[name])
    return prefix


def moves(block: Block, trace: str) -> str:
    """Return the canonical explanation as `=A -B +C`."""
    prefix = prefix_of(block, list(trace))
    places = prefix.aligner.graph.places
    told: list[str] = []
    for entry in chain(prefix.best):
        told += [f"-{places[place].step}" for place in entry.trail if place >= 0]
        told.append(f"+{entry.step}" if entry.place == EXTRA else f"={entry.step}")
    return " ".join(told)


@settings(max_examples=400, deadline=None)
@given(
    block=blocks(NAMES), trace=st.lists(st.sampled_from("ABCDE"), min_size=1, max_size=5), extra=WEIGHTS, skip=WEIGHTS
)
def test_certain_moves_are_those_of_all_optimal_alignments(
    block: Block, trace: list[str], extra: int, skip: int
) -> None:
    known = [name for name in trace if name in steps_of(block)]
    if known:
        assert dict(prefix_of(block, known, extra, skip).certain()) == common_moves(block, known, extra, skip)


@settings(max_examples=200, deadline=None)
@given(block=blocks(NAMES), trace=st.lists(NAMES, min_size=1, max_size=7))
def test_the_canonical_explanation_does_not_depend_on_how_far_the_bound_was_raised(
    block: Block, trace: list[str]
) -> None:
    lazy, dense = prefix_of(block, trace), prefix_of(block, trace)
    dense.within(100)
    assert dense.bound == 100
    assert [(one.place, one.trail, one.step) for one in chain(lazy.best)] == [
        (one.place, one.trail, one.step) for one in chain(dense.best)
    ]
    assert (lazy.cost, lazy.certain()) == (dense.cost, dense.certain())


SIX = Sequence((A, B, C, D, E, F))
CANONICAL = [
    ("a single skip is seen at the next touchpoint", SIX, "AC", "=A -B =C"),
    ("what was skipped and came later makes the early one the extra", SIX, "ACB", "=A +C =B"),
    ("one that came far too early is an extra", SIX, "AD", "=A +D"),
    ("two that came early were not early", SIX, "ADE", "=A -B -C =D =E"),
    ("an extra of a step seen before is preferred to one not seen", SIX, "AAB", "=A +A =B"),
    ("of two branches as long the first is skipped", Sequence((Choice((A, B)), C)), "C", "-A =C"),
    ("a round is begun only where it must be", Sequence((Repeat(A, B), C)), "AAC", "=A +A =C"),
    ("an optional block is left out freely", Sequence((A, Optional(B), C)), "AC", "=A =C"),
]


@pytest.mark.parametrize(("block", "trace", "told"), [row[1:] for row in CANONICAL], ids=[row[0] for row in CANONICAL])
def test_canonical(block: Block, trace: str, told: str) -> None:
    assert moves(block, trace) == told


def test_where_states_are_let_go_the_cost_is_an_upper_bound_and_nothing_is_exact() -> None:
    branches = AnyOrder(tuple(StepBlock(f"s{number}") for number in range(6)))
    graph = Graph(build((Stage("", Sequence((A, branches, B))),)))
    events = ["A", *(f"s{number}" for number in range(6)), "B", "s1", "s2", "s3"]
    symbols = {event: Symbol((event,)) for event in events}
    full, small = Aligner(graph, Weights()).start, Aligner(graph, Weights(), limit=4).start
    for event in events:
        full, small = full.child(symbols[event]), small.child(symbols[event])
    assert (full.cost, full.exact) == (3, True)
    assert small.cost >= 3
    assert not small.exact
    assert small.size <= 4
