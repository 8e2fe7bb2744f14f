"""Reading paths: blocks, and the steps that are defined in them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from services.journey.domain.maps.matchers import read_matcher
from services.journey.domain.maps.model import (
    AnyOrder,
    Block,
    Choice,
    Evidence,
    Matcher,
    Optional,
    Repeat,
    Sequence,
    Silent,
    Step,
    StepBlock,
)
from shared.yaml_text.document import Entry, List, Table, Text, Value
from shared.yaml_text.fields import MAX_NAME, Fields, as_text
from shared.yaml_text.problems import DocumentError, Problem, Problems

Place: TypeAlias = tuple[int | str, ...]  # stage number or persona, then the numbers of the blocks going inwards

STEP_KEYS: Final = (
    "step",
    "title",
    "need",
    "match",
    "replaced_by",
    "failed_by",
    "recurs",
    "requires",
    "milestone",
    "moment_of_truth",
    "decided_by",
    "within",
    "decision_boundary",
    "severity",
    "owner",
    "actor",
    "channel",
    "evidence",
    "intended_emotion",
)
BLOCK_KEYS: Final = ("sequence", "choice", "any_order", "optional", "repeat", "loop", "silent")
REPEAT_KEYS: Final = ("do", "redo")
EVIDENCE_KEYS: Final = ("source", "ref")
RESERVED: Final = ("any_of", "reopens")
MAX_PLACES: Final = 2_000  # of steps; a journey that people can read has fewer than a hundred
SEVERITIES: Final = ("low", "medium", "high", "critical")


@dataclass(slots=True)
class Steps:
    """The steps met so far: each is defined at most once, and mentioned anywhere."""

    problems: Problems
    defined: dict[str, Step] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)  # of the definition, else of the first mention
    key_lines: dict[tuple[str, str], int] = field(default_factory=dict)  # of a key of a definition
    order: dict[str, None] = field(default_factory=dict)  # names by first mention
    mentions: int = 0

    def mention(self, name: str, line: int) -> None:
        """Note a place of a step. Raises MapError where there are too many."""
        self.mentions += 1
        if self.mentions > MAX_PLACES:
            raise DocumentError([Problem("error", f"the path has more than {MAX_PLACES:,} steps", line)])
        self.order.setdefault(name)
        self.lines.setdefault(name, line)

    def define(self, step: Step, table: Table) -> None:
        """Note a definition; a second one must say the same."""
        known = self.defined.get(step.name)
        if known is not None and known != step:
            first = self.lines[step.name]
            text = f"the step `{step.name}` is defined twice, differently (line {first} and line {table.line})"
            self.problems.error(table.line, f"{text}: define it once and use its bare name elsewhere")
            return
        if known is None:
            self.defined[step.name] = step
            self.lines[step.name] = table.line
            self.key_lines.update({(step.name, key): entry.line for key, entry in table.entries.items()})

    def all(self) -> dict[str, Step]:
        """Return every step in order of first mention; one defined nowhere is matched by the event of its name."""
        return {name: self.defined.get(name) or Step(name, match=(Matcher(event=name),)) for name in self.order}


@dataclass(slots=True)
class PathReader:
    """Reads blocks, noting the line of each by its place."""

    problems: Problems
    steps: Steps
    places: dict[Place, int] = field(default_factory=dict)

    def block(self, value: Value, place: Place) -> Block:
        """Read one block."""
        self.places[place] = value.line
        if isinstance(value, List):
            return Sequence(self._branches(value, place, "a path"))
        if isinstance(value, Text):
            return self._bare(value)
        keys = [key for key in value.entries if key in BLOCK_KEYS]
        if "step" in value.entries:
            return self._step(value)
        if len(keys) != 1:
            self._no_block(value, keys)
            return Silent()
        Fields(value, self.problems, "a block").known(keys, "key of a block", RESERVED)
        return self._operators()[keys[0]](value.entries[keys[0]], place)

    def _operators(self) -> dict[str, Callable[[Entry, Place], Block]]:
        return {
            "sequence": lambda entry, place: Sequence(self._branches(entry.value, place, "`sequence`")),
            "choice": lambda entry, place: Choice(self._branches(entry.value, place, "`choice`")),
            "any_order": lambda entry, place: AnyOrder(self._branches(entry.value, place, "`any_order`")),
            "optional": lambda entry, place: Optional(self.block(entry.value, (*place, 0))),
            "repeat": self._repeat,
            "loop": self._loop,
            "silent": self._silent,
        }

    def _branches(self, value: Value, place: Place, what: str) -> tuple[Block, ...]:
        if not isinstance(value, List) or not value.items:
            self.problems.error(value.line, f"{what} must be a list of blocks that is not empty")
            return (Silent(),)
        return tuple(self.block(item, (*place, number)) for number, item in enumerate(value.items))

    def _repeat(self, entry: Entry, place: Place) -> Block:
        if not isinstance(entry.value, Table):
            self.problems.error(entry.value.line, "`repeat` must be a table with `do` and, where wanted, `redo`")
            return Silent()
        fields = Fields(entry.value, self.problems, "`repeat`")
        fields.known(REPEAT_KEYS)
        do, redo = (entry.value.entries.get(key) for key in REPEAT_KEYS)
        if do is None:
            self.problems.error(entry.line, "`repeat` has no `do`")
            return Silent()
        done = self.block(do.value, (*place, 0))
        return _repeat(done, self.block(redo.value, (*place, 1)) if redo else None)

    def _loop(self, entry: Entry, place: Place) -> Block:
        blocks = entry.value.items if isinstance(entry.value, List) else ()
        if len(blocks) != 2:
            self.problems.error(entry.value.line, "`loop` must be a list of two blocks: what is done, and the redo")
            return Silent()
        return _repeat(self.block(blocks[0], (*place, 0)), self.block(blocks[1], (*place, 1)))

    def _silent(self, entry: Entry, _place: Place) -> Block:
        if not isinstance(entry.value, Text) or entry.value.value is not True:
            self.problems.error(entry.value.line, "`silent` is written `silent: true`")
        return Silent()

    def _no_block(self, table: Table, keys: list[str]) -> None:
        if keys:
            self.problems.error(
                table.line, f"a block is one thing, this one has {', '.join(f'`{key}`' for key in keys)}"
            )
        for key, entry in table.entries.items() if not keys else ():
            if key in RESERVED:
                self.problems.error(entry.line, f"`{key}` is reserved for a later version of the language")
            elif key not in STEP_KEYS:
                self.problems.unknown(entry.line, "key of a block", key, ("step", *BLOCK_KEYS))
        if not keys and not any(key not in STEP_KEYS for key in table.entries):
            self.problems.error(table.line, "a block without `step`: name the step, or one of " + ", ".join(BLOCK_KEYS))

    def _bare(self, value: Text) -> Block:
        name = as_text(value, self.problems, "a step's name", limit=MAX_NAME)
        if not name.strip():
            self.problems.error(value.line, "a step without a name")
            return Silent()
        self.steps.mention(name, value.line)
        return StepBlock(name)

    def _step(self, table: Table) -> Block:
        name = Fields(table, self.problems, "a step").name("step")
        if not name.strip():
            return Silent()
        self.steps.mention(name, table.line)
        fields = Fields(table, self.problems, f"step `{name}`")
        fields.known(STEP_KEYS, reserved=RESERVED)
        if len(table.entries) > 1:
            self.steps.define(read_step(name, fields, self.problems), table)
        return StepBlock(name)


def read_step(name: str, fields: Fields, problems: Problems) -> Step:
    """Read the definition of a step."""

    def matchers(key: str) -> tuple[Matcher, ...]:
        return fields.list_of(key, lambda value: read_matcher(value, problems, f"`{key}` of step `{name}`"))

    def evidence(value: Value) -> Evidence | None:
        return _evidence(value, problems, name)

    return Step(
        name=name,
        title=fields.text("title"),
        need=fields.text("need"),
        match=matchers("match") if "match" in fields.table.entries else (Matcher(event=name),),
        replaced_by=matchers("replaced_by"),
        failed_by=matchers("failed_by"),
        recurs=bool(fields.flag("recurs")),
        requires=fields.texts("requires"),
        milestone=bool(fields.flag("milestone")),
        moment_of_truth=bool(fields.flag("moment_of_truth")),
        decided_by=fields.word("decided_by", ("customer",)),
        within=fields.duration("within"),
        decision_boundary=fields.duration("decision_boundary"),
        severity=fields.word("severity", SEVERITIES),
        owner=fields.text("owner", limit=MAX_NAME),
        actor=fields.texts("actor"),
        channel=fields.texts("channel"),
        evidence=fields.list_of("evidence", evidence),
        intended_emotion=fields.text("intended_emotion", limit=MAX_NAME),
    )


def _evidence(value: Value, problems: Problems, name: str) -> Evidence | None:
    if isinstance(value, Text):
        return Evidence(as_text(value, problems, f"`evidence` of step `{name}`"))
    if isinstance(value, List):
        problems.error(value.line, f"`evidence` of step `{name}` is a list of `source` and `ref`")
        return None
    fields = Fields(value, problems, f"`evidence` of step `{name}`")
    fields.known(EVIDENCE_KEYS)
    return Evidence(fields.name("source"), fields.text("ref"))


def _repeat(do: Block, redo: "Block | None") -> Repeat:
    """Make a repeat; a silent redo is the same as none: `do` again."""
    return Repeat(do, None if isinstance(redo, Silent) else redo)
