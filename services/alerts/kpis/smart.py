"""Is a goal SMART? Each letter with what it found, and the fields that are missing."""

from typing import Final, NamedTuple

from services.alerts.kpis.catalogue import Catalogue, Goal

FIELDS: Final = {"S": ("metric", "segment"), "M": ("baseline", "target"), "R": ("outcome",), "T": ("by",)}
WHY: Final = {
    "metric": "which KPI",
    "segment": "for whom",
    "baseline": "from where",
    "target": "to where",
    "outcome": "what the customer gains by it",
    "by": "until when",
}


class Letter(NamedTuple):
    """One letter of SMART; `holds` None: not checkable yet."""

    letter: str
    holds: bool | None
    text: str


class Checked(NamedTuple):
    """A goal with its letters, and the fields that it lacks."""

    goal: Goal
    missing: tuple[str, ...]
    letters: tuple[Letter, ...]

    @property
    def text(self) -> str:
        """What people read of it."""
        if self.missing:
            wanted = ", ".join(f"`{field}` ({WHY[field]})" for field in self.missing)
            return f"“{self.goal.name}” is a wish until it says {wanted}."
        wrong = " ".join(letter.text for letter in self.letters if letter.holds is not True)
        return f"“{self.goal.name}” can be told from a wish.{f' {wrong}' if wrong else ''}"


def check(goal: Goal, catalogue: Catalogue) -> Checked:
    """Check a goal. Where the metric is itself an outcome, no other needs to be linked."""
    metric = catalogue.kpi(goal.metric)
    linked = goal.outcome or (goal.metric if metric is not None and metric.kind == "outcome" else "")
    has = {
        "metric": bool(goal.metric),
        "segment": bool(goal.segment),
        "baseline": goal.baseline is not None,
        "target": goal.target is not None,
        "outcome": bool(linked),
        "by": goal.by is not None,
    }
    letters = {
        letter: _letter(letter, [field for field in fields if not has[field]]) for letter, fields in FIELDS.items()
    }
    letters["A"] = _achievable(goal)
    missing = tuple(field for field, there in has.items() if not there)
    return Checked(goal, missing, tuple(letters[letter] for letter in "SMART"))


def _letter(letter: str, missing: list[str]) -> Letter:
    wanted = " and ".join(f"`{field}`" for field in missing)
    return Letter(letter, not missing, f"{wanted} {'is' if len(missing) == 1 else 'are'} missing." if missing else "")


def _achievable(goal: Goal) -> Letter:
    if goal.baseline is None or goal.target is None or goal.past_changes is None:
        given = {"baseline": goal.baseline, "target": goal.target, "past_changes": goal.past_changes}
        wanted = " and ".join(f"`{field}`" for field, value in given.items() if value is None)
        return Letter("A", None, f"Whether it can be achieved is not checkable yet: give {wanted}.")
    change, (low, high) = goal.target.number - goal.baseline.number, goal.past_changes
    if low <= change <= high:
        return Letter("A", True, "")  # noqa: FBT003 (a letter holds)
    unit = goal.target.unit
    said = f"A change of {change:+g}{unit} was never seen: those so far lie between {low:+g}{unit} and {high:+g}{unit}."
    return Letter("A", False, said)  # noqa: FBT003 (a letter does not hold)
