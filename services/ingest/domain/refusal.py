"""Why an event is not accepted, and what is worth saying about one that is."""

from enum import StrEnum

from msgspec import Struct


class Reason(StrEnum):
    """The stable words for why an event became a dead letter. docs/ingest.md lists them (a test compares)."""

    BAD_JSON = "bad_json"
    WRONG_TYPE = "wrong_type"
    BAD_TEXT = "bad_text"
    NUMBER_OUT_OF_RANGE = "number_out_of_range"
    TOO_DEEP = "too_deep"
    TOO_LARGE = "too_large"
    UNKNOWN_TYPE = "unknown_type"
    NO_EVENT_NAME = "no_event_name"
    FIELD_TOO_LONG = "field_too_long"
    NO_IDENTITY = "no_identity"
    ID_TOO_LONG = "id_too_long"
    TOO_MANY_IDS = "too_many_ids"
    BAD_ID_KIND = "bad_id_kind"
    BAD_ORDINAL = "bad_ordinal"
    BAD_TIME = "bad_time"
    TOO_OLD = "too_old"
    IN_FUTURE = "in_future"


class Remark(StrEnum):
    """The stable words for what is said about an event that was accepted."""

    BLOCKED_ID = "blocked_id"
    IGNORED_ID = "ignored_id"
    NOT_DEDUPLICATED = "not_deduplicated"


class Refusal(Exception):  # noqa: N818 (a verdict on one event, not a failure)
    """Raised when an event cannot be accepted as it is: it becomes a dead letter."""

    def __init__(self, reason: Reason, message: str) -> None:
        """Say what is wrong with the event and what would be right."""
        super().__init__(message)
        self.reason = reason
        self.message = message


class Note(Struct, frozen=True):
    """What the answer says about one event of a request; the code is a Reason or a Remark."""

    index: int
    event_id: str
    code: str
    message: str
