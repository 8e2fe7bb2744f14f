"""Digests and derived ids: equal for equal content, whatever its form; different for everything else."""

import json
from typing import Any

import pytest

from services.ingest.domain.digest import canonical_of, derived_event_id, digest_of
from services.ingest.domain.refusal import Reason, Refusal


def digest(content: Any) -> int:  # noqa: ANN401 (any JSON)
    return digest_of(canonical_of(content))


def test_the_order_of_keys_makes_no_difference() -> None:
    assert digest({"a": 1, "b": {"c": 2, "d": 3}}) == digest({"b": {"d": 3, "c": 2}, "a": 1})


@pytest.mark.parametrize("other", [{"a": [2, 1]}, {"a": [1, 2, None]}, {"a": ["1", 2]}, {"a": [1.0, 2]}, {"b": [1, 2]}])
def test_anything_else_makes_one(other: dict[str, Any]) -> None:
    assert digest({"a": [1, 2]}) != digest(other)


def test_a_digest_is_pinned_and_has_64_bits() -> None:
    assert digest(("track", "Paid", [("user", "u")], {"total": 9.5}, None, 1)) == 18_097_907_192_379_084_616
    assert 0 <= digest("x") < 1 << 64


@pytest.mark.parametrize("value", [1 << 64, -(1 << 63) - 1, 10**30])
def test_an_integer_beyond_64_bits_is_refused_wherever_it_stands(value: int) -> None:
    with pytest.raises(Refusal) as refused:
        canonical_of({"a": [{"b": value}]})

    assert refused.value.reason is Reason.NUMBER_OUT_OF_RANGE


@pytest.mark.parametrize("value", [(1 << 64) - 1, -(1 << 63)])
def test_an_integer_of_64_bits_is_taken(value: int) -> None:
    assert canonical_of({"a": value})


EVENT: dict[str, Any] = {
    "type": "track",
    "event": "Paid",
    "userId": "u",
    "timestamp": "2026-11-21T17:57:27Z",
    "properties": {"a": 1},
}


@pytest.mark.parametrize(
    "again",
    [
        EVENT | {"sentAt": "2026-11-21T18:00:00Z"},
        EVENT | {"messageId": None, "anonymousId": None},
        EVENT | {"writeKey": "k"},
        dict(reversed(EVENT.items())),
        json.loads(json.dumps(EVENT, indent=4)),
    ],
)
def test_the_same_event_sent_again_derives_the_same_id(again: dict[str, Any]) -> None:
    assert derived_event_id(again) == derived_event_id(EVENT)


@pytest.mark.parametrize(
    "other",
    [EVENT | {"timestamp": "2026-11-21T17:57:28Z"}, EVENT | {"userId": "v"}, EVENT | {"properties": {"a": 2}}],
)
def test_another_event_derives_another_id(other: dict[str, Any]) -> None:
    assert derived_event_id(other) != derived_event_id(EVENT)
