"""YAML or JSON text to a tree that knows its lines: the only module that knows the syntax of what people write.

YAML is read by the core schema of YAML 1.2, the one JSON users expect: `no`, `on` and dates are text.
Everything is bounded, because texts come over HTTP: size, depth, and the number of values after aliases are followed.
"""

import json
import re
from dataclasses import dataclass
from typing import Any, TypeAlias

import yaml
from yaml.composer import Composer
from yaml.events import AliasEvent
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from yaml.parser import Parser
from yaml.reader import Reader, ReaderError
from yaml.resolver import BaseResolver
from yaml.scanner import Scanner

from shared.yaml_text.problems import DocumentError, Problem, Problems, shorten

MAX_CHARACTERS = 262_144  # about 2,000 steps of a map with every key; the parser takes some 3 s for it
TAG = "tag:yaml.org,2002:"


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a text may hold. A text at any of them takes the parser some 3 s, as the longest ordinary one does."""

    depth: int = 100  # values within values; the deepest public process tree we know needs 37
    values: int = 50_000  # as written, and again after aliases are followed
    aliases: int = 500
    levels: int = 1_500_000  # the depths of all values and keys together: what the scanner's work grows with


BOUNDS = Bounds()

Scalar: TypeAlias = "str | int | float | bool | None"


@dataclass(frozen=True, slots=True)
class Text:
    """A single value: as text and as the type it was written in."""

    line: int
    raw: str
    value: Scalar


@dataclass(frozen=True, slots=True)
class List:
    """Values in order."""

    line: int
    items: "tuple[Value, ...]"


@dataclass(frozen=True, slots=True)
class Entry:
    """A key with its value; the line is the key's."""

    line: int
    value: "Value"


@dataclass(frozen=True, slots=True)
class Table:
    """Values by key, in the order of the file."""

    line: int
    entries: dict[str, Entry]


Value: TypeAlias = "Text | List | Table"


class _Schema(BaseResolver):
    """Types of plain words as in JSON: true and false, null, numbers; all else is text."""


for _name, _pattern, _first in (
    ("bool", r"true|false|True|False|TRUE|FALSE", "tTfF"),
    ("null", r"~|null|Null|NULL|", "~nN"),
    ("int", r"[-+]?[0-9]{1,18}", "-+0123456789"),
    ("float", r"[-+]?(?:[0-9]{1,18}\.[0-9]*|\.[0-9]+|[0-9]{1,18})(?:[eE][-+]?[0-9]{1,2})?", "-+.0123456789"),
):
    _Schema.add_implicit_resolver(TAG + _name, re.compile(f"^(?:{_pattern})$"), [*_first, ""])


class _Loader(Reader, Scanner, Parser, Composer, _Schema):
    """A composer that stops as soon as a document passes a bound, before it costs more."""

    def __init__(self, text: str, bounds: Bounds) -> None:
        Reader.__init__(self, text)
        Scanner.__init__(self)
        Parser.__init__(self)
        Composer.__init__(self)
        _Schema.__init__(self)
        self.bounds = bounds
        self.depth = self.values = self.aliases = self.levels = 0

    def compose_node(self, parent: Node | None, index: Any) -> Node | None:  # noqa: ANN401 (a place, a key, or nothing)
        """Compose as usual, counting how deep we are, and how much there was; `index` is None for a key."""
        self.values += index is not None
        self.aliases += self.check_event(AliasEvent)
        self.levels += self.depth
        self.depth += 1
        bounds = self.bounds
        self._bound(self.depth, bounds.depth, f"more than {bounds.depth} values within values")
        self._bound(self.values, bounds.values, f"more than {bounds.values:,} values")
        self._bound(self.aliases, bounds.aliases, f"more than {bounds.aliases} aliases")
        self._bound(self.levels, bounds.levels, "too many values within values")
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node

    def _bound(self, found: int, most: int, text: str) -> None:
        if found > most:
            event = self.peek_event()  # type: ignore[no-untyped-call]
            raise DocumentError([Problem("error", text, event.start_mark.line + 1)])


