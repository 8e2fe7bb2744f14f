"""How far a long command is, where nobody looks on: a line now and then on standard error."""

import pytest

from waypost.commands.shown import Shown


def test_it_says_how_much_is_done_and_only_that_where_nobody_knows_how_much_there_is(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with Shown("copying", every_s=0.0) as shown:
        assert list(shown.through("ab", "letters")) == ["a", "b"]
        shown.at(None, "3 letters")

    said = capsys.readouterr()
    assert said.err.splitlines() == [
        "copying: 0 of 2 letters (0%)",
        "copying: 1 of 2 letters (50%)",
        "copying: 3 letters",
    ]
    assert said.out == ""


def test_what_is_done_soon_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with Shown("copying") as shown:
        shown.at(0.5, "half")
    assert capsys.readouterr() == ("", "")
