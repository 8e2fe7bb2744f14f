"""Which part of a path is left when a persona or a person's decision takes steps away."""

from services.journey.domain.engine.blocks import Fork, Loop, Maybe, Node, Parallel, Place, Series, Silence

NONE: frozenset[str] = frozenset()


def without(  # noqa: PLR0911  one for each kind of node
    node: Node, gone: frozenset[str], begun: frozenset[str] = NONE
) -> Node | None:
    """Return what is left of a node, or None. In a branch with a `begun` step only the element goes."""
    match node:
        case Place():
            return None if node.step in gone else node
        case Series(blocks):
            left = _left(blocks, gone, begun)
            return Series(left) if left else None
        case Parallel(branches):
            left = _left(branches, gone, begun)
            return Parallel(left) if left else None
        case Fork(branches):
            return _without_branches(branches, gone, begun)
        case Maybe(block):
            inner = without(block, gone, begun)
            return Maybe(inner) if inner is not None else None
        case Loop():
            return _without_round(node, gone, begun)
        case _:
            return node


def _left(nodes: tuple[Node, ...], gone: frozenset[str], begun: frozenset[str]) -> tuple[Node, ...]:
    return tuple(left for node in nodes if (left := without(node, gone, begun)) is not None)


def _without_branches(branches: tuple[Node, ...], gone: frozenset[str], begun: frozenset[str]) -> Node | None:
    left: list[Node] = []
    for branch in branches:
        is_begun = not begun.isdisjoint(steps_in(branch))
        if not is_begun and not gone.isdisjoint(mandatory(branch)):
            continue
        rest = without(branch, gone, begun)
        if rest is not None or is_begun:
            left.append(rest if rest is not None else Silence())
    return Fork(tuple(left)) if left else None


def _without_round(loop: Loop, gone: frozenset[str], begun: frozenset[str]) -> Node | None:
    do = without(loop.do, gone, begun)
    if do is None:
        return None
    redo = without(loop.redo, gone, begun)
    return Loop(loop.index, do, redo) if redo is not None else do


def steps_in(node: Node) -> frozenset[str]:
    """Return the steps of a node."""
    return frozenset(place.step for place in node.inside())


def mandatory(node: Node) -> frozenset[str]:
    """Return the steps that no way through the node leaves out."""
    match node:
        case Place():
            return frozenset({node.step})
        case Series(blocks):
            return frozenset().union(*(mandatory(block) for block in blocks))
        case Parallel(branches):
            return frozenset().union(*(mandatory(branch) for branch in branches))
        case Fork(branches):
            first, *others = (mandatory(branch) for branch in branches)
            return first.intersection(*others)
        case Loop():
            return mandatory(node.do)
        case _:
            return NONE


def later(node: Node) -> set[tuple[str, str]]:
    """Return the pairs (step, step that the path puts after it)."""
    match node:
        case Series(blocks):
            pairs = set().union(*(later(block) for block in blocks)) if blocks else set()
            before: set[str] = set()
            for block in blocks:
                pairs.update((early, late) for early in before for late in steps_in(block))
                before |= steps_in(block)
            return pairs
        case Parallel(parts) | Fork(parts):
            return set().union(*(later(part) for part in parts)) if parts else set()
        case Maybe(block):
            return later(block)
        case Loop(_, do, redo):
            return later(do) | later(redo)
        case _:
            return set()


def closure(edges: dict[str, frozenset[str]]) -> dict[str, frozenset[str]]:
    """Return everything each step requires, directly or through others."""
    closed: dict[str, frozenset[str]] = {}
    for step, needs in edges.items():
        found: set[str] = set()
        queue = list(needs)
        while queue:
            required = queue.pop()
            if required not in found:
                found.add(required)
                queue.extend(edges.get(required, ()))
        closed[step] = frozenset(found - {step})
    return closed
