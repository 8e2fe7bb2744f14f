"""Who a customer is to people: a name, and who looks after it. A fold of the traits told, in history order.

Of each trait the value told last counts; one that is no text takes it back. A person's traits are told by `identify`,
an account's by `group`, as for personas.
"""

from collections.abc import Iterable
from typing import Literal

import msgspec

from services.journey.domain.judgement.fates import MISSING, dig
from shared.events import EMPTY, Touchpoint
from shared.plain_text import one_line

LONGEST = 200  # characters of a name or an owner
NAMES = ("name", "firstName", "lastName", "company", "company.name", "email")


class Profile:
    """What is known of one customer."""

    __slots__ = ("_known", "_paths", "told_by")

    def __init__(self, subject: Literal["person", "account"], owners: Iterable[str] = ()) -> None:
        """Know nothing yet. `owners`: the traits that may name an owner, as `traits.csm`."""
        self.told_by = "group" if subject == "account" else "identify"
        self._paths = {*NAMES, *(path.removeprefix("traits.") for path in owners if path)}
        self._known: dict[str, str] = {}

    def learn(self, touchpoint: Touchpoint) -> bool:
        """Take in a touchpoint, not earlier in the history than the last; tell whether anything is new."""
        if touchpoint.type != self.told_by or touchpoint.traits == EMPTY:
            return False
        traits = msgspec.json.decode(touchpoint.traits)
        before = dict(self._known)
        for path in self._paths:
            found = dig(traits, path)
            if found is not MISSING:
                self._known[path] = _text(found)
        return self._known != before

    @property
    def name(self) -> str:
        """The name, else first and last name, else the company, else the mail address; empty: none is known."""
        name, first, last, *others = (self._known.get(path, "") for path in NAMES)
        return _short(next((text for text in (name, f"{first} {last}".strip(), *others) if text), ""))

    def owner(self, path: str) -> str:
        """Return who looks after the customer by the trait at a path such as `traits.csm`; empty: not known."""
        return _short(self._known.get(path.removeprefix("traits."), "")) if path else ""


def _text(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    return " ".join(one_line(str(value)[: 10 * LONGEST]).split())


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
