"""Reading how a journey ends for the customer: outcomes, and the target that they are held against."""

from typing import Final, Literal, cast

from services.journey.domain.maps.matchers import read_matcher
from services.journey.domain.maps.model import Outcome, Target
from shared.yaml_text.document import Table, Value
from shared.yaml_text.fields import Fields
from shared.yaml_text.problems import Problems

OUTCOME_KINDS: Final = ("reached", "lost")
TARGET_KEYS: Final = ("share", "within")


class OutcomeReader:
    """Reads the table `outcomes` of one map."""

    def __init__(self, table: Table, problems: Problems) -> None:
        """Begin with the table; what is wrong goes to `problems`."""
        self.fields = Fields(table, problems, "`outcomes`")
        self.problems = problems
        self.lines: list[int] = []  # of each outcome

    def read(self) -> tuple[Outcome, ...]:
        """Read the outcomes, in the order of the file: of two at one touchpoint the later named wins."""
        self.fields.known((*OUTCOME_KINDS, "target"), "outcome")
        found: list[Outcome] = []
        for key in self.fields.table.entries:
            if key in OUTCOME_KINDS:
                kind = cast("Literal['reached', 'lost']", key)
                found.extend(self.fields.list_of(key, lambda value, kind=kind: self._outcome(kind, value)))  # type: ignore[misc]
        return tuple(found)

    def _outcome(self, kind: Literal["reached", "lost"], value: Value) -> Outcome | None:
        where = f"outcome `{kind}`"
        matcher = read_matcher(value, self.problems, where, extra=("ends",))
        if matcher is None:
            return None
        self.lines.append(value.line)
        ends = Fields(value, self.problems, where).flag("ends", default=None) if isinstance(value, Table) else None
        return Outcome(kind, matcher, ends)

    def target(self) -> Target | None:
        """Read the target, where there is one."""
        entries = self.fields.table.entries
        entry = entries.get("target")
        if entry is None:
            return None
        if "reached" not in entries:
            self.problems.error(entry.line, "a `target` needs `reached`: which outcome the customers are to reach")
        fields = Fields(self.fields.table_of("target"), self.problems, "`target`")
        fields.known(TARGET_KEYS)
        share, within = fields.share("share"), fields.duration("within")
        for key in TARGET_KEYS if isinstance(entry.value, Table) else ():
            if key not in fields.table.entries:
                self.problems.error(entry.line, f"`target` has no `{key}`")
        if within == 0:
            self.problems.error(fields.line("within"), "`within` of `target` must be longer than nothing")
        return Target(share, within) if share is not None and within else None
