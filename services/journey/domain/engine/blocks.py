"""The path of a map as a tree of nodes that can tell how to go on: what is enabled, what a match or an end would skip.

Everything is worked out node by node, so the product of parallel branches is never built. Silent moves are folded in:
a state is always the one just after a visible step.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from services.journey.domain.engine.ways import NOTHING, Exit, Inner, State, Way, after, both, shared_steps

DONE: State = (0, ())
ROUND, AGAIN = 0, 1  # phases of a loop: in `do`, in `redo`


@dataclass(frozen=True, eq=False)
class Place:
    """One place of a step in the path; its index is its place in document order, the same in every effective map."""

    index: int
    step: str
    stage: int

    def leave(self, state: Inner) -> Exit:
        """Skip the step unless it is done."""
        return Exit((self.index,), 1, (self.step,)) if state is None else NOTHING

    def enter(self, state: Inner, step: str) -> Iterator[Way]:
        """Match the step unless it is done."""
        if state is None and step == self.step:
            yield Way(self.index, DONE, (), 0, ())

    def enabled(self, state: Inner) -> tuple[int, ...]:
        """Return this place unless it is done."""
        return (self.index,) if state is None else ()

    def free(self, state: Inner) -> bool:
        """Tell whether the node can be left without a skip."""
        return state is not None

    def ahead(self, state: Inner) -> tuple[int, ...]:
        """Return the places still to come in this round."""
        return (self.index,) if state is None else ()

    def inside(self) -> tuple["Place", ...]:
        """Return the places of the node in document order."""
        return (self,)


@dataclass(frozen=True, eq=False)
class Silence:
    """Nothing to do."""

    def leave(self, state: Inner) -> Exit:  # noqa: ARG002  the nodes share one shape
        """Cost nothing."""
        return NOTHING

    def enter(self, state: Inner, step: str) -> Iterator[Way]:  # noqa: ARG002  as above
        """Match nothing."""
        yield from ()

    def enabled(self, state: Inner) -> tuple[int, ...]:  # noqa: ARG002  as above
        """Return nothing."""
        return ()

    def free(self, state: Inner) -> bool:  # noqa: ARG002  as above
        """Return True."""
        return True

    def ahead(self, state: Inner) -> tuple[int, ...]:  # noqa: ARG002  as above
        """Return nothing."""
        return ()

    def inside(self) -> tuple[Place, ...]:
        """Return nothing."""
        return ()


@dataclass(frozen=True, eq=False)
class Series:
    """Blocks one after the other; state: the block of the last visible step and the state in it."""

    blocks: "tuple[Node, ...]"

    def _rest(self, state: Inner) -> "Iterator[tuple[int, Node, Inner]]":
        at, inner = (state[0], state[1][0]) if state is not None else (0, None)
        for index in range(at, len(self.blocks)):
            yield index, self.blocks[index], inner if index == at else None

    def leave(self, state: Inner) -> Exit:
        """Finish every block that is left."""
        total = NOTHING
        for _, block, inner in self._rest(state):
            total = both(total, block.leave(inner))
        return total

    def enter(self, state: Inner, step: str) -> Iterator[Way]:
        """Match in a block that is left, finishing those before it."""
        prefix = NOTHING
        for index, block, inner in self._rest(state):
            for way in block.enter(inner, step):
                yield after(prefix, way, (index, (way.state,)))
            prefix = both(prefix, block.leave(inner))

    def enabled(self, state: Inner) -> tuple[int, ...]:
        """Return those of the current block and, while blocks can be left freely, of the following ones."""
        found: tuple[int, ...] = ()
        for _, block, inner in self._rest(state):
            found += block.enabled(inner)
            if not block.free(inner):
                break
        return found

    def free(self, state: Inner) -> bool:
        """Tell whether every block that is left can be left freely."""
        return all(block.free(inner) for _, block, inner in self._rest(state))

    def ahead(self, state: Inner) -> tuple[int, ...]:
        """Return what is left of the current block and all of the following ones."""
        return tuple(place for _, block, inner in self._rest(state) for place in block.ahead(inner))

    def inside(self) -> tuple[Place, ...]:
        """Return the places of all blocks."""
        return tuple(place for block in self.blocks for place in block.inside())


@dataclass(frozen=True, eq=False)
class Fork:
    """Exactly one branch; state: the branch taken and the state in it."""

    branches: "tuple[Node, ...]"

    def leave(self, state: Inner) -> Exit:
        """Finish the branch taken, or the cheapest one: ties in document order."""
        if state is not None:
            return self.branches[state[0]].leave(state[1][0])
        exits = [branch.leave(None) for branch in self.branches]
        best = min(exits, key=lambda exit_: exit_.skips)
        common = best.common
        for exit_ in exits:
            if exit_.skips == best.skips:
                common = shared_steps(common, exit_.common)
        return Exit(best.trail, best.skips, common)

    def _open(self, state: Inner) -> "Iterator[tuple[int, Node, Inner]]":
        if state is not None:
            yield state[0], self.branches[state[0]], state[1][0]
        else:
            for index, branch in enumerate(self.branches):
                yield index, branch, None

    def enter(self, state: Inner, step: str) -> Iterator[Way]:
        """Match in the branch taken, or in any."""
        for index, branch, inner in self._open(state):
            for way in branch.enter(inner, step):
                yield way._replace(state=(index, (way.state,)))

    def enabled(self, state: Inner) -> tuple[int, ...]:
        """Return those of the branch taken, or of all."""
        return tuple(place for _, branch, inner in self._open(state) for place in branch.enabled(inner))

    def free(self, state: Inner) -> bool:
        """Tell whether the branch taken, or any, can be left freely."""
        return any(branch.free(inner) for _, branch, inner in self._open(state))

    def ahead(self, state: Inner) -> tuple[int, ...]:
        """Return what is left of the branch taken, or all."""
        return tuple(place for _, branch, inner in self._open(state) for place in branch.ahead(inner))

    def inside(self) -> tuple[Place, ...]:
        """Return the places of all branches."""
        return tuple(place for branch in self.branches for place in branch.inside())


@dataclass(frozen=True, eq=False)
class Parallel:
    """All branches, in any order; state: the state in each."""

    branches: "tuple[Node, ...]"

    def _each(self, state: Inner) -> "Iterator[tuple[int, Node, Inner]]":
        for index, branch in enumerate(self.branches):
            yield index, branch, state[1][index] if state is not None else None

    def leave(self, state: Inner) -> Exit:
        """Finish every branch."""
        total = NOTHING
        for _, branch, inner in self._each(state):
            total = both(total, branch.leave(inner))
        return total

    def enter(self, state: Inner, step: str) -> Iterator[Way]:
        """Match in one branch; the others need not move for it."""
        inners = state[1] if state is not None else (None,) * len(self.branches)
        for index, branch, inner in self._each(state):
            for way in branch.enter(inner, step):
                yield way._replace(state=(0, (*inners[:index], way.state, *inners[index + 1 :])))

    def enabled(self, state: Inner) -> tuple[int, ...]:
        """Return those of every branch."""
        return tuple(place for _, branch, inner in self._each(state) for place in branch.enabled(inner))

    def free(self, state: Inner) -> bool:
        """Tell whether every branch can be left freely."""
        return all(branch.free(inner) for _, branch, inner in self._each(state))

    def ahead(self, state: Inner) -> tuple[int, ...]:
        """Return what is left of every branch."""
        return tuple(place for _, branch, inner in self._each(state) for place in branch.ahead(inner))

    def inside(self) -> tuple[Place, ...]:
        """Return the places of all branches."""
        return tuple(place for branch in self.branches for place in branch.inside())


@dataclass(frozen=True, eq=False)
class Maybe:
    """A block that may be left out; state: the state in it."""

    block: "Node"

    def leave(self, state: Inner) -> Exit:
        """Leave it out, or finish it once begun."""
        return NOTHING if state is None else self.block.leave(state)

    def enter(self, state: Inner, step: str) -> Iterator[Way]:
        """Match inside."""
        return self.block.enter(state, step)

    def enabled(self, state: Inner) -> tuple[int, ...]:
        """Return those inside."""
        return self.block.enabled(state)

    def free(self, state: Inner) -> bool:
        """Tell whether it is not begun, or can be left freely."""
        return state is None or self.block.free(state)

    def ahead(self, state: Inner) -> tuple[int, ...]:
        """Return what is left inside."""
        return self.block.ahead(state)

    def inside(self) -> tuple[Place, ...]:
        """Return the places inside."""
        return self.block.inside()


@dataclass(frozen=True, eq=False)
class Loop:
    """`do`, then any number of times `redo` and `do`; state: the phase and the state in it, not the round."""

    index: int
    do: "Node"
    redo: "Node"

    def _at(self, state: Inner) -> tuple[int, Inner]:
        return (state[0], state[1][0]) if state is not None else (ROUND, None)

    def leave(self, state: Inner) -> Exit:
        """Finish the round."""
        phase, inner = self._at(state)
        if phase == ROUND:
            return self.do.leave(inner)
        return both(self.redo.leave(inner), self.do.leave(None))

    def enter(self, state: Inner, step: str) -> Iterator[Way]:
        """Match in this round or, finishing it, in the next one."""
        phase, inner = self._at(state)
        laps: tuple[int, ...] = ()
        prefix = NOTHING
        if phase == AGAIN:
            for way in self.redo.enter(inner, step):
                yield way._replace(state=(AGAIN, (way.state,)))
            prefix, inner = self.redo.leave(inner), None
        for way in self.do.enter(inner, step):
            yield after(prefix, way, (ROUND, (way.state,)))
        prefix = both(prefix, self.do.leave(inner))
        laps = (~self.index,)
        for way in self.redo.enter(None, step):
            yield after(prefix, way, (AGAIN, (way.state,)), laps)
        prefix = both(Exit(prefix.trail + laps, prefix.skips, prefix.common), self.redo.leave(None))
        for way in self.do.enter(None, step):
            yield after(prefix, way, (ROUND, (way.state,)))

    def enabled(self, state: Inner) -> tuple[int, ...]:
        """Return those of this round and, where it can be left freely, the first of the next."""
        phase, inner = self._at(state)
        found: tuple[int, ...] = ()
        if phase == AGAIN:
            found = self.redo.enabled(inner)
            if not self.redo.free(inner):
                return found
            inner = None
        found += self.do.enabled(inner)
        if not self.do.free(inner):
            return found
        found += self.redo.enabled(None)
        return found + self.do.enabled(None) if self.redo.free(None) else found

    def free(self, state: Inner) -> bool:
        """Tell whether the round can be left freely."""
        phase, inner = self._at(state)
        return self.do.free(inner) if phase == ROUND else self.redo.free(inner) and self.do.free(None)

    def ahead(self, state: Inner) -> tuple[int, ...]:
        """Return what is left of this round; a redo not begun is not of it."""
        phase, inner = self._at(state)
        return self.do.ahead(inner) if phase == ROUND else self.redo.ahead(inner) + self.do.ahead(None)

    def inside(self) -> tuple[Place, ...]:
        """Return the places of both parts."""
        return self.do.inside() + self.redo.inside()


Node: TypeAlias = Place | Silence | Series | Fork | Parallel | Maybe | Loop
