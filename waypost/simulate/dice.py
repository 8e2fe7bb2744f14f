"""Chance that can be repeated: the same seed throws the same numbers, on every machine and for any customer."""

import random

Dice = random.Random


def dice(*seeds: object) -> Dice:
    """Return a fresh generator for a seed; independent of every other."""
    return Dice("/".join(map(str, seeds)))
