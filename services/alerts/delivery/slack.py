"""Slack: a message of blocks to an incoming webhook, or to any receiver that takes the same JSON.

Slack reads `&`, `<` and `>` as control characters, so they are escaped wherever a stranger's words stand: no name can
call everybody (`<!channel>`) or pose as a link. `verbatim` keeps it from making links and mentions of plain words.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from services.alerts.delivery.channel import SETTINGS, Delivery, Outcome, WrongSettingError
from services.alerts.delivery.deadline import ATTEMPT_S
from services.alerts.delivery.posting import Poster
from services.alerts.domain.message import Message, message_for, trial

LONGEST = 3000  # characters of a text, by Slack

Json = dict[str, Any]


def escaped(text: str) -> str:
    """Return a text that Slack shows as it stands."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def payload_of(message: Message) -> Json:
    """Return the JSON of a message."""
    texts = [f"*{escaped(message.subject)}*"]
    texts += [f"*{part.label}*\n{escaped(part.text)}" if part.label else escaped(part.text) for part in message.parts]
    texts.append(f"<{message.link}|{escaped(message.link_text)}>")
    return {
        "text": escaped(message.subject),
        "blocks": [_block(text) for text in texts],
        "unfurl_links": False,
        "unfurl_media": False,
    }


def _block(text: str) -> Json:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text[:LONGEST], "verbatim": True}}


class SlackSender:
    """Sends to one incoming webhook."""

    def __init__(self, url: str, console: str, *, private: bool, attempt_s: float = ATTEMPT_S) -> None:
        """Remember where to. Raises WrongSettingError for an address that lets everybody read along."""
        if not (private or url.startswith("https://")):
            message = f"{SETTINGS['slack']} begins with https://"
            raise WrongSettingError(message)
        self._console = console
        self._poster = Poster(url, SETTINGS["slack"], private=private, attempt_s=attempt_s)

    def send(self, batch: Sequence[Delivery]) -> Outcome:
        """Send one change, or one message for many."""
        return self._post(message_for([delivery.news for delivery in batch], self._console))

    def test(self) -> Outcome:
        """Send a message that only says that it works."""
        return self._post(trial(self._console))

    def _post(self, message: Message) -> Outcome:
        return self._poster.post(msgspec.json.encode(payload_of(message)), {})

    def close(self) -> None:
        """Close connections."""
        self._poster.close()
