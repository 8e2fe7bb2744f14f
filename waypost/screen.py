"""Colours and tables: Rich, with the words of strangers made harmless on their way."""

from collections.abc import Iterable

from rich.console import Console, ConsoleOptions, RenderableType  # noqa: TID251 (this is the way)
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from shared.plain_text import visible

WIDE = 200  # characters of a table that goes into a pipe or a file


class Screen(Console):
    """A console on which only our own styles and moves of the cursor are no plain text."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Render; every text comes this way, those within tables too."""
        if isinstance(renderable, str):
            renderable = visible(renderable)
        elif isinstance(renderable, Text):
            renderable = renderable.copy()
            renderable.plain = visible(renderable.plain)  # as long as before: its styles stay where they are
        return super().render(renderable, options)


def show_table(table: Table) -> None:
    """Print a table; where nobody looks on, wide enough for programs."""
    console = Screen(markup=False)
    if not console.is_terminal:
        console.width = WIDE
    console.print(table)
