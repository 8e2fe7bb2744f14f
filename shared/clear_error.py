"""What all errors that a person can mend have in common."""

from collections.abc import Sequence


class ClearError(Exception):
    """Base of the errors whose text is for people: raised with one line on what is wrong and what to do next."""

    details: Sequence[str] = ()  # lines that say more, shown before it
