"""Reading the head, stages and personas of one map: the keys that are not blocks, steps or matchers."""

import re
from dataclasses import dataclass
from typing import Final, Literal, cast

from services.journey.domain.maps.matchers import read_conditions, read_matcher
from services.journey.domain.maps.model import (
    Block,
    Healthy,
    JourneyMap,
    Matcher,
    Persona,
    Sequence,
    Stage,
)
from services.journey.domain.maps.outcomes import OutcomeReader
from services.journey.domain.maps.paths import PathReader, Place, Steps
from shared.yaml_text.document import Table, Value
from shared.yaml_text.fields import MAX_NAME, Fields, as_duration
from shared.yaml_text.problems import Problems

HEAD_KEYS: Final = (
    "map",
    "title",
    "subject",
    "journey_per",
    "opens_on",
    "reentry",
    "unmapped",
    "ignore",
    "anytime",
    "outcomes",
    "decision_boundary",
    "issue",
    "handoff_within",
    "healthy",
    "costs",
    "reviewed",
    "review_every",
    "stages",
    "path",
    "personas",
    "owner_from",
)
STAGE_KEYS: Final = ("stage", "phase", "path", "owner", "intended_emotion")
PERSONA_KEYS: Final = ("when", "within", "drop", "path", "intended_emotion")
HEALTHY_KEYS: Final = ("match", "within")
COST_KEYS: Final = ("customer_only", "map_only")
PHASES: Final = ("pre-sale", "post-sale")
MAP_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


@dataclass(frozen=True, slots=True)
class Lines:
    """Where in the file things stand, so that lint can say so. Lines count from 1."""

    head: dict[str, int]  # by key
    steps: dict[str, int]  # by name: the definition's, else the first mention's
    step_keys: dict[tuple[str, str], int]  # by step and key
    places: dict[Place, int]  # of every block; see paths.Place
    stages: tuple[int, ...]
    outcomes: tuple[int, ...]
    personas: dict[str, int]


@dataclass(frozen=True, slots=True)
class LoadedMap:
    """A map together with the lines of its text."""

    map: JourneyMap
    lines: Lines


