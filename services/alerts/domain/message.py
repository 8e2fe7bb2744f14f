"""What people read of an alert in chat and mail: who, what and why now, whose move, proof, and where to look.

Everything here may come from strangers: it is cut, kept on one line, and set apart where it is written from the right.
The media escape what they must.
"""

import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from services.alerts.domain.rules import SEVERITIES
from services.alerts.domain.telling import OVER
from shared.plain_text import one_line
from shared.times import microseconds_of, span

NAME, TEXT, SHORT = 80, 400, 120  # characters
IDS, PROOF, NAMED = 3, 3, 10  # how many are named
RIGHT_TO_LEFT = frozenset({"R", "AL", "AN"})

Json = dict[str, Any]


class Part(NamedTuple):
    """A labelled paragraph; a label may be empty."""

    label: str
    text: str


@dataclass(frozen=True, slots=True)
class Message:
    """A message in plain text: its subject, its paragraphs and a link."""

    subject: str
    parts: tuple[Part, ...]
    link: str
    link_text: str = "Open it in Waypost"


@dataclass(frozen=True, slots=True)
class News:
    """A change of an alert, with the alert as it was then."""

    change: str
    because: Json
    alert: Json

    @property
    def over(self) -> bool:
        """Whether it says that nothing is left to do."""
        return self.change in OVER


def clipped(text: str, length: int) -> str:
    """Return a text on one line, cut where it is too long, and isolated where it is written from the right."""
    plain = one_line(text).strip()
    cut = plain if len(plain) <= length else plain[: length - 1].rstrip() + "…"
    right = any(unicodedata.bidirectional(char) in RIGHT_TO_LEFT for char in cut)
    return f"\u2068{cut}\u2069" if right else cut


def message_of(news: News, console: str) -> Message:
    """Return the message of one change; `console` is the address of the console."""
    alert = news.alert
    link = f"{console}/inbox/{alert['alert']}"
    reason = clipped(alert["reason"], SHORT)
    if news.over:
        return Message(f"Over: {_name(alert)}: {reason}", (Part("", _over(news)),), link)
    parts = [Part("Customer", f"{_who(alert)}, on {clipped(alert['map'], NAME)}")]
    parts += [Part("What happened", clipped(alert["reason"], TEXT)), Part("Why now", _why(alert))]
    parts += [Part("Told again", again) for again in [_again(news)] if again]
    parts += [Part("Next", _next(alert)), Part("Proof", _proof(alert["proof"]))]
    return Message(f"{alert['severity'].capitalize()}: {_name(alert)}: {reason}", tuple(parts), link)


def digest_of(news: Sequence[News], console: str) -> Message:
    """Return one message for many changes: it counts them and names the first ten, the loudest first."""
    calls = [each.alert for each in news if not each.over]
    calls.sort(key=lambda alert: (-SEVERITIES.index(alert["severity"]), alert["since"], alert["alert"]))
    counts = Counter(alert["severity"] for alert in calls)
    counted = ", ".join(f"{counts[severity]} {severity}" for severity in reversed(SEVERITIES) if counts[severity])
    over = len(news) - len(calls)
    words = [f"{len(calls)} alerts want attention: {counted}"] if calls else []
    words += [f"{over} are over"] if over else []
    lines = [Part(f"{n}. {alert['severity'].capitalize()}", _line(alert)) for n, alert in enumerate(calls[:NAMED], 1)]
    if more := len(calls) - len(lines):
        lines.append(Part("", f"And {more} more: the inbox has them, the loudest first."))
    subject = "; ".join(words)
    return Message(subject, tuple(lines) or (Part("", f"{subject}."),), f"{console}/inbox", "Open the inbox")


def message_for(news: Sequence[News], console: str) -> Message:
    """Return the message of one change, or one message for many."""
    return message_of(news[0], console) if len(news) == 1 else digest_of(news, console)


def trial(console: str) -> Message:
    """Return the message by which somebody tries whether a channel works."""
    said = "Somebody tried whether alerts arrive here. They do; nothing is to be done."
    return Message("Waypost: this channel works", (Part("", said),), f"{console}/inbox", "Open the inbox")


def _name(alert: Json) -> str:
    seen = (clipped(text, NAME) for text in (alert.get("name", ""), *alert["ids"][:1]))
    return next(filter(None, seen), f"customer {alert['customer']}")


def _who(alert: Json) -> str:
    name = _name(alert)
    ids = [seen for text in alert["ids"][:IDS] if (seen := clipped(text, NAME))]
    if name in ids:
        return ", ".join(ids)
    return f"{name} ({', '.join(ids)})" if ids else name


def _line(alert: Json) -> str:
    return f"{_name(alert)}: {clipped(alert['reason'], SHORT)}"


def _time(at: str) -> str:
    year, month, day = at[:10].split("-")
    return f"{int(day)} {MONTHS[int(month) - 1]} {year} {at[11:16]} UTC"


MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def _why(alert: Json) -> str:
    numbers = alert["numbers"]
    since = numbers.get("enabled_at")
    if not since or alert["rule"] != "stall":
        return f"Since {_time(alert['since'])}."
    waited = span(max(0, microseconds_of(alert["changed_at"]) - microseconds_of(since)))
    usual = PLANNED.get(numbers.get("threshold_level"), "usual")
    planned = f"; {numbers['threshold']} are {usual}" if "threshold" in numbers else ""
    return f"Waiting since {_time(since)}, {waited}{planned}."


PLANNED = {"designed": "planned"}
LOUDER = "It has become more severe."
AGAIN = {"reopened": "It had ended, and is true again.", "updated": LOUDER, "moved": LOUDER}


def _again(news: News) -> str:
    if news.change != "woken":
        return AGAIN.get(news.change, "")
    reason = clipped(news.because.get("reason", ""), TEXT)
    said = f"{clipped(news.because.get('by', 'Somebody'), NAME)} had let it wait until now"
    return f"{said}: {reason}" if reason else f"{said}."


def _next(alert: Json) -> str:
    step = alert["next"]
    if not step:
        return "Look at the journey: the map names no step that comes next."
    name = clipped(step.get("title") or step["step"].replace("-", " ").replace("_", " "), NAME)
    owner = clipped(alert["owner"], NAME)
    move = f" The move is {owner}'s." if owner else " Nobody owns it yet."
    why = "" if step["why"] == "next" else f": {clipped(step['why'], SHORT).rstrip('.')}"
    return f"{name[:1].upper()}{name[1:]}{why}.{move}"


def _proof(proof: Sequence[Json]) -> str:
    if not proof:
        return "Nothing came: that it did not is the proof."
    shown = [f"{clipped(p['event'], NAME)} ({clipped(p['source'], NAME)}, {_time(p['occurred_at'])})" for p in proof]
    earlier = len(shown) - PROOF
    return "; ".join(shown[-PROOF:]) + (f"; and {earlier} earlier." if earlier > 0 else ".")


def _over(news: News) -> str:
    because = news.because
    if "joined" in because:
        return f"It goes on as alert {because['joined']}, which is about the same."
    if news.change == "ended":
        return "The customer has moved on, or the journey has ended. Nothing is left to do."
    late = because.get("late")
    why = f"a late touchpoint shows it: {clipped(late['event'], NAME)}" if late else "what we know now shows it"
    return f"It was never true; {why}. Nothing is to be done."