def read_document(text: str, problems: Problems, what: str = "map", bounds: Bounds = BOUNDS) -> Value:
    """Return the tree of a YAML or JSON text; repeated keys and tags go to `problems`. `what`: how errors call it.

    Raises DocumentError where nothing can be read: broken syntax, nothing there, or a limit passed.
    """
    if len(text) > MAX_CHARACTERS:
        raise DocumentError([Problem("error", f"the {what} is longer than {MAX_CHARACTERS:,} characters")])
    root = _compose(_tabs_of_json(text), what, bounds)
    if root is None:
        raise DocumentError([Problem("error", f"the {what} is empty")])
    return _Walk(problems, bounds).value(root, 0)


def _compose(text: str, what: str, bounds: Bounds) -> Node | None:
    try:
        return _Loader(text, bounds).get_single_node()
    except DocumentError:
        raise
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        code = error.character if isinstance(error.character, int) else ord(error.character[:1])
        raise DocumentError(
            [Problem("error", f"the character U+{code:04X} is not allowed in a {what}", line)]
        ) from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        said = ": ".join(part for part in (error.context, error.problem) if part)
        raise DocumentError([Problem("error", f"not YAML or JSON: {said}", mark.line + 1 if mark else 0)]) from error
    except (ValueError, OverflowError) as error:  # an escape beyond Unicode
        raise DocumentError([Problem("error", f"not YAML or JSON: {error}")]) from error


def _tabs_of_json(text: str) -> str:
    """JSON may be indented with tabs, YAML may not."""
    if not text.lstrip().startswith("{") or "\t" not in text:
        return text
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return text
    return text.replace("\t", " ")  # valid JSON has no raw tab within a text


class _Walk:
    """From composed nodes to our tree, bounded: an alias counts as often as it is used."""

    def __init__(self, problems: Problems, bounds: Bounds) -> None:
        self.problems = problems
        self.bounds = bounds
        self.seen = 0

    def value(self, node: Node, depth: int) -> Value:
        self.seen += 1
        line = node.start_mark.line + 1
        if depth > self.bounds.depth or self.seen > self.bounds.values:
            raise DocumentError([Problem("error", "too many values, or aliases within aliases", line)])
        if isinstance(node, ScalarNode):
            return self.scalar(node, line)
        if isinstance(node, SequenceNode):
            self.tag(node.tag, line, "seq")
            return List(line, tuple(self.value(item, depth + 1) for item in node.value))
        return self.table(node, line, depth)

    def table(self, node: Node, line: int, depth: int) -> Table:
        self.tag(node.tag, line, "map")
        entries: dict[str, Entry] = {}
        for key_node, value_node in node.value if isinstance(node, MappingNode) else ():
            key_line = key_node.start_mark.line + 1
            if not isinstance(key_node, ScalarNode):
                self.problems.error(key_line, "a key must be a single word or text")
                continue
            key = self.clean(key_node.value, key_line)
            if key in entries:
                first = entries[key].line
                self.problems.error(key_line, f"the key `{shorten(key)}` stands twice (first in line {first})")
                continue
            entries[key] = Entry(key_line, self.value(value_node, depth + 1))
        return Table(line, entries)

    def scalar(self, node: ScalarNode, line: int) -> Text:
        raw = self.clean(str(node.value), line)
        kind = node.tag.removeprefix(TAG)
        value: Scalar
        try:
            if kind == "bool":
                value = {"true": True, "false": False}[raw.lower()]
            elif kind == "null":
                value = None
            elif kind == "int":
                value = int(raw)
            elif kind == "float":
                value = float(raw)
            else:
                self.tag(node.tag, line, "str")
                value = raw
        except (KeyError, ValueError):
            self.problems.error(line, f"`{shorten(raw)}` is not a {kind}")
            value = raw
        return Text(line, raw, value)

    def clean(self, text: str, line: int) -> str:
        """Join the surrogate pairs that JSON escapes leave; refuse half ones and NUL, which no store keeps."""
        try:
            text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le")
        except UnicodeDecodeError:
            self.problems.error(line, "a text holds half a character (a lone surrogate)")
            return text.encode("utf-8", "replace").decode()
        if "\0" in text:
            self.problems.error(line, "a text holds the character NUL")
        return text

    def tag(self, tag: str, line: int, expected: str) -> None:
        if tag != TAG + expected:
            self.problems.error(line, f"the tag `{shorten(tag.removeprefix(TAG))}` is not part of the language")
