"""Orders of two steps in a path, against listing the runs one by one."""

from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from services.journey.domain.maps.model import AnyOrder, Block, Choice, Optional, Repeat, Sequence, Silent, StepBlock
from services.journey.domain.maps.places import meeting, orders, places_of

LONGEST = 7
leaf = st.one_of(st.sampled_from([StepBlock("s"), StepBlock("t"), StepBlock("x")]), st.just(Silent()))


def _grow(inner: "st.SearchStrategy[Block]") -> "st.SearchStrategy[Block]":
    several = st.lists(inner, min_size=1, max_size=3).map(tuple)
    return st.one_of(
        several.map(Sequence),
        several.map(Choice),
        several.map(AnyOrder),
        inner.map(Optional),
        st.tuples(inner, st.none() | inner).map(lambda pair: Repeat(*pair)),
    )


def _shuffles(one: str, other: str) -> set[str]:
    if not one or not other:
        return {one + other}
    return {one[0] + rest for rest in _shuffles(one[1:], other)} | {
        other[0] + rest for rest in _shuffles(one, other[1:])
    }


def _runs(block: Block) -> set[str]:
    """All runs of up to LONGEST steps, repeats walked up to three times."""
    found = {""}
    match block:
        case StepBlock(name):
            found = {name}
        case Sequence(blocks):
            for child in blocks:
                found = {a + b for a, b in product(found, _runs(child))}
        case AnyOrder(branches):
            for child in branches:
                found = {run for a, b in product(found, _runs(child)) for run in _shuffles(a, b)}
        case Choice(branches):
            found = set().union(*map(_runs, branches))
        case Optional(inner):
            found |= _runs(inner)
        case Repeat(do, redo):
            once, again = _runs(do), _runs(redo) if redo else {""}
            found = set(once)
            for _ in range(2):
                found |= {_short(a + b + c) for a, b, c in product(found, again, once)}
    return {_short(run) for run in found}


def _short(run: str) -> str:
    """Only whose first time came first counts, so a run may be kept as its first s and t."""
    return "".join(sorted(set(run) & {"s", "t"}, key=run.index))


@settings(deadline=None)
@given(st.recursive(leaf, _grow, max_leaves=6))
def test_orders_are_those_of_the_runs(block: Block) -> None:
    places = places_of(Sequence((block,)))
    s, t = (tuple(place.path for place in places if place.name == name) for name in "st")
    assert orders(Sequence((block,)), s, t) == _runs(block)


def test_two_places_meet_in_the_innermost_block_that_holds_both() -> None:
    inner = Choice((StepBlock("s"), StepBlock("t")))
    root = Sequence((StepBlock("x"), inner))
    assert meeting(root, (1, 0), (1, 1)) == inner
    assert meeting(root, (0,), (1, 1)) == root
    assert meeting(root, (1, 0), (1, 0)) == StepBlock("s")
