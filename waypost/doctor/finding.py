"""What the doctor says of one thing: fine, worth knowing, or wrong, and then what to do."""

from dataclasses import dataclass
from typing import Final, Literal

Level = Literal["fine", "remark", "wrong"]
SIGNS: Final[dict[Level, str]] = {"fine": "✓", "remark": "!", "wrong": "✕"}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `do` is empty where there is nothing to do."""

    level: Level
    about: str
    text: str
    do: str = ""

    @property
    def line(self) -> str:
        """The finding as people read it."""
        return f"{SIGNS[self.level]} {self.about}: {self.text}{f' → {self.do}' if self.do else ''}"


def fine(about: str, text: str) -> Finding:
    """Say that something is as it should be."""
    return Finding("fine", about, text)


def remark(about: str, text: str, do: str = "") -> Finding:
    """Say something worth knowing."""
    return Finding("remark", about, text, do)


def wrong(about: str, text: str, do: str) -> Finding:
    """Say what is wrong, and what to do."""
    return Finding("wrong", about, text, do)
