"""Random histories of findings as the journey service would write them, and what must stand in the end.

The expectation is made from the last fact of each finding alone, without any code of the alerts service.
"""

import random
from dataclasses import dataclass, field

from shared.events import Because, Fact
from tests.unit.alerts.facts import again, at, failed, merged, skipped, stall

Live = set[tuple[str, int, str, str, str, int, str]]  # tenant, customer, rule, about, severity, since, finding

STEPS = ("contract", "kickoff")
RANK = {"low": 0, "medium": 1, "high": 2, "critical": 3}


@dataclass
class World:
    """Customers 1 to 8 with changing findings; a merge goes to the lower number."""

    seed: int
    splits: bool = True
    transactions: list[list[Fact]] = field(default_factory=list)
    _last: dict[str, Fact] = field(default_factory=dict)
    _versions: dict[int, int] = field(default_factory=dict)
    _into: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Begin."""
        self._random = random.Random(self.seed)

    def run(self, count: int) -> "World":
        """Make so many journey transactions."""
        for _ in range(count):
            customer = self._random.randint(1, 8)
            if customer in self._into:
                facts = self._split(customer) if self.splits and self._random.random() < 0.3 else []
            elif customer not in {1, 7} and self._random.random() < 0.1:
                facts = self._merge(customer, self._winner(customer))
            else:
                facts = self._change(customer)
            if facts:
                self._random.shuffle(facts)
                self.transactions.append(facts)
        return self

    def _winner(self, customer: int) -> int:
        return self._random.choice([n for n in range(1 if customer < 7 else 7, customer) if n not in self._into])

    def _bump(self, customer: int) -> int:
        self._versions[customer] = self._versions.get(customer, 0) + 1
        return self._versions[customer]

    def _standing(self, customer: int) -> list[Fact]:
        return [fact for fact in self._last.values() if fact.customer == customer and fact.stands]

    def _say(self, fact: Fact) -> Fact:
        self._last[fact.finding] = fact
        return fact

    def _fresh(self, customer: int, seq: int) -> Fact:
        pick = self._random
        more: dict[str, object] = {
            "customer": customer,
            "tenant": _tenant(customer),
            "n": pick.randint(1, 2),
            "as_of": at(pick.randint(20, 40)),
            "status": pick.choice(["open", "open", "open", "closed"]),
            "certain": pick.choice([True, True, None, False]),
            "historical": pick.random() < 0.1,
            "severity": pick.choice(["", "", "low", "critical"]),
        }
        step = pick.choice(STEPS)
        made = pick.randint(0, 2)
        if made == 0:
            return stall(
                seq, step=step, k=pick.randint(1, 2), level=pick.choice(["stalled", "beyond", "cruising"]), **more
            )
        if made == 1:
            kind = pick.choice(["prerequisite_skipped", "prerequisite_skipped", "out_of_order"])
            return skipped(seq, step=step, kind=kind, **more)
        return failed(seq, step=step, attempts=pick.randint(2, 4), **more)

    def _change(self, customer: int) -> list[Fact]:
        seq = self._bump(customer)
        facts = {}
        for _ in range(self._random.randint(1, 3)):
            standing = self._standing(customer)
            if standing and self._random.random() < 0.4:
                fact = again(self._random.choice(standing), seq, stands=False)
            else:
                fact = self._fresh(customer, seq)
            facts[fact.finding] = self._say(fact)
        return list(facts.values())

    def _merge(self, loser: int, winner: int) -> list[Fact]:
        seq, loser_seq = self._bump(winner), self._bump(loser)
        facts = [merged(loser, winner, loser_seq, _tenant(loser))]
        for fact in self._standing(loser):
            facts.append(self._say(again(fact, loser_seq, stands=False, because=Because(merged_into=winner))))
            key = fact.finding.replace(f"{loser}/", f"{winner}/", 1)
            there = self._last.get(key)
            if not (there and there.stands) and self._random.random() < 0.8:
                moved = again(fact, seq, finding=key, customer=winner)
                facts.append(self._say(again(moved, seq, because=Because(was=[fact.finding]))))
        self._into[loser] = winner
        return facts

    def _split(self, customer: int) -> list[Fact]:
        winner = self._into.pop(customer)
        seq = self._bump(customer)
        facts = [
            again(merged(customer, winner, seq, _tenant(customer)), seq, type="waypost.customer.split", stands=False)
        ]
        facts += self._change(customer)
        if winner not in self._into:
            winner_seq = self._bump(winner)
            facts += [self._say(again(fact, winner_seq, stands=False)) for fact in self._standing(winner)[:1]]
        return facts

    def expected(self) -> Live:
        """Return the live alerts that must stand."""
        live: dict[tuple[str, int, str, str], tuple[int, int, str, str]] = {}
        for fact in self._last.values():
            if not (fact.stands and fact.status == "open" and fact.certain is not False and not fact.historical):
                continue
            rule, severity = _grade(fact)
            if not rule:
                continue
            subject = (fact.tenant, fact.customer, rule, fact.about)
            said = (RANK[severity], -fact.as_of, fact.finding, severity)
            live[subject] = max(live.get(subject, said), said)
        return {(*subject, said[3], -said[1], said[2]) for subject, said in live.items()}


def _tenant(customer: int) -> str:
    return "acme" if customer < 7 else "globex"


def _grade(fact: Fact) -> tuple[str, str]:
    """Return rule and severity by the table of docs/alerts.md, written a second time."""
    table = {
        "stalled": ("stall", {"": "medium"}),
        "beyond": ("stall", {"": "high", "low": "medium", "critical": "critical"}),
        "prerequisite_skipped": ("prerequisite_skipped", {"": "high"}),
        "failed": ("failed" if float(fact.numbers.get("attempts", 0)) >= 3 else "", {"": "medium"}),
    }
    rule, grades = table.get(fact.kind, ("", {}))
    return rule, grades.get(fact.severity, fact.severity)
