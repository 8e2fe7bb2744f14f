"""Words that sentences for people are made of: counts of things, and the name that was probably meant."""

import re
from collections.abc import Iterable
from difflib import get_close_matches

ALIKE = 0.6  # share of letters from which a name may be meant
LONGEST = 100  # letters of a word that are compared: longer ones are no typing mistakes


def counted(number: int, one: str, more: str = "") -> str:
    """Write how many there are of something: 1 journey, 1,234 journeys."""
    return f"{number:,} {one if number == 1 else more or one + 's'}"


def meant(word: str, known: Iterable[str], alike: float = ALIKE) -> str:
    """Return the known name that a mistyped one most likely means; empty: none is near.

    Capitals and what stands between the letters make no difference; `alike`: share of letters that must agree, of 1.
    """
    by_letters = {_letters(name): name for name in sorted(known)}
    found = get_close_matches(_letters(word), by_letters, 1, alike) if _letters(word) else []
    return by_letters[found[0]] if found else ""


def _letters(name: str) -> str:
    return re.sub(r"[\W_]+", "", name.casefold())[:LONGEST]
