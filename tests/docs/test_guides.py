"""The guides and the README work as they are written: a stranger who follows them arrives."""

from pathlib import Path

import pytest

from tests.shared_data import ROOT

from .guide import Block, Reader, blocks, says

GUIDES = {page.stem for page in (ROOT / "docs" / "guides").glob("[a-z]*.md")}
STRANGERS = [  # what each of them reads, one after the other
    ["README", "run-it-safely"],
    ["draw-your-map", "import-history"],
    ["first-warning"],
    ["work-the-inbox"],
]


def test_every_guide_is_read() -> None:
    assert sorted(page for pages in STRANGERS for page in pages) == sorted({"README", *GUIDES})


@pytest.mark.parametrize("pages", STRANGERS, ids="-".join)
def test_who_follows_the_pages_arrives(pages: list[str], tmp_path: Path) -> None:
    with Reader(tmp_path / "stranger") as reader:
        for page in pages:
            path = ROOT / "README.md" if page == "README" else ROOT / "docs" / "guides" / f"{page}.md"
            found = list(blocks(path.read_text()))
            assert {"sh", "text"} <= {block.language for block in found}
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
