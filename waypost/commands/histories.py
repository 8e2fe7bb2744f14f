"""Files as histories: who is who, and what each customer did in order, without a running system."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from services.journey.domain.identity import GROUP, Assertion, Key, assertions_of, resolve
from shared.events import Touchpoint, event_hash, history_key

Identity = tuple[str, str]
ACCOUNT = "account"


@dataclass(frozen=True, slots=True)
class History:
    """One customer: its ids, and (touchpoint, number of the person that did it) in history order."""

    ids: tuple[Identity, ...]
    acts: tuple[tuple[Touchpoint, int], ...]


@dataclass(slots=True)
class Past:
    """All touchpoints of a file, each counted once, and what they claim about ids."""

    last_at: int = 0  # occurred_at of the last touchpoint
    _by_id: dict[Identity, list[Touchpoint]] = field(default_factory=dict)
    _by_account: dict[Identity, list[Touchpoint]] = field(default_factory=dict)
    _claims: list[Assertion[Identity]] = field(default_factory=list)
    _ids: dict[Identity, str] = field(default_factory=dict)  # in the order first seen; the kind of each
    _seen: set[tuple[Identity, int, int]] = field(default_factory=set)

    def add(self, touchpoint: Touchpoint) -> None:
        """Take a touchpoint in; the same one again counts for nothing."""
        account = (ACCOUNT, touchpoint.account)
        ids: list[Identity] = [(kind, value) for kind, value in touchpoint.ids] or [account]
        key = (ids[0], touchpoint.original_at, event_hash(touchpoint.source, touchpoint.event_id))
        if key in self._seen:
            return
        self._seen.add(key)
        self.last_at = max(self.last_at, touchpoint.occurred_at)
        for identity in ids:
            self._ids.setdefault(identity, identity[0])
        self._by_id.setdefault(ids[0], []).append(touchpoint)
        self._claims += assertions_of(touchpoint)
        if touchpoint.account:
            self._ids.setdefault(account, ACCOUNT)
            self._by_account.setdefault(account, []).append(touchpoint)

    def histories(self, subject: str) -> Iterator[History]:
        """Yield the history of every person, or of every account, in the order first seen."""
        order = {identity: number for number, identity in enumerate(self._ids)}
        groups = [sorted(group, key=order.__getitem__) for group in resolve(self._claims, self._ids)]
        groups.sort(key=lambda group: order[group[0]])
        persons = {identity: number for number, group in enumerate(groups) for identity in group}
        for group in groups:
            if subject == "person" and group[0][0] != ACCOUNT:
                yield _history(group, self._of(group), persons)
            if subject == "account" and group[0][0] == ACCOUNT:
                yield _history(group, self._of_account(group[0], groups, persons), persons)

    def _of(self, group: Iterable[Identity]) -> list[Touchpoint]:
        return [touchpoint for identity in group for touchpoint in self._by_id.get(identity, ())]

    def _of_account(
        self, account: Identity, groups: list[list[Identity]], persons: dict[Identity, int]
    ) -> list[Touchpoint]:
        """Return what names the account, and what its members did since they joined that names no account."""
        found = list(self._by_account.get(account, ()))
        since: dict[int, Key] = {}
        for claim in self._claims:
            if claim.kind == GROUP and claim.strong == account:
                person = persons[claim.weak]
                since[person] = min(since.get(person, claim.key), claim.key)
        for person, joined in since.items():
            theirs = (each for each in self._of(groups[person]) if not each.account)
            found += [touchpoint for touchpoint in theirs if history_key(touchpoint) >= joined]
        return found


def _history(group: Iterable[Identity], touchpoints: list[Touchpoint], persons: dict[Identity, int]) -> History:
    ordered = sorted(touchpoints, key=lambda touchpoint: (*history_key(touchpoint), _owner(touchpoint)))
    return History(tuple(group), tuple((touchpoint, persons[_owner(touchpoint)]) for touchpoint in ordered))


def _owner(touchpoint: Touchpoint) -> Identity:
    """Return the id that a touchpoint belongs to: the strongest that it carries, else its account's."""
    return (touchpoint.ids[0][0], touchpoint.ids[0][1]) if touchpoint.ids else (ACCOUNT, touchpoint.account)
