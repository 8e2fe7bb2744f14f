"""The line by which a page says what came of an act. The address carries a word and numbers, never a text.

So the line survives a reload, needs no memory, and no link from elsewhere can put words on our pages.
"""

from urllib.parse import parse_qsl, urlencode, urlsplit

WORDS = {  # each with whether it warns
    "acknowledged": ("You look after alert {0} now: whoever opens it sees that.", False),
    "snoozed": ("Alert {0} is snoozed. It comes back by itself at its time.", False),
    "resolved": ("Alert {0} is resolved. The same finding will not open it again.", False),
    "closed": ("Alert {0} was closed before you came to it, so nothing was changed. Its trail says by what.", True),
    "no-day": ("Alert {0} was not snoozed: choose a day after today and within a year.", True),
    "no-reason": ("Alert {0} was not resolved: say why, so that others know.", True),
    "replay": ("Dead letters taken in by the replay: {0}. Refused again, and waiting still: {1}.", False),
    "dismiss": ("Dead letters dismissed: {0}. They wait no longer and stay listed.", False),
    "tested": ("Channels that took the test message: {0}. Channels that did not: {1}.", False),
}


def saying(address: str, what: str, *numbers: int) -> str:
    """Return an address that also says what came of an act."""
    parts = urlsplit(address)
    given = [(name, value) for name, value in parse_qsl(parts.query) if name != "said"]
    said = ".".join((what, *map(str, numbers)))
    return f"{parts.path}?{urlencode([*given, ('said', said)])}"


def said_of(given: str) -> tuple[str, bool]:
    """Return the line of an address and whether it warns; of what we do not know nothing."""
    what, *numbers = given.split(".")
    words, warns = WORDS.get(what, ("", False))
    known = all(each.isdecimal() and len(each) <= 20 for each in numbers)
    if not known or len(numbers) != sum(f"{{{n}}}" in words for n in range(2)):
        return "", False
    return words.format(*(f"{int(each):,}" if what not in OF_ALERTS else each for each in numbers)), warns


OF_ALERTS = frozenset({"acknowledged", "snoozed", "resolved", "closed", "no-day", "no-reason"})
