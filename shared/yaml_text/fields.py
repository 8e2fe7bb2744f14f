"""Reading one key's value as the type that belongs there, with an error that says what belongs there."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from shared.times import DAY, UNITS
from shared.yaml_text.document import Entry, List, Table, Text, Value
from shared.yaml_text.problems import Problems, shorten

LONGEST = 100 * 366 * DAY  # keeps every due time within 64 bits
MAX_NAME = 200
MAX_TEXT = 4_000
MAX_COST = 1_000_000
_PERCENT = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,6})?)\s?%")
_DURATION = re.compile(r"([0-9]{1,12})\s?([smhdw])")
T = TypeVar("T")


def duration(text: str) -> int | None:
    """Return the microseconds of `14d`, `36h`, `90m`, `30s` or `2w`; None where the text is none of these."""
    match = _DURATION.fullmatch(text)
    if match is None:
        return None
    length = int(match[1]) * UNITS[match[2]]
    return length if length <= LONGEST else None


@dataclass(frozen=True, slots=True)
class Fields:
    """One table of the file, read key by key. Absent keys read as the default."""

    table: Table
    problems: Problems
    where: str  # how an error names the table, e.g. "step `kickoff`"

    def known(self, keys: Iterable[str], what: str = "key", reserved: Iterable[str] = ()) -> None:
        """Note every key that is not known here."""
        known = tuple(keys)
        for key, entry in self.table.entries.items():
            if key in reserved:
                self.problems.error(entry.line, f"`{key}` is reserved for a later version")
            elif key not in known:
                self.problems.unknown(entry.line, what, key, known)

    def line(self, key: str) -> int:
        """Return the line of a key; of the table where the key is absent."""
        entry = self.table.entries.get(key)
        return entry.line if entry else self.table.line

    def text(self, key: str, *, limit: int = MAX_TEXT) -> str:
        """Read a text, or nothing."""
        return self._read(key, lambda entry: as_text(entry.value, self.problems, self._name(key), limit=limit), "")

    def name(self, key: str) -> str:
        """Read a name that must be there."""
        if key not in self.table.entries:
            self.problems.error(self.table.line, f"{self.where} has no `{key}`")
            return ""
        found = self.text(key, limit=MAX_NAME)
        if not found.strip() and isinstance(self.table.entries[key].value, Text):
            self.problems.error(self.line(key), f"{self._name(key)} is empty")
        return found

    def texts(self, key: str) -> tuple[str, ...]:
        """Read a text or a list of texts."""
        return self._read(key, lambda entry: as_texts(entry.value, self.problems, self._name(key)), ())

    def word(self, key: str, words: Iterable[str], default: str = "") -> str:
        """Read one of a few words."""
        found = self.text(key, limit=MAX_NAME)
        known = tuple(words)
        if key in self.table.entries and found not in known:
            self.problems.unknown(self.table.entries[key].value.line, f"value of {self._name(key)}", found, known)
            return default
        return found or default

    def duration(self, key: str) -> int | None:
        """Read a duration in microseconds."""
        return self._read(key, lambda entry: as_duration(entry.value, self.problems, self._name(key)), None)

    def share(self, key: str) -> float | None:
        """Read a share of all, written as a percentage above 0 and at most 100, as a number from 0 to 1."""
        return self._read(key, lambda entry: as_share(entry.value, self.problems, self._name(key)), None)

    def flag(self, key: str, *, default: bool | None = False) -> bool | None:
        """Read true or false."""

        def read(entry: Entry) -> bool | None:
            if isinstance(entry.value, Text) and isinstance(entry.value.value, bool):
                return entry.value.value
            self.problems.error(entry.value.line, f"{self._name(key)} must be true or false")
            return default

        return self._read(key, read, default)

    def cost(self, key: str) -> int:
        """Read a whole number from 1."""

        def read(entry: Entry) -> int:
            value = entry.value.value if isinstance(entry.value, Text) else None
            if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= MAX_COST:
                return value
            self.problems.error(entry.value.line, f"{self._name(key)} must be a whole number from 1 to {MAX_COST:,}")
            return 1

        return self._read(key, read, 1)

    def day(self, key: str) -> str:
        """Read a date, kept as the text YYYY-MM-DD."""
        found = self.text(key, limit=MAX_NAME)
        try:
            return date.fromisoformat(found).isoformat() if found else ""
        except ValueError:
            self.problems.error(self.table.entries[key].value.line, f"{self._name(key)} must be a date: YYYY-MM-DD")
            return ""

    def path(self, key: str, roots: Iterable[str] = ("attributes",)) -> str:
        """Read the path of a touchpoint's field, e.g. `attributes.ticket_id`."""
        found = self.text(key, limit=MAX_NAME)
        if found and not is_path(found, roots):
            wanted = " or ".join(f"`{root}.…`" for root in roots)
            self.problems.error(self.table.entries[key].value.line, f"{self._name(key)} must read {wanted}")
        return found

    def table_of(self, key: str) -> Table:
        """Read a table; an empty one where the key is absent or something else."""

        def read(entry: Entry) -> Table:
            if isinstance(entry.value, Table):
                return entry.value
            self.problems.error(entry.value.line, f"{self._name(key)} must be a table of keys and values")
            return Table(entry.line, {})

        return self._read(key, read, Table(self.table.line, {}))

    def list_of(self, key: str, read: Callable[[Value], T | None]) -> tuple[T, ...]:
        """Read one value or a list of them with `read`, leaving out those that it refuses."""
        return self._read(key, lambda entry: tuple(x for x in map(read, items(entry.value)) if x is not None), ())

    def _read(self, key: str, read: Callable[[Entry], T], default: T) -> T:
        entry = self.table.entries.get(key)
        return default if entry is None else read(entry)

    def _name(self, key: str) -> str:
        return f"`{key}` of {self.where}"


