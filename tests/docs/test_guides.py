"""The guides and the README work as they are written: a stranger who follows them arrives."""

from pathlib import Path

import pytest

from tests.shared_data import ROOT

from .guide import Block, Reader, blocks, says

GUIDES = sorted((ROOT / "docs" / "guides").glob("[a-z]*.md"))
PAGES = [ROOT / "README.md", *GUIDES]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_who_follows_the_page_arrives(page: Path, tmp_path: Path) -> None:
    found = list(blocks(page.read_text()))

    assert {"sh", "text"} <= {block.language for block in found}
    with Reader(tmp_path / "stranger") as reader:
        for block in found:
            reader.do(block)


def test_a_step_that_fails_or_says_something_else_is_noticed(tmp_path: Path) -> None:
    with Reader(tmp_path / "stranger") as reader:
        reader.do(Block("yaml", "map: x\n", "Save this as `x.yaml`:", 1))
        reader.do(Block("sh", "cat x.yaml\n", "Then", 2))
        reader.do(Block("text", "map: x\n", "", 3))
        with pytest.raises(AssertionError, match="line 4 shows"):
            reader.do(Block("text", "map: y\n", "", 4))
        with pytest.raises(AssertionError, match="line 5 ended with 1"):
            reader.do(Block("sh", "false\ntrue\n", "", 5))


@pytest.mark.parametrize(
    ("wanted", "same"),
    [
        ("a  b", True),
        ("…\nc …", True),
        ("c d\na b", False),
        ("a b c", False),
        ("c", False),
    ],
)
def test_what_is_shown_is_compared_line_by_line(wanted: str, same: bool) -> None:  # noqa: FBT001 (a column)
    assert says("a b\nx\nc d\n", wanted) is same
