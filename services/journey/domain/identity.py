"""Who is who: a fold over assertions in history order that says which ids are one customer.

Rules (docs/decisions/0702): *identify* unites unless both sides hold a user id; of an id that is no user, only its
first identify with a user counts, and of any pair only its first. *alias* and *merge* always unite. *split* undoes
the direct links between its two ids; the weaker one is then shared: only an alias or a merge unites it again.
"""

from collections.abc import Hashable, Iterable, Mapping
from typing import Generic, NamedTuple, TypeVar

from shared.events import STRENGTH, Touchpoint, history_key

Key = tuple[int, int, str, str]
Id = TypeVar("Id", bound=Hashable)

IDENTIFY, ALIAS, MERGE, SPLIT, GROUP = "identify", "alias", "merge", "split", "group"
EXPLICIT = frozenset({ALIAS, MERGE})


class Assertion(NamedTuple, Generic[Id]):
    """A claim about two ids, `weak` the weaker of the two; ids are numbers in the store, pairs elsewhere."""

    key: Key
    kind: str
    weak: Id
    strong: Id


def assertions_of(touchpoint: Touchpoint) -> list[Assertion[tuple[str, str]]]:
    """Return what a touchpoint claims about its ids, which it lists with the strongest first."""
    ids = touchpoint.ids
    key = history_key(touchpoint)
    claims: list[Assertion[tuple[str, str]]] = []
    if len(ids) > 1:
        kind = touchpoint.type if touchpoint.type in (ALIAS, MERGE, SPLIT) else IDENTIFY
        claims = [Assertion(key, kind, (other[0], other[1]), (ids[0][0], ids[0][1])) for other in ids[1:]]
    if touchpoint.type == GROUP and touchpoint.account and ids:
        claims.append(Assertion(key, GROUP, (ids[0][0], ids[0][1]), ("account", touchpoint.account)))
    return claims


def is_user(kind: str) -> bool:
    """Whether an id of this kind names one person for good."""
    return kind == "user"


def resolve(assertions: Iterable[Assertion[Id]], kinds: Mapping[Id, str]) -> list[set[Id]]:
    """Return the components of the ids in `kinds`: each set is one customer. Group assertions are no identity."""
    fold = _Fold(kinds)
    for assertion in sorted((a for a in assertions if a.kind != GROUP), key=_order):
        fold.apply(assertion)
    return fold.components()


def _order(assertion: Assertion[Id]) -> tuple[object, ...]:
    return (*assertion.key, assertion.kind, assertion.weak, assertion.strong)


class _Fold(Generic[Id]):
    def __init__(self, kinds: Mapping[Id, str]) -> None:
        self._users = {i: is_user(kind) for i, kind in kinds.items()}
        self._strength = {i: STRENGTH.get(kind, 1) for i, kind in kinds.items()}
        self._links: list[tuple[Id, Id]] = []
        self._shared: set[Id] = set()
        self._identified: set[object] = set()  # ids whose first identify with a user is past, and pairs past
        self._apart()

    def _apart(self) -> None:
        self._parent = {i: i for i in self._users}
        self._holds = dict(self._users)

    def _root(self, i: Id) -> Id:
        while self._parent[i] != i:
            self._parent[i] = self._parent[self._parent[i]]
            i = self._parent[i]
        return i

    def _unite(self, a: Id, b: Id) -> None:
        root, other = self._root(a), self._root(b)
        if root != other:
            self._parent[other] = root
            self._holds[root] = self._holds[root] or self._holds[other]

    def apply(self, assertion: Assertion[Id]) -> None:
        """Take one assertion in."""
        weak, strong = assertion.weak, assertion.strong
        if assertion.kind == SPLIT:
            self._split(weak, strong)
        elif assertion.kind in EXPLICIT or self._may_identify(weak, strong):
            self._links.append((weak, strong))
            self._unite(weak, strong)

    def _may_identify(self, weak: Id, strong: Id) -> bool:
        about: object = weak if self._users[strong] and not self._users[weak] else (weak, strong)
        if about in self._identified:
            return False
        self._identified.add(about)
        if weak in self._shared or strong in self._shared:
            return False
        root, other = self._root(weak), self._root(strong)
        return root == other or not (self._holds[root] and self._holds[other])

    def _split(self, weak: Id, strong: Id) -> None:
        pair = {weak, strong}
        self._links = [link for link in self._links if set(link) != pair]
        self._shared.update(i for i in pair if not self._users[i] and self._strength[i] >= self._strength[weak])
        self._apart()
        for a, b in self._links:
            self._unite(a, b)

    def components(self) -> list[set[Id]]:
        """Return the ids by customer."""
        groups: dict[Id, set[Id]] = {}
        for i in self._parent:
            groups.setdefault(self._root(i), set()).add(i)
        return list(groups.values())
