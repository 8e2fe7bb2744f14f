"""Words that sentences for people are made of."""

import pytest

from shared.words import counted, meant


def test_one_is_one_and_all_else_are_several() -> None:
    assert [counted(number, "journey") for number in (0, 1, 2, 1234)] == [
        "0 journeys",
        "1 journey",
        "2 journeys",
        "1,234 journeys",
    ]
    assert [counted(number, "record waits", "records wait") for number in (1, 2)] == [
        "1 record waits",
        "2 records wait",
    ]
    assert [counted(number, "history", "histories") for number in (1, 2)] == ["1 history", "2 histories"]


@pytest.mark.parametrize(
    ("word", "alike", "name"),
    [
        ("order placed", 0.6, "Order Placed"),
        ("ORDER_PLACED", 0.75, "Order Placed"),
        ("Ordr", 0.6, ""),
        ("Pad", 0.6, "Paid"),
        ("Login", 0.6, ""),
        ("", 0.6, ""),
        ("!!!", 0.6, ""),
    ],
)
def test_a_mistyped_name_is_told_which_is_meant(word: str, alike: float, name: str) -> None:
    assert meant(word, ["Order Placed", "Paid", "?"], alike) == name


def test_who_looks_alike_is_not_meant_where_more_letters_must_agree() -> None:
    assert meant("Order Paid", ["Order Placed"], 0.6) == "Order Placed"
    assert meant("Order Paid", ["Order Placed"], 0.9) == ""


def test_a_very_long_word_is_compared_by_its_beginning() -> None:
    assert meant("x" * 1_000_000, ["x" * 100]) == "x" * 100
