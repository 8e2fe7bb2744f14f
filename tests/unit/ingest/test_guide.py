"""docs/ingest.md says what the code does: every reason, every remark, every limit."""

import re

from services.ingest.domain import limits
from services.ingest.domain.identity import BLOCKED
from services.ingest.domain.refusal import Reason, Remark
from services.ingest.domain.wire import OWN_TYPES, OwnEvent
from services.ingest.routes import segment, touchpoints
from tests.shared_data import ROOT

GUIDE = (ROOT / "docs/ingest.md").read_text()
UNSAID = {"originalTimestamp", "sentAt", "writeKey", "name", "category"}  # Segment's own, explained in the text


def test_the_guide_explains_each_reason_once() -> None:
    table = GUIDE.split("## Why an event is refused")[1].split("## Dead letters")[0]

    assert re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE) == [reason.value for reason in Reason]


def test_the_guide_names_each_remark_type_and_field() -> None:
    words = [*(remark.value for remark in Remark), *OWN_TYPES, *(set(OwnEvent.__struct_fields__) - UNSAID)]

    assert [word for word in words if f"`{word}`" not in GUIDE] == []


def test_the_guide_names_each_blocked_value() -> None:
    said = GUIDE.lower()

    assert [value for value in BLOCKED if value and f"`{value}`" not in said] == []


def test_the_guide_names_each_limit() -> None:
    said = [
        f"more than {limits.NESTING} levels",
        f"more than {limits.EVENT_BYTES // 1024} KB",
        f"`event` over {limits.EVENT_NAME} characters",
        f"`actor` over {limits.WORD}",
        f"an id over {limits.ID_BYTES} bytes",
        f"`messageId` over {limits.EVENT_ID} characters",
        f"more than {limits.IDS} ids",
        f"1 to {limits.ID_KIND} letters",
        f"{segment.BODY_BYTES // 1024} KB and {segment.EVENTS:,} events",
        f"{touchpoints.BODY_BYTES // 1024 // 1024} MB and {touchpoints.EVENTS:,} events",
        f"more than {limits.SKEW // 1_000_000} s",
    ]

    assert [words for words in said if words not in GUIDE] == []
    assert (limits.ORDINAL, limits.AHEAD) == (2**53, 24 * 3600 * 1_000_000)
