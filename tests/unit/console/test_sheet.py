"""The one sheet and the icons hold what the pages use, and nothing else."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from services.console.routes.static import FOLDER, SHEET

CONSOLE = FOLDER.parent
TEMPLATES = sorted((CONSOLE / "templates").glob("*.html"))
MADE = re.compile(r'class="([^"]*)|^([^"<]*)"')  # in a piece of markup: where a class begins, or goes on
A_WORD = re.compile(r"[a-z][\w-]*(?: [a-z][\w-]*)?")  # classes that are handed about: `q`, `n strong`
IN_TEMPLATE = re.compile(r'class="((?:\{\{.*?\}\}|\{%.*?%\}|[^"{])*)"')


def strings(module: Path) -> Iterator[str]:
    """Yield the texts of a module, pieces of f-strings too, but no docstrings."""
    tree = ast.parse(module.read_text())
    said = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said:
            yield node.value


def used() -> set[str]:
    """Return every class that a template or a drawing may have."""
    words: set[str] = set()
    for template in TEMPLATES:
        for found in IN_TEMPLATE.findall(template.read_text()):
            words.update(re.findall(r"[\w-]+", found))
    for module in CONSOLE.rglob("*.py"):
        for text in strings(module):
            pieces = [text] if A_WORD.fullmatch(text.strip()) else [a or b for a, b in MADE.findall(text)]
            words.update(word for piece in pieces for word in re.findall(r"[\w-]+", piece))
    return words


def test_every_class_of_the_sheet_stands_on_a_page() -> None:
    rules = re.sub(r"/\*.*?\*/|\"[^\"]*\"", "", SHEET, flags=re.DOTALL)
    selectors = "".join(re.findall(r"([^{}]*)\{", rules))
    named = set(re.findall(r"\.([a-zA-Z][\w-]*)", selectors))

    assert len(named) > 100
    assert sorted(named - used()) == []


def test_every_colour_and_size_of_the_sheet_is_taken_somewhere() -> None:
    named = re.findall(r"(--[\w-]+):", SHEET)

    assert len(named) > 30
    assert [name for name in named if f"var({name})" not in SHEET] == []


def test_every_icon_is_shown_somewhere() -> None:
    sprite = (CONSOLE / "templates" / "_sprite.html").read_text()
    held = set(re.findall(r'<(?:symbol|marker|pattern) id="(?:i-)?([\w-]+)"', sprite))
    texts = [text for module in CONSOLE.rglob("*.py") for text in strings(module)]
    texts += re.findall(r'(?:icon\("|#)([\w-]+)', "".join(template.read_text() for template in TEMPLATES))
    shown = {word for text in texts for word in re.findall(r"[\w-]+", text)}

    assert len(held) > 10
    assert sorted(held - shown) == []