class MapReader:
    """Reads one map's head and body."""

    def __init__(self, root: Table, problems: Problems) -> None:
        """Begin with the root table of a document."""
        self.problems = problems
        self.fields = Fields(root, problems, "the map")
        self.steps = Steps(problems)
        self.paths = PathReader(problems, self.steps)
        self.stage_lines: list[int] = []

    def read(self) -> LoadedMap:
        """Read everything; what is wrong went to `problems`."""
        fields = self.fields
        fields.known(HEAD_KEYS)
        stages = self._stages()
        personas = self._personas()
        costs = Fields(fields.table_of("costs"), self.problems, "`costs`")
        costs.known(COST_KEYS)
        outcomes = OutcomeReader(fields.table_of("outcomes"), self.problems)
        found = JourneyMap(
            name=self._map_id(),
            stages=stages,
            steps=self.steps.all(),
            title=fields.text("title"),
            subject=cast("Literal['person', 'account']", fields.word("subject", ("person", "account"), "person")),
            journey_per=self._journey_per(),
            opens_on=self._matchers("opens_on"),
            reentry=cast("Literal['never', 'after_end']", fields.word("reentry", ("never", "after_end"), "never")),
            unmapped=cast("Literal['list', 'count']", fields.word("unmapped", ("list", "count"), "list")),
            ignore=self._matchers("ignore"),
            anytime=self._matchers("anytime"),
            outcomes=outcomes.read(),
            target=outcomes.target(),
            decision_boundary=fields.duration("decision_boundary"),
            issue=fields.path("issue"),
            handoff_within=fields.duration("handoff_within"),
            healthy=self._healthy(),
            customer_only=costs.cost("customer_only"),
            map_only=costs.cost("map_only"),
            reviewed=fields.day("reviewed"),
            review_every=fields.duration("review_every"),
            personas=personas,
            owner_from=fields.path("owner_from", roots=("traits",)),
        )
        return LoadedMap(found, self._lines(outcomes.lines))

    def _lines(self, outcomes: list[int]) -> Lines:
        entries = self.fields.table.entries
        return Lines(
            head={key: entry.line for key, entry in entries.items()},
            steps=self.steps.lines,
            step_keys=self.steps.key_lines,
            places=self.paths.places,
            stages=tuple(self.stage_lines),
            outcomes=tuple(outcomes),
            personas={name: entry.line for name, entry in self.fields.table_of("personas").entries.items()},
        )

    def _map_id(self) -> str:
        name = self.fields.name("map")
        if name and not MAP_ID.fullmatch(name):
            line = self.fields.line("map")
            self.problems.error(line, "`map` is the map's id: up to 100 letters, digits, `.`, `_` and `-`")
        return name

    def _journey_per(self) -> str:
        found = self.fields.text("journey_per", limit=MAX_NAME) or "customer"
        return found if found == "customer" else self.fields.path("journey_per")

    def _matchers(self, key: str) -> tuple[Matcher, ...]:
        return self.fields.list_of(key, lambda value: read_matcher(value, self.problems, f"`{key}`"))

    def _stages(self) -> tuple[Stage, ...]:
        entries = self.fields.table.entries
        if "path" in entries and "stages" in entries:
            self.problems.error(entries["path"].line, "a map has either `stages` or a bare `path`, not both")
        if "stages" in entries:
            found = self.fields.list_of("stages", self._stage)
            if not found:
                self.problems.error(entries["stages"].line, "`stages` must be a list of stages that is not empty")
            self._twice(found)
            return found
        if "path" not in entries:
            self.problems.error(self.fields.table.line, "the map has no path: give `stages` or a bare `path`")
            return ()
        self.stage_lines.append(entries["path"].line)
        return (Stage("", self.paths.block(entries["path"].value, (0,))),)

    def _twice(self, stages: tuple[Stage, ...]) -> None:
        seen: set[str] = set()
        for stage, line in zip(stages, self.stage_lines, strict=False):
            if stage.name in seen:
                self.problems.error(line, f"the stage `{stage.name}` stands twice")
            seen.add(stage.name)

    def _stage(self, value: Value) -> Stage | None:
        if not isinstance(value, Table):
            self.problems.error(value.line, "a stage is a table with `stage`, `phase` and `path`")
            return None
        name = Fields(value, self.problems, "a stage").name("stage")
        fields = Fields(value, self.problems, f"stage `{name}`")
        fields.known(STAGE_KEYS)
        path = value.entries.get("path")
        if path is None:
            self.problems.error(value.line, f"stage `{name}` has no `path`")
        place: Place = (len(self.stage_lines),)
        self.stage_lines.append(value.line)
        block: Block = self.paths.block(path.value, place) if path else Sequence(())
        return Stage(
            name=name,
            path=block,
            phase=cast("Literal['', 'pre-sale', 'post-sale']", fields.word("phase", PHASES)),
            owner=fields.text("owner", limit=MAX_NAME),
            intended_emotion=fields.text("intended_emotion", limit=MAX_NAME),
        )

    def _healthy(self) -> Healthy | None:
        entry = self.fields.table.entries.get("healthy")
        if entry is None:
            return None
        fields = Fields(self.fields.table_of("healthy"), self.problems, "`healthy`")
        fields.known(HEALTHY_KEYS)
        match = fields.list_of("match", lambda value: read_matcher(value, self.problems, "`healthy`"))
        within = fields.duration("within")
        for key in HEALTHY_KEYS:
            if key not in fields.table.entries:
                self.problems.error(entry.line, f"`healthy` has no `{key}`")
        return Healthy(match, within) if match and within is not None else None

    def _personas(self) -> tuple[Persona, ...]:
        table = self.fields.table_of("personas")
        return tuple(self._persona(name, entry.value) for name, entry in table.entries.items())

    def _persona(self, name: str, value: Value) -> Persona:
        where = f"persona `{name}`"
        if not isinstance(value, Table):
            self.problems.error(value.line, f"{where} must be a table with `when`")
            return Persona(name, Matcher())
        fields = Fields(value, self.problems, where)
        fields.known(PERSONA_KEYS)
        when = read_conditions(fields.table_of("when"), self.problems, ("traits",))
        if not when:
            self.problems.error(value.line, f"{where} needs `when`: which traits make a customer one")
        within = fields.table_of("within").entries
        times = {
            step: as_duration(e.value, self.problems, f"`within` of {where}") for step, e in sorted(within.items())
        }
        path = value.entries.get("path")
        return Persona(
            name=name,
            when=Matcher(where=when),
            within={step: time for step, time in times.items() if time is not None},
            drop=fields.texts("drop"),
            path=self.paths.block(path.value, (name,)) if path else None,
            intended_emotion=fields.text("intended_emotion", limit=MAX_NAME),
        )
