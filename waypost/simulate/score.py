"""What was planted against what was found: the simulator's judgement of the judge."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from waypost.simulate.customer import Customer

KINDS: Final = ("skip", "stall")
CLASS_OF: Final = {"skipped": "skip", "prerequisite_skipped": "skip"}


@dataclass(frozen=True, slots=True)
class Seen:
    """A standing finding of one of the two classes; `at`: as of when, in microseconds."""

    kind: str  # skip | stall
    step: str
    at: int


@dataclass(frozen=True, slots=True)
class Score:
    """Counts by class. `missed` and `wrong` say whom to look at."""

    planted: Mapping[str, int]
    found: Mapping[str, int]
    false: Mapping[str, int]
    missed: tuple[str, ...]
    wrong: tuple[str, ...]


def score(customers: Iterable[Customer], seen: Mapping[tuple[str, ...], Sequence[Seen]], decided_until: int) -> Score:
    """Compare findings, by the ids of their customer, with what was planted; those since `decided_until` are open."""
    planted: Counter[str] = Counter()
    found: Counter[str] = Counter()
    false: Counter[str] = Counter()
    missed, wrong = [], []
    for customer in customers:
        left = list(seen.get(customer.ids, ()))
        for plant in customer.planted:
            planted[plant.kind] += 1
            match = next((s for s in left if (s.kind, s.step) == (plant.kind, plant.step)), None)
            if match is None:
                missed.append(f"{customer.ids[0]}: {plant.kind} of {plant.step}")
                continue
            left.remove(match)
            found[plant.kind] += 1
        for other in left:
            if other.at < decided_until:
                false[other.kind] += 1
                wrong.append(f"{customer.ids[0]}: {other.kind} of {other.step}")
    return Score(_whole(planted), _whole(found), _whole(false), tuple(missed), tuple(wrong))


def _whole(counter: Counter[str]) -> dict[str, int]:
    return {kind: counter[kind] for kind in KINDS}
