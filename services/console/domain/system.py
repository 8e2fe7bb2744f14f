"""How Waypost itself fares: services, sources, dead letters, channels; and the sentence that sums it up.

Every part may be missing, because its service does not answer: the rest is said all the same.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.console.domain.counted import began, counted, in_words
from services.console.domain.words import number, since, span, time

Json = Mapping[str, Any]

QUIET_S = 86_400.0  # a source that says nothing for so long is called quiet
MEGABYTE = 1 << 20
NAMES = {"ingest": "Ingest", "journey": "Journey", "alerts": "Alerts", "console": "Console"}
DOES = {
    "ingest": "takes touchpoints in and keeps them",
    "journey": "judges who stands where",
    "alerts": "keeps the warnings and delivers them",
    "console": "shows these pages",
}
CHANNELS = {"slack": "Slack", "mail": "Mail", "webhook": "Webhook"}
CHANNEL_STATES = {
    "off": "not set up",
    "untried": "set, nothing sent yet",
    "ok": "works",
    "waiting": "messages wait",
    "failing": "the last attempt failed",
    "broken": "does not get through",
}


@dataclass(frozen=True, slots=True)
class Service:
    """A service: what it does, and what is wrong with it; empty: it works."""

    name: str
    does: str
    wrong: str
    behind: int | None = None

    @property
    def state(self) -> str:
        """How it fares, in a word or with the reason."""
        return self.wrong or "works"


def services_of(readiness: Mapping[str, str], statuses: Mapping[str, Json | None]) -> list[Service]:
    """Return the services; `readiness`: what is wrong with each, empty where it is ready."""
    found = []
    for name, title in NAMES.items():
        behind = (statuses.get(name) or {}).get("behind")
        found.append(Service(title, DOES[name], readiness.get(name, ""), None if behind is None else int(behind)))
    return found


@dataclass(frozen=True, slots=True)
class Source:
    """A source of touchpoints: when it was last heard, how late it reports, and whether it is quiet."""

    name: str
    heard: str
    ago: str
    quiet: bool
    lag: str
    accepted: str
    refused: str
    last_event: str


def sources_of(sources: Sequence[Json], now: str) -> list[Source]:
    """Return the sources, those that are quiet first, then by name."""
    found = []
    for each in sources:
        waited = since(each["last_heard"], now)
        source = Source(
            name=str(each["source"]),
            heard=time(each["last_heard"], now),
            ago=span(waited),
            quiet=waited is not None and waited > QUIET_S,
            lag="not known yet" if each.get("lag_s") is None else span(each["lag_s"]),
            accepted=number(int(each["accepted"])),
            refused=number(int(each["refused"])),
            last_event=str(each.get("last_event") or ""),
        )
        found.append(source)
    return sorted(found, key=lambda each: (not each.quiet, each.name))


@dataclass(frozen=True, slots=True)
class Letters:
    """Dead letters of one reason and source, with what to do."""

    reason: str
    words: str
    source: str
    count: int
    when: str
    error: str
    hint: str
    example: int


def letters_of(reasons: Sequence[Json], now: str) -> list[Letters]:
    """Return the dead letters that wait, the most first."""
    found = []
    for each in reasons:
        first, last = time(each["first_at"], now), time(each["last_at"], now)
        letters = Letters(
            reason=str(each["reason"]),
            words=began(str(each["reason"]).replace("_", " ")),
            source=str(each["source"]),
            count=int(each["count"]),
            when=first if first == last else f"{first} to {last}",
            error=str(each["error"]),
            hint=str(each["hint"]),
            example=int(each["offset"]),
        )
        found.append(letters)
    return sorted(found, key=lambda each: -each.count)


@dataclass(frozen=True, slots=True)
class Channel:
    """A way by which alerts leave the house."""

    name: str
    title: str
    state: str
    broken: bool
    off: bool
    waiting: int
    delivered: str
    said: str
    setting: str


def channels_of(channels: Sequence[Json], now: str) -> list[Channel]:
    """Return the channels."""
    return [
        Channel(
            name=str(each["channel"]),
            title=CHANNELS.get(str(each["channel"]), str(each["channel"])),
            state=CHANNEL_STATES.get(str(each["state"]), str(each["state"])),
            broken=each["state"] == "broken",
            off=not each["configured"],
            waiting=int(each["waiting"]),
            delivered=time(each.get("last_delivered_at"), now),
            said=str(each.get("said") or ""),
            setting=str(each.get("setting") or ""),
        )
        for each in channels
    ]


@dataclass(frozen=True, slots=True)
class Whole:
    """Everything that the sentence is about; an empty part is one that could not be asked."""

    services: Sequence[Service] = ()
    sources: Sequence[Source] = ()
    letters: Sequence[Letters] = ()
    channels: Sequence[Channel] = ()
    parked: int = 0


def head_of(whole: Whole) -> str:
    """Return the sentence of the page: the worst first, at most two things."""
    parts = []
    if down := [each.name for each in whole.services if each.wrong]:
        parts.append(f"{_and(down)} {'needs' if len(down) == 1 else 'need'} attention")
    if quiet := sum(each.quiet for each in whole.sources):
        several = f"{in_words(quiet)} of {counted(len(whole.sources), 'source')}"
        parts.append(f"{several} {'is' if quiet == 1 else 'are'} quiet")
    if waiting := sum(each.count for each in whole.letters):
        parts.append(f"{counted(waiting, 'dead letter')} {'waits' if waiting == 1 else 'wait'}")
    if broken := [each.title for each in whole.channels if each.broken]:
        parts.append(f"{_and(broken)} {'does' if len(broken) == 1 else 'do'} not get through")
    if whole.parked:
        parts.append(f"{counted(whole.parked, 'customer')} could not be judged")
    if not parts:
        return "Everything works; no source has been heard yet" if not whole.sources else "Everything works"
    return began(", ".join(parts[:2]))


def _and(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def room_of(status: Json) -> list[tuple[str, str]]:
    """Return how full the log and the disk are, and how far back the log reaches."""
    size, most = int(status["log_bytes"]), int(status["log_max_bytes"])
    free, bound = int(status["disk_free_bytes"]), int(status["disk_bound_bytes"])
    oldest = time(status.get("oldest_at"), status.get("now"))
    return [
        ("Log", f"{bytes_in_words(size)} of {bytes_in_words(most)}"),
        ("Kept", f"for {status['retention_days']:g} days" + (f", now from {oldest}" if oldest else "")),
        ("Disk", f"{bytes_in_words(free)} free; below {bytes_in_words(bound)} nothing more is taken in"),
    ]


def bytes_in_words(size: int) -> str:
    """Write a size: 812 MB, 3.1 GB."""
    megabytes = size / MEGABYTE
    return f"{megabytes / 1024:.1f} GB" if megabytes >= 1024 else f"{megabytes:.0f} MB"


def held_back(status: Json, services: Sequence[Service]) -> str:
    """Say what holds back until when absence is judged; empty: nothing does."""
    if status.get("wrong"):
        return str(status["wrong"])
    if not status.get("judged_until"):
        return "Nothing was heard yet, so there is nothing to judge."
    if int(status.get("behind") or 0):
        records = int(status["behind"])
        return f"{began(counted(records, 'record'))} {'waits' if records == 1 else 'wait'} to be judged first."
    if any(each.name == NAMES["ingest"] and each.wrong for each in services):
        return "Ingest sends no sign of life, so silence may be ours and is not held against anybody."
    return ""


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of a test message on one channel."""

    title: str
    ok: bool
    words: str


def trials_of(results: Sequence[Json]) -> list[Trial]:
    """Return what came of a test, in words."""
    return [
        Trial(
            CHANNELS.get(str(each["channel"]), str(each["channel"])),
            bool(each["ok"]),
            " ".join(filter(None, (str(each.get("said") or ""), str(each.get("todo") or "")))),
        )
        for each in results
    ]
