"""XES event logs (IEEE 1849), streamed: traces and events in the order of the document, in constant memory."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC
from typing import IO, Final, TypeAlias
from xml.parsers import expat

from services.ingest.files.identical import Occurrences, content_id
from services.ingest.files.opening import Event, FileError, Refusal, read_some
from services.ingest.files.times import TimeError, read_time, stamp

CHUNK: Final = 262_144
MAX_DEPTH: Final = 64
VALUES: Final = ("string", "date", "int", "float", "boolean", "id")
TIME_KEY: Final = "time:timestamp"
NAME_KEY: Final = "concept:name"
Value: TypeAlias = str | int | float | bool


@dataclass(slots=True)
class Trace:
    """One trace; `attributes` grows until its first event."""

    number: int
    line: int
    attributes: dict[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TraceEvent:
    """One event of a trace; None of attributes: the trace ended."""

    trace: Trace
    line: int
    attributes: dict[str, Value] | None


def xes_events(stream: IO[bytes]) -> Iterator[Event | Refusal]:
    """Yield every event as a touchpoint of its trace (the customer), or as a refusal. Raises FileError."""
    seen = Occurrences()
    number = 0
    for item in trace_events(stream):
        if item.attributes is not None:
            number += 1
            yield _touchpoint(item, item.attributes, number, seen)


def traces(stream: IO[bytes]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield (name, event names) for each trace; events without a name are left out. Raises FileError."""
    names: list[str] = []
    for item in trace_events(stream):
        if item.attributes is None:
            yield str(item.trace.attributes.get(NAME_KEY, item.trace.number)), tuple(names)
            names = []
        elif item.attributes.get(NAME_KEY):
            names.append(str(item.attributes[NAME_KEY]))


def trace_events(stream: IO[bytes]) -> Iterator[TraceEvent]:
    """Yield the events of all traces in the order of the document, and after each trace its end. Raises FileError."""
    reader = _Reader()
    while True:
        chunk = read_some(stream, CHUNK)
        reader.feed(chunk)
        yield from reader.take()
        if not chunk:
            return


class _Reader:
    """The state of one XES document being read."""

    def __init__(self) -> None:
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        self.parser.StartDoctypeDeclHandler = self.doctype
        self.ready: list[TraceEvent] = []
        self.depth = 0
        self.inside = 0  # depth of the trace or event whose attributes are being read
        self.trace: Trace | None = None
        self.count = 0
        self.event: dict[str, Value] | None = None
        self.line = 0
        self.root = ""

    def feed(self, chunk: bytes) -> None:
        try:
            self.parser.Parse(chunk, not chunk)
        except expat.ExpatError as error:
            message = f"line {error.lineno}: not XML: {expat.ErrorString(error.code)}"
            raise FileError(message) from error

    def take(self) -> list[TraceEvent]:
        ready, self.ready = self.ready, []
        return ready

    def doctype(self, *_declaration: object) -> None:
        message = f"line {self.parser.CurrentLineNumber}: a document type is not allowed: entities may be a bomb"
        raise FileError(message)

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            message = f"line {self.parser.CurrentLineNumber}: more than {MAX_DEPTH} elements within elements"
            raise FileError(message)
        name = tag.rpartition(":")[2]
        if self.depth == 1:
            self.root = name
            if name != "log":
                message = f"the XML file is no XES log: its root is <{name}>, not <log>"
                raise FileError(message)
        elif name == "trace" and self.depth == 2:
            self.count += 1
            self.trace = Trace(self.count, self.parser.CurrentLineNumber)
            self.inside = 2
        elif name == "event" and self.trace is not None and self.depth == 3:
            self.event = {}
            self.line = self.parser.CurrentLineNumber
            self.inside = 3
        elif name in VALUES and self.trace is not None and self.depth == self.inside + 1:
            target = self.trace.attributes if self.event is None else self.event
            target[attributes.get("key", "")] = _value(name, attributes.get("value", ""))

    def end(self, _tag: str) -> None:
        if self.trace is not None and self.depth == 3 and self.event is not None:
            self.ready.append(TraceEvent(self.trace, self.line, self.event))
            self.event = None
            self.inside = 2
        elif self.trace is not None and self.depth == 2:
            self.ready.append(TraceEvent(self.trace, self.trace.line, None))
            self.trace = None
            self.inside = 0
        self.depth -= 1


def _value(kind: str, text: str) -> Value:
    """Read a value by its type; one that does not fit its type stays a text."""
    try:
        if kind == "int" and abs(number := int(text)) < 1 << 63:
            return number
        if kind == "float" and (real := float(text)) - real == 0:
            return real
    except ValueError:
        return text
    if kind == "boolean" and text.strip().lower() in ("true", "false", "1", "0"):
        return text.strip().lower() in ("true", "1")
    return text


def _touchpoint(item: TraceEvent, attributes: dict[str, Value], number: int, seen: Occurrences) -> Event | Refusal:
    case = str(item.trace.attributes.get(NAME_KEY, "")).strip()
    name = str(attributes.get(NAME_KEY, "")).strip()
    if not case or not name:
        return Refusal(item.line, f"{'the event' if case else 'the trace'} has no {NAME_KEY}")
    try:
        time = stamp(read_time(str(attributes.get(TIME_KEY, "")), UTC))
    except TimeError as error:
        return Refusal(item.line, str(error))
    event: Event = {"type": "track", "event": name, "userId": case, "timestamp": time, "ordinal": number}
    event["messageId"] = content_id([case, attributes], seen)
    event["properties"] = {
        **{f"case:{key}": value for key, value in item.trace.attributes.items() if key and key != NAME_KEY},
        **{key: value for key, value in attributes.items() if key and key not in (NAME_KEY, TIME_KEY)},
    }
    return event
