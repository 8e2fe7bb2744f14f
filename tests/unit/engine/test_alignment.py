"""The alignment is exact: it equals the public logs' answers and a plain dense computation, whatever the map."""

import gzip
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.journey.domain.engine.alignment import TraceAligner
from services.journey.domain.maps.load import map_of_tree
from services.journey.domain.maps.model import (
    AnyOrder,
    Block,
    JourneyMap,
    Matcher,
    Optional,
    Sequence,
    Stage,
    StepBlock,
)
from tests.shared_data import shared_path
from tests.unit.engine.dense import costs
from tests.unit.engine.random_maps import WEIGHTS, blocks, map_of, steps_of

NAMES = st.sampled_from(["A", "B", "C", "D", "E"])
TRACES = st.lists(st.sampled_from(["A", "B", "C", "D", "E", "AB", "Odd"]), max_size=8)
LOGS = {"running_example": 6, "helpdesk": 226, "travel_international": 753, "sepsis": 846, "loans_2012": 1500}


@pytest.mark.parametrize(("log", "variants"), LOGS.items())
def test_every_prefix_and_every_finished_journey_of_a_public_log_costs_what_it_should(log: str, variants: int) -> None:
    with gzip.open(shared_path(f"oracle/{log}.json.gz")) as file:
        known: dict[str, Any] = json.load(file)
    aligner = TraceAligner(map_of_tree(known["tree"]))
    assert len(known["variants"]) == variants
    for variant in known["variants"]:
        aligned = aligner.align(variant["trace"], explain=True)
        assert list(aligned.prefix_costs) == variant["prefix_costs"]
        assert aligned.complete_cost == variant["complete_cost"]
        assert sum("matched" not in move for move in aligned.moves) == variant["complete_cost"]


@settings(max_examples=300, deadline=None)
@given(block=blocks(NAMES), trace=TRACES, extra=WEIGHTS, skip=WEIGHTS)
def test_costs_equal_a_dense_computation(block: Block, trace: list[str], extra: int, skip: int) -> None:
    shared = tuple(name for name in ("A", "B") if name in steps_of(block))
    aligned = TraceAligner(map_of(block, extra, skip, shared)).align(trace)
    symbols = [frozenset(shared) if event == "AB" else frozenset({event}) for event in trace]
    prefix_costs, complete = costs(block, symbols, extra, skip)
    assert list(aligned.prefix_costs) == prefix_costs
    assert aligned.complete_cost == complete


@settings(max_examples=300, deadline=None)
@given(block=blocks(NAMES), trace=TRACES, extra=WEIGHTS, skip=WEIGHTS)
def test_the_moves_are_a_valid_way_through_the_map_and_cost_what_is_claimed(
    block: Block, trace: list[str], extra: int, skip: int
) -> None:
    shared = tuple(name for name in ("A", "B") if name in steps_of(block))
    aligned = TraceAligner(map_of(block, extra, skip, shared)).align(trace, explain=True)
    walked = [step for move in aligned.moves for key, step in move.items() if key != "customer_only"]
    extras = sum("customer_only" in move for move in aligned.moves)
    skips = sum("map_only" in move for move in aligned.moves)
    assert extras * extra + skips * skip == aligned.complete_cost
    assert costs(block, [frozenset({step}) for step in walked], 1, 1)[1] == 0
    assert extras + sum("matched" in move for move in aligned.moves) == len(trace)


@pytest.mark.timeout(60)  # a moment; what tries every order would take days
def test_eight_parallel_branches_are_aligned_quickly() -> None:
    branches = [Sequence((StepBlock(f"a{n}"), StepBlock(f"b{n}"), StepBlock(f"c{n}"))) for n in range(8)]
    block = Sequence((AnyOrder(tuple(Optional(b) if n % 2 else b for n, b in enumerate(branches))), StepBlock("end")))
    trace = [f"{part}{n}" for part in "abc" for n in (3, 0, 6, 2, 4, 1, 5)]
    aligned = TraceAligner(map_of(block)).align([*trace, "end", "b0", "b1"])
    assert aligned.prefix_costs == (*(0,) * 22, 1, 2)
    assert aligned.complete_cost == 2


def test_an_unknown_event_costs_only_where_the_map_counts_it() -> None:
    listed = JourneyMap("m", (Stage("", StepBlock("A")),), map_of(StepBlock("A")).steps, ignore=(Matcher("Ping"),))
    assert TraceAligner(listed).align(["A", "Odd", "Ping"], explain=True).moves == ({"matched": "A"},)
    counted = JourneyMap("m", listed.stages, listed.steps, ignore=listed.ignore, unmapped="count")
    aligned = TraceAligner(counted).align(["A", "Odd", "Ping"], explain=True)
    assert aligned.moves == ({"matched": "A"}, {"customer_only": "Odd"})
    assert aligned.prefix_costs == (0, 1, 1)
