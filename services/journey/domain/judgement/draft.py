"""A finding before times and proofs are filled in: what all customers who came the same way share."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Draft:
    """A finding before times and proofs are filled in: touchpoints are numbers within the journey."""

    slot: str
    kind: str
    step: str
    cost: int
    certain: bool | None  # None: not known
    proof: tuple[int, ...]
    k: int | str = 1
    needed_by: tuple[str, ...] = ()  # steps that require it: done ones for a violation, else blocked ones
    alternatives: tuple[str, ...] = ()  # other first steps of an undecided choice
    came: str = ""  # of a step out of order: early, late, or nothing
    other: str = ""  # … than this step
    numbers: tuple[tuple[str, int | str], ...] = ()
    text: str = ""

    @property
    def key(self) -> str:
        """The stable key within the journey."""
        return f"{self.slot}:{self.step}:{self.k}"
