"""How an alert stands, in a terminal: who did what to it, when and why, and since when there is a reason."""

from typing import Any

import pytest

from waypost.commands.alerts_worded import worded

Json = dict[str, Any]

STALL: Json = {
    "alert": 7, "severity": "high", "ids": ["user:u-1"], "customer": 3, "name": "", "map": "care", "status": "open",
    "reason": "Has waited for Review longer than the 5 days planned.", "since": "2026-11-20T10:00:00Z", "next": None,
    "owner": "", "changed_at": "2026-11-29T08:00:00Z", "snoozed_until": None,
}  # fmt: skip


def done(change: str, at: str, **because: str) -> Json:
    return {"change": change, "at": at, "because": because}


TAKEN = done("acknowledged", "2026-11-27T09:00:00Z", by="csm-3")


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({}, "open"),
        ({"status": "acknowledged", "trail": [TAKEN, done("louder", "2026-11-29T08:00:00Z")]},
         "acknowledged by csm-3 on 27 Nov 2026"),
        ({"status": "snoozed", "snoozed_until": "2026-12-03T09:00:00Z",
          "trail": [done("snoozed", "2026-11-29T08:00:00Z", by="csm-3", reason="On\nholiday")]},
         "snoozed by csm-3 on 29 Nov 2026 until 3 Dec 2026 09:00 UTC: On holiday"),
        ({"status": "resolved",
          "trail": [TAKEN, done("resolved", "2026-11-29T08:00:00Z", by="csm-4", reason="Called")]},
         "resolved by csm-4 on 29 Nov 2026: Called"),
        ({"status": "ended"}, "ended on 29 Nov 2026"),
    ],
)  # fmt: skip
def test_an_alert_says_who_did_what_when_and_apart_from_it_since_when_it_stands(more: Json, said: str) -> None:
    first, reason = worded(STALL | more)

    assert first == f"7  high  user:u-1  care  {said}"
    assert reason == "    Has waited for Review longer than the 5 days planned. Since 20 Nov 2026."
