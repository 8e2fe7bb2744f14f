"""What to do about dead letters, by their reason. docs/ingest.md explains the reasons; this is the next step."""

from typing import Final

from services.ingest.domain.refusal import Reason

_SEND_ANEW = "Mend the sender, send the events anew, then dismiss these: a replay would be refused again."

HINTS: Final[dict[str, str]] = {
    Reason.BAD_JSON: f"The sender writes what is no JSON. {_SEND_ANEW}",
    Reason.WRONG_TYPE: f"A field has a type that it cannot have; the error names it. {_SEND_ANEW}",
    Reason.BAD_TEXT: f"The sender cuts texts in the middle of a character, or sends NUL. {_SEND_ANEW}",
    Reason.NUMBER_OUT_OF_RANGE: f"Send such numbers as text. {_SEND_ANEW}",
    Reason.TOO_DEEP: f"Send flatter properties. {_SEND_ANEW}",
    Reason.TOO_LARGE: f"Send less with each event: an address of the content, not the content. {_SEND_ANEW}",
    Reason.UNKNOWN_TYPE: f"Leave `type` out for what happened, or write one of those in docs/ingest.md. {_SEND_ANEW}",
    Reason.NO_EVENT_NAME: f"Say in `event` what happened. {_SEND_ANEW}",
    Reason.FIELD_TOO_LONG: f"A name holds what belongs into properties. {_SEND_ANEW}",
    Reason.NO_IDENTITY: (
        "Say who: `userId`, `anonymousId` or an account; texts such as `null` and `0` stand for nobody. " + _SEND_ANEW
    ),
    Reason.ID_TOO_LONG: f"The id holds what is no id. {_SEND_ANEW}",
    Reason.TOO_MANY_IDS: f"Name the ids that tell this customer apart, not all there are. {_SEND_ANEW}",
    Reason.BAD_ID_KIND: f"Write kinds with letters, digits, `_`, `.` and `-`. {_SEND_ANEW}",
    Reason.BAD_ORDINAL: f"Number the events of one time from 0. {_SEND_ANEW}",
    Reason.BAD_TIME: f"Write times as 2026-01-31T09:00:00Z. {_SEND_ANEW}",
    Reason.TOO_OLD: f"A time before 1990 is a clock that was never set, or seconds read as milliseconds. {_SEND_ANEW}",
    Reason.IN_FUTURE: (
        "A clock or a time zone of the sender is wrong: mend it. Once that time has come, a replay takes the event in."
    ),
}


def hint_for(reason: str) -> str:
    """Return what to do about dead letters of a reason."""
    return HINTS.get(reason, "Read the error, mend its cause, then replay; dismiss what nobody will send again.")