def items(value: Value) -> tuple[Value, ...]:
    """Return the items of a list, or the value itself as the only one."""
    return value.items if isinstance(value, List) else (value,)


def is_path(text: str, roots: Iterable[str]) -> bool:
    """Tell whether a text names a field below one of the roots."""
    root, dot, rest = text.partition(".")
    return bool(dot) and root in tuple(roots) and all(rest.split("."))


def as_text(value: Value, problems: Problems, name: str, *, limit: int = MAX_TEXT) -> str:
    """Read a text; a number counts as the text it was written as."""
    if not isinstance(value, Text) or value.value is None or isinstance(value.value, bool):
        hint = " (put it in quotes)" if isinstance(value, Text) and value.raw else ""
        problems.error(value.line, f"{name} must be a text{hint}")
        return ""
    if len(value.raw) > limit:
        problems.error(value.line, f"{name} is longer than {limit:,} characters")
    if limit == MAX_NAME and not value.raw.isprintable():
        problems.error(value.line, f"{name} holds a character that cannot be shown: `{shorten(repr(value.raw))}`")
    return value.raw


def as_texts(value: Value, problems: Problems, name: str) -> tuple[str, ...]:
    """Read a text or a list of texts as names."""
    return tuple(as_text(item, problems, name, limit=MAX_NAME) for item in items(value))


def as_duration(value: Value, problems: Problems, name: str) -> int | None:
    """Read a duration in microseconds."""
    found = duration(value.raw) if isinstance(value, Text) else None
    if found is None:
        problems.error(value.line, f"{name} must be a duration such as 14d, 36h or 90m (s, m, h, d, w)")
    return found


def as_share(value: Value, problems: Problems, name: str) -> float | None:
    """Read a percentage above 0 and at most 100 as a number from 0 to 1."""
    match = _PERCENT.fullmatch(value.raw) if isinstance(value, Text) else None
    share = float(match[1]) / 100 if match else 0.0
    if not 0 < share <= 1:
        problems.error(value.line, f"{name} must be a percentage above 0 and at most 100, such as 75%")
        return None
    return share
