"""What an alert says to a CSM: what happened, in past tense; why now, with the number and what is usual.

The journey service words its findings (`Fact.text`), because it knows the map. A fact without
words is worded here, from its numbers. Days are short and in figures.
"""

from shared.events import Fact
from shared.times import span


def reason_of(fact: Fact) -> str:
    """Return why the alert stands, for people."""
    return fact.text or _plain(fact)


def _plain(fact: Fact) -> str:
    step = fact.about.replace("-", " ").replace("_", " ")
    if fact.kind == "prerequisite_skipped":
        return f"Went on without {step}."
    if fact.kind == "failed":
        return f"{step.capitalize()} failed {fact.numbers.get('attempts')} times; the step is not done."
    threshold = fact.numbers.get("threshold")
    usual = f", which should take {span(threshold)}" if isinstance(threshold, int | float) else ""
    return f"Waits for {step}{usual}."
