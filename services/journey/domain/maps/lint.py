"""What is wrong with a map that can be read: errors refuse publication, warnings and notes inform.

The rules are those of docs/map-language.md, "Lint".
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from services.journey.domain.maps.branching import MANY_STATES, SLOW_STATES, ambiguity, size
from services.journey.domain.maps.load import Lines, MapError, load
from services.journey.domain.maps.model import (
    AnyOrder,
    Block,
    Choice,
    JourneyMap,
    Matcher,
    Persona,
    Sequence,
    Step,
    StepBlock,
)
from services.journey.domain.maps.overlap import can_both_match, covers
from services.journey.domain.maps.places import blocks_of, children, places_of
from services.journey.domain.maps.requirements import Requirements
from shared.yaml_text.problems import Level, Problem, in_order, nearest

OURS: Final = frozenset({"staff", "system"})
NO_LINES: Final = Lines({}, {}, {}, {}, (), (), {})


def lint(map: JourneyMap, lines: Lines | None = None) -> list[Problem]:
    """Return all problems of a map, errors first, each with its line where `lines` knows it."""
    linter = _Linter(map, lines or NO_LINES)
    linter.path()
    linter.outcomes()
    linter.stages()
    linter.steps()
    linter.personas()
    linter.branches()
    return in_order(linter.problems)


def lint_text(text: str) -> list[Problem]:
    """Return all problems of a map's text, those that keep it from being read included."""
    try:
        loaded = load(text)
    except MapError as error:
        return list(error.problems)
    return lint(loaded.map, loaded.lines)


def publishable(problems: Iterable[Problem]) -> bool:
    """Tell whether a map with these problems may be published."""
    return all(problem.level != "error" for problem in problems)


