"""Lines of CSV that a spreadsheet shows and never runs: names come from strangers, and `=HYPERLINK(…)` may be one.

A text that a spreadsheet could take for a formula gets an apostrophe before it; numbers are written as numbers.
Control characters and those that turn the direction of writing are taken out, line breaks become spaces.
"""

import re
import unicodedata
from collections.abc import Iterable
from typing import TypeAlias

from shared.plain_text import one_line

Cell: TypeAlias = str | int | float | None

BOM = "\ufeff"  # before the first line: by it spreadsheets know that the file is UTF-8
FORMULA = frozenset("=+-@")
_AFTER_SEMICOLON = re.compile(r"(;\s*)(?=[=+\-@＝＋－＠﹦﹢﹣﹫])")  # noqa: RUF001 (the wide forms are meant)


def csv_line(cells: Iterable[Cell]) -> str:
    """Return one line as RFC 4180 wants it, every text quoted, with its line end."""
    return ",".join(map(_quoted, cells)) + "\r\n"


def harmless(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula, on one line, in the direction of its own letters.

    A spreadsheet that cuts at semicolons would begin a cell behind each of them, quoted or not.
    """
    plain = _AFTER_SEMICOLON.sub(r"\1'", one_line(text))
    return f"'{plain}" if _looks_like_formula(plain) else plain


def _looks_like_formula(text: str) -> bool:
    """Whether the first character that is seen, in whatever width it is written, begins a formula."""
    seen = (char for char in text if not char.isspace() and unicodedata.category(char) != "Cf")
    return unicodedata.normalize("NFKC", next(seen, " "))[:1] in FORMULA


def _quoted(cell: Cell) -> str:
    if cell is None:
        return ""
    if not isinstance(cell, str):
        return str(cell)
    return '"' + harmless(cell).replace('"', '""') + '"'
