"""Every reason has a next step."""

import pytest

from services.ingest.domain.hints import HINTS, hint_for
from services.ingest.domain.refusal import Reason


@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_says_what_to_do(reason: Reason) -> None:
    assert HINTS[reason].endswith((".", "again."))
    assert hint_for(str(reason)) == HINTS[reason]


def test_a_reason_of_another_version_says_something_too() -> None:
    assert "replay" in hint_for("of_tomorrow")
