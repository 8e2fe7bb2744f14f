"""Counts as sentences say them: in words up to twelve, in figures beyond."""

SMALL = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]


def in_words(count: int) -> str:
    """Write a count for the middle of a sentence: `seven`, `1,234`."""
    return SMALL[count] if 0 <= count < len(SMALL) else f"{count:,}"


def counted(count: int, one: str, more: str = "") -> str:
    """Write how many there are of something for the middle of a sentence: `seven customers`, `no alert`."""
    return f"{in_words(count)} {one if count in (0, 1) else more or one + 's'}"


def began(sentence: str) -> str:
    """Write the first letter large, and leave the others as they are."""
    return sentence[:1].upper() + sentence[1:]