@dataclass(slots=True)
class _Linter:
    """One pass over one map."""

    map: JourneyMap
    lines: Lines
    problems: list[Problem] = field(default_factory=list)

    def add(self, level: Level, line: int, text: str) -> None:
        self.problems.append(Problem(level, text, line))

    def path(self) -> None:
        """Check order, requirements and places, on the map's path and on each persona's own."""
        roots = [Sequence(tuple(stage.path for stage in self.map.stages))]
        roots += [Sequence((persona.path,)) for persona in self.map.personas if persona.path is not None]
        for root in roots:
            found = Requirements(root, places_of(root), self.map.steps)
            for key, texts in (
                ("requires", found.errors()),
                ("milestone", found.misplaced_milestones()),
                ("step", found.unlike_places()),
            ):
                for name, text in texts:
                    self.add("error", self.step_line(name, key), text)

    def step_line(self, name: str, key: str = "step") -> int:
        return self.lines.step_keys.get((name, key), self.lines.steps.get(name, 0))

    def outcomes(self) -> None:
        """See that each `reached` outcome is one that a step of the map can bring, and that there is a target."""
        known = [matcher for step in self.map.steps.values() for matcher in (*step.match, *step.replaced_by)]
        for number, outcome in enumerate(self.map.outcomes):
            if outcome.kind == "reached" and not any(can_both_match(outcome.matcher, matcher) for matcher in known):
                line = self.lines.outcomes[number] if number < len(self.lines.outcomes) else 0
                name = outcome.matcher.event or "of this matcher"
                self.add("error", line, f"no path reaches the outcome `{name}`: no step is matched by it")
        reached = any(outcome.kind == "reached" for outcome in self.map.outcomes)
        if reached and self.map.target is None:
            text = "the outcomes have no `target`: which share of the customers should reach them, within which time"
            self.add("warning", self.lines.head.get("outcomes", 0), text)

    def stages(self) -> None:
        """See that it begins before the sale, goes on after it, and says what the customer needs."""
        staged = bool(self.map.stages) and bool(self.map.stages[0].name)
        level: Level = "error" if staged else "warning"
        if not staged:
            self.add("warning", self.lines.head.get("path", 0), "a bare path has no stages, before and after the sale")
            blank = [step.name for step in self.map.steps.values() if not step.need.strip()]
            if blank:
                text = f"{len(blank)} of {len(self.map.steps)} steps do not say what the customer needs (`need`)"
                self.add(level, self.lines.head.get("path", 0), text)
            return
        for number, stage in enumerate(self.map.stages):
            if not stage.phase:
                line = self.lines.stages[number] if number < len(self.lines.stages) else 0
                self.add(level, line, f"the stage `{stage.name}` has no `phase`: pre-sale or post-sale")
        for phase in ("pre-sale", "post-sale"):
            if all(stage.phase != phase for stage in self.map.stages):
                self.add(level, self.lines.head.get("stages", 0), f"the map has no {phase} stage")
        for step in self.map.steps.values():
            if not step.need.strip():
                self.add(level, self.step_line(step.name), f"the step `{step.name}` has no `need` of the customer")

    def steps(self) -> None:
        """Check each definition by itself."""
        for step in self.map.steps.values():
            for text, key in (*self._unmatched(step), *self._requires_unknown(step)):
                self.add("error", self.step_line(step.name, key), text)
            if not step.evidence:
                self.add("note", self.step_line(step.name), f"the step `{step.name}` has no evidence: it is assumed")
        actors = [set(step.actor) for step in self.map.steps.values()]
        if actors and all(who and who <= OURS for who in actors) and any("staff" in who for who in actors):
            text = "every step is done by ourselves: this map looks from the inside out, not from the customer's side"
            self.add("warning", 0, text)

    def _unmatched(self, step: Step) -> Iterator[tuple[str, str]]:
        known = (*step.match, *step.replaced_by)
        if not known:
            yield f"the step `{step.name}` is matched by nothing: it can never be done", "match"
        elif all(any(covers(ignored, matcher) for ignored in self.map.ignore) for matcher in known):
            yield f"the step `{step.name}` is matched only by what `ignore` leaves out: it can never be done", "match"
        for matcher in step.failed_by:
            if matcher in step.match:
                text = f"the step `{step.name}` has the same matcher in `match` and `failed_by`"
                yield f"{text}{_event(matcher)}", "failed_by"

    def _requires_unknown(self, step: Step) -> Iterator[tuple[str, str]]:
        for required in step.requires:
            if required not in self.map.steps:
                hint = nearest(required, self.map.steps)
                yield f"the step `{step.name}` requires the unknown step `{required}`; {hint}", "requires"

    def personas(self) -> None:
        """See that personas speak of steps of the map."""
        for persona in self.map.personas:
            line = self.lines.personas.get(persona.name, 0)
            for key, names in (("within", persona.within), ("drop", persona.drop)):
                for name in names:
                    if name not in self.map.steps:
                        text = f"`{key}` of persona `{persona.name}` names the unknown step `{name}`"
                        self.add("error", line, f"{text}; {nearest(name, self.map.steps)}")
            if self._drops_all(persona):
                self.add("error", line, f"the persona `{persona.name}` drops every step")

    def _drops_all(self, persona: Persona) -> bool:
        roots = [persona.path] if persona.path is not None else [stage.path for stage in self.map.stages]
        names = {block.name for root in roots for _, block in blocks_of(root) if isinstance(block, StepBlock)}
        return bool(names) and names <= set(persona.drop)

    def branches(self) -> None:
        """Find branches that look the same to every touchpoint, and parallel ones to too many of them."""
        for number, stage in enumerate(self.map.stages):
            for path, block in blocks_of(stage.path):
                line = self.lines.places.get((number, *path), 0)
                if isinstance(block, Choice):
                    seen = [self._look(branch) for branch in block.branches]
                    if len(set(seen)) < len(seen):
                        self.add("warning", line, "two branches of this choice are matched by the same touchpoints")
                elif isinstance(block, AnyOrder):
                    self._branches(block, line)

    def _branches(self, block: AnyOrder, line: int) -> None:
        states, event = ambiguity(block, self.map.steps)
        if states > SLOW_STATES:
            what = f"the event `{event}`" if event else "one event"
            text = f"{what} can go on in so many of these parallel branches ({states:,} ways) that judging gets slow"
            self.add("warning", line, f"{text}: tell the branches apart with `where`, or make them fewer")
        elif size(block) > MANY_STATES:
            text = f"these {len(block.branches)} branches have {size(block):,} states together"
            why = "judging a customer with many touchpoints too many gets slow (up to 0.6 s each)"
            self.add("warning", line, f"{text}, and {why}: make them fewer, and say `recurs: true` of what repeats")

    def _look(self, block: Block) -> str:
        """Return what touchpoints can see of a block: its shape, with each step's matchers in place of its name."""
        if isinstance(block, StepBlock):
            step = self.map.steps[block.name]
            return repr(sorted(map(repr, (*step.match, *step.replaced_by))))
        return f"{type(block).__name__}({', '.join(map(self._look, children(block)))})"


def _event(matcher: Matcher) -> str:
    return f": `{matcher.event}`" if matcher.event else ""
