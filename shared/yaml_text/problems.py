"""Collecting what is wrong with a file that people write, so that its writer sees all of it at once and where."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from shared.words import meant

Level: TypeAlias = Literal["error", "warning", "note"]

MAX_WORDS = 30
MAX_PROBLEMS = 100  # a file that is something else altogether would otherwise bury its reader


@dataclass(frozen=True, slots=True)
class Problem:
    """What is to be said of a file: an error refuses it, a warning and a note do not."""

    level: Level
    text: str
    line: int = 0  # 0: the file as a whole


class DocumentError(ValueError):
    """Raised when a text is not what it should be: `problems` has each error with its line, in the file's order."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        """Keep the problems; the message is one line for each."""
        self.problems = tuple(problems)
        super().__init__("\n".join(show(problem) for problem in self.problems))


class Problems:
    """The errors found so far in one file."""

    def __init__(self) -> None:
        """Begin with none."""
        self.found: list[Problem] = []

    def error(self, line: int, text: str) -> None:
        """Note an error; the same one at the same line counts once (an alias is read in each of its places)."""
        problem = Problem("error", text, line)
        if len(self.found) < MAX_PROBLEMS and problem not in self.found:
            self.found.append(problem)

    def unknown(self, line: int, what: str, word: str, known: Iterable[str]) -> None:
        """Note a word that is not known there, with the nearest one that is."""
        self.error(line, f"unknown {what} `{shorten(word)}`; {nearest(word, known)}")

    def raise_if_any(self) -> None:
        """Raise DocumentError with all errors, sorted by line, if there is one."""
        if self.found:
            raise DocumentError(in_order(self.found))


def in_order(problems: Iterable[Problem]) -> list[Problem]:
    """Sort problems as their reader goes through them: errors, warnings, notes, each by line."""
    rank: dict[Level, int] = {"error": 0, "warning": 1, "note": 2}
    return sorted(problems, key=lambda problem: (rank[problem.level], problem.line))


def show(problem: Problem) -> str:
    """Write one problem as people read it."""
    place = f"line {problem.line}: " if problem.line else ""
    return f"{place}{problem.text}"


def problem_answer(problem: Problem) -> dict[str, object]:
    """Return one problem as JSON shows it."""
    return {"level": problem.level, "line": problem.line or None, "text": problem.text}


def nearest(word: str, known: Iterable[str]) -> str:
    """Say which known word was probably meant, or which ones there are."""
    words = sorted(known)
    if near := meant(word, words):
        return f"did you mean `{near}`?"
    listed = ", ".join(f"`{one}`" for one in words[:MAX_WORDS])
    more = ", …" if len(words) > MAX_WORDS else ""
    return f"known here: {listed}{more}" if words else "none is known here"


def shorten(text: str, limit: int = 60) -> str:
    """Keep a text that is quoted in a message readable."""
    flat = " ".join(text.split())
    return flat if len(flat) <= limit else flat[: limit - 1] + "…"
