"""What strangers call themselves stays text in every spreadsheet."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.csv_cells import csv_line, harmless


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Acme, Inc.", "Acme, Inc."),
        ("", ""),
        ("=1+1", "'=1+1"),
        ("+49 30 1234", "'+49 30 1234"),
        ("-2", "'-2"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "' =1"),
        ("\r=1", "' =1"),
        ("\n\r\n=1", "' =1"),
        ("   =1", "'   =1"),
        ("\u00a0=1", "'\u00a0=1"),
        ("\u200b=1", "'\u200b=1"),
        ("\ufeff=1", "'=1"),
        ("\x00=1", "'=1"),
        ("\u202e=1", "'=1"),
        ("\uff1d1+1", "'\uff1d1+1"),
        ("\uff0b1", "'\uff0b1"),
        ("\uff0d1", "'\uff0d1"),
        ("\uff20SUM", "'\uff20SUM"),
        ("\ufe661", "'\ufe661"),
        ("a;=1+1;b", "a;'=1+1;b"),
        ("a; @x", "a; '@x"),
        ("a=b-c", "a=b-c"),
        ("ana@example.com", "ana@example.com"),
        ("two\r\nlines", "two lines"),
        ("abc\u202ecod.exe", "abccod.exe"),
        ("\u2066\u05e9\u05dc\u05d5\u05dd\u2069", "\u05e9\u05dc\u05d5\u05dd"),
        ("\u0645\u06cc\u200c\u062e\u0648", "\u0645\u06cc\u200c\u062e\u0648"),
        ("\ud800x", "x"),
    ],
)
def test_a_text_is_shown_and_never_run(text: str, shown: str) -> None:
    assert harmless(text) == shown


def test_a_line_is_read_back_as_it_was_written() -> None:
    line = csv_line(['Ann "the" O\'Neil', "a,b", 'x";=1', 7, -2.5, None, "=1", "x" * 10_000])
    assert line.endswith("\r\n")
    [row] = csv.reader(io.StringIO(line, newline=""))
    assert row == ['Ann "the" O\'Neil', "a,b", "x\";'=1", "7", "-2.5", "", "'=1", "x" * 10_000]


@given(st.lists(st.text(), min_size=1))
def test_any_texts_are_one_line_of_as_many_cells_that_begin_no_formula(texts: list[str]) -> None:
    line = csv_line(texts)
    line.encode()
    assert len(line.splitlines()) == 1
    [row] = csv.reader(io.StringIO(line, newline=""))
    assert len(row) == len(texts)
    for cell in row:
        assert not cell.strip().startswith(("=", "+", "-", "@", "\t", "\r"))


@given(st.text())
def test_a_spreadsheet_that_cuts_at_semicolons_begins_no_formula_either(text: str) -> None:
    for cell in csv_line([text]).strip().split(";"):
        assert not cell.strip(' "').startswith(("=", "+", "-", "@"))
