"""Progress that people can watch: a bar on a terminal, a line now and then elsewhere."""

from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Final, Self, TypeVar

from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from shared.clock import monotonic
from waypost.printing import say
from waypost.screen import Screen

EVERY_S: Final = 5.0  # machine seconds between two lines where there is no terminal
Item = TypeVar("Item")


class Shown:
    """Shows how far something is, on standard error."""

    def __init__(self, what: str, every_s: float = EVERY_S) -> None:
        """Name what is going on; `every_s`: between two lines where there is no terminal."""
        self._what = what
        self._every_s = every_s
        self._console = Screen(stderr=True)
        self._bar: Progress | None = None
        self._task = TaskID(0)
        self._said = monotonic()

    def __enter__(self) -> Self:
        """Begin to show."""
        if self._console.is_terminal:
            columns = (TextColumn("{task.description}", markup=False), BarColumn(), TextColumn("{task.fields[text]}"))
            self._bar = Progress(*columns, TimeElapsedColumn(), console=self._console, transient=True)
            self._task = self._bar.add_task(self._what, total=1.0, text="")
            self._bar.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Leave the terminal as it was."""
        if self._bar is not None:
            self._bar.stop()

    def at(self, part: float | None, text: str) -> None:
        """Show that a part (0 to 1) is done; None: nobody knows how much there is."""
        if self._bar is not None:
            self._bar.update(self._task, total=None if part is None else 1.0, completed=part or 0.0, text=text)
        elif monotonic() - self._said >= self._every_s:
            self._said = monotonic()
            say(f"{self._what}: {text}{'' if part is None else f' ({part:.0%})'}", err=True)

    def through(self, items: Sequence[Item], done: str) -> Iterator[Item]:
        """Yield items, and show how many of them are done."""
        for number, item in enumerate(items):
            self.at(number / len(items), f"{number:,} of {len(items):,} {done}")
            yield item

    def say(self, line: str) -> None:
        """Say a line without disturbing the bar."""
        if self._bar is not None:
            self._bar.console.print(line, markup=False, highlight=False)
        else:
            say(line, err=True)
