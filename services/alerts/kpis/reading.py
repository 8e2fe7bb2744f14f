"""Reading a KPI catalogue from YAML or JSON; errors name their line. The keys stand in docs/kpis.md."""

import re
from datetime import date
from typing import Final, cast

from services.alerts.kpis.catalogue import CLASSES, OURS, Catalogue, Class, Goal, Kpi, Measure, Milestone
from shared.goals import Quantity, read_quantity
from shared.yaml_text.document import Table, Text, Value, read_document
from shared.yaml_text.fields import MAX_NAME, Fields, items
from shared.yaml_text.problems import DocumentError, Problem, Problems, nearest

HEAD_KEYS: Final = ("kpis", "report", "goals")
KPI_KEYS: Final = ("kpi", "title", "class", "owner", "prominence", "measure", "target")
MEASURE_KEYS: Final = ("map", "of")
MEASURES: Final = ("share", "median", "p80")
REPORT_KEYS: Final = ("headline",)
GOAL_KEYS: Final = (
    "goal", "metric", "segment", "baseline", "target", "past_changes", "outcome", "by", "milestones", "owner",
)  # fmt: skip
MILESTONE_KEYS: Final = ("on", "value")
CHANGE_KEYS: Final = ("low", "high")
MOST: Final = 500  # KPIs, and goals
MOST_PROMINENT: Final = 10
KPI_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


def read_catalogue(text: str) -> Catalogue:
    """Read a catalogue. Raises DocumentError with every problem and its line."""
    problems = Problems()
    root = read_document(text, problems, "catalogue")
    if not isinstance(root, Table):
        raise DocumentError([Problem("error", "a catalogue is a table with `kpis`, `report` and `goals`", root.line)])
    found = _Reader(root, problems).read()
    problems.raise_if_any()
    return found


class _Reader:
    """Reads one catalogue; what is wrong goes to `problems`."""

    def __init__(self, root: Table, problems: Problems) -> None:
        self.fields = Fields(root, problems, "the catalogue")
        self.problems = problems
        self.lines: dict[str, int] = {}  # of each KPI

    def read(self) -> Catalogue:
        self.fields.known(HEAD_KEYS)
        kpis = self.fields.list_of("kpis", self._kpi)
        if not kpis:
            self.problems.error(self.fields.line("kpis"), "the catalogue has no KPI: `kpis` is a list of them")
        kinds = {kpi.name: kpi.kind for kpi in kpis}
        goals = self.fields.list_of("goals", lambda value: self._goal(value, kinds))
        for key, found in (("kpis", kpis), ("goals", goals)):
            if len(found) > MOST:
                self.problems.error(self.fields.line(key), f"more than {MOST} `{key}`")
        return Catalogue(kpis, self._headline(kinds), goals)

    def _table(self, value: Value, what: str, key: str, keys: tuple[str, ...]) -> tuple[Fields, str] | None:
        """Return the fields of one entry of a list, and its name."""
        if not isinstance(value, Table):
            self.problems.error(value.line, f"a {what} is a table, beginning with `{key}`")
            return None
        name = Fields(value, self.problems, f"a {what}").name(key)
        fields = Fields(value, self.problems, f"{what} `{name}`")
        fields.known(keys)
        return fields, name

    def _kpi(self, value: Value) -> Kpi | None:
        found = self._table(value, "KPI", "kpi", KPI_KEYS)
        if found is None:
            return None
        fields, name = found
        if name and not KPI_ID.fullmatch(name):
            self.problems.error(fields.line("kpi"), "`kpi` is an id: up to 100 letters, digits, `.`, `_` and `-`")
        elif name in self.lines:
            self.problems.error(value.line, f"the KPI `{name}` stands twice (first in line {self.lines[name]})")
        self.lines.setdefault(name, value.line)
        if "class" not in fields.table.entries:
            self.problems.error(value.line, f"the KPI `{name}` has no `class`: one of {', '.join(CLASSES)}")
        return Kpi(
            name=name,
            title=fields.text("title", limit=MAX_NAME) or name,
            kind=cast("Class", fields.word("class", CLASSES, "outcome")),
            owner=fields.text("owner", limit=MAX_NAME),
            prominence=self._prominence(fields),
            measure=self._measure(fields),
            target=self._quantity(fields, "target"),
        )

    def _prominence(self, fields: Fields) -> int:
        entry = fields.table.entries.get("prominence")
        value = entry.value.value if entry is not None and isinstance(entry.value, Text) else None
        if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= MOST_PROMINENT:
            return value
        if entry is not None:
            said = f"`prominence` of {fields.where} must be a whole number from 1 to {MOST_PROMINENT}"
            self.problems.error(entry.value.line, said)
        return 1

    def _measure(self, fields: Fields) -> Measure | None:
        if "measure" not in fields.table.entries:
            return None
        inner = Fields(fields.table_of("measure"), self.problems, "`measure`")
        inner.known(MEASURE_KEYS)
        return Measure(inner.name("map"), inner.word("of", MEASURES, "share"))

    def _quantity(self, fields: Fields, key: str) -> Quantity | None:
        entry = fields.table.entries.get(key)
        if entry is None:
            return None
        quantity = read_quantity(entry.value.raw) if isinstance(entry.value, Text) else None
        if quantity is None:
            said = f"`{key}` of {fields.where} must be a number, a percentage (75%) or a time (14d, 36h)"
            self.problems.error(entry.value.line, said)
        return quantity

    def _headline(self, kinds: dict[str, Class]) -> tuple[str, ...]:
        fields = Fields(self.fields.table_of("report"), self.problems, "`report`")
        fields.known(REPORT_KEYS)
        entry = fields.table.entries.get("headline")
        if entry is None:
            return ()
        names = fields.texts("headline")
        for name, value in zip(names, items(entry.value), strict=True):
            self._known(name, value.line, "`headline`", kinds)
            if kinds.get(name) in OURS:
                said = (
                    f"the report is headed by `{name}`, which is {_a(kinds[name])}: only what came of our work heads it"
                )
                self.problems.error(value.line, said)
        if "outcome" not in {kinds.get(name, "outcome") for name in names}:
            self.problems.error(entry.line, "the report is headed by no outcome: name a KPI of class `outcome` first")
        return names

    def _known(self, name: str, line: int, where: str, kinds: dict[str, Class]) -> None:
        if name and name not in kinds:
            self.problems.error(line, f"{where} names the unknown KPI `{name}`; {nearest(name, kinds)}")

    def _goal(self, value: Value, kinds: dict[str, Class]) -> Goal | None:
        found = self._table(value, "goal", "goal", GOAL_KEYS)
        if found is None:
            return None
        fields, name = found
        metric, outcome = (fields.text(key, limit=MAX_NAME) for key in ("metric", "outcome"))
        self._known(metric, fields.line("metric"), f"`metric` of {fields.where}", kinds)
        self._known(outcome, fields.line("outcome"), f"`outcome` of {fields.where}", kinds)
        if kinds.get(outcome, "outcome") != "outcome":
            said = f"`outcome` of {fields.where} is {_a(kinds[outcome])}: link a KPI of class `outcome`"
            self.problems.error(fields.line("outcome"), said)
        baseline, target = (self._quantity(fields, key) for key in ("baseline", "target"))
        if baseline and target and baseline.unit != target.unit:
            self.problems.error(
                fields.line("target"), f"`baseline` and `target` of {fields.where} differ in their unit"
            )
        by = _date(fields, "by")
        return Goal(
            name=name,
            metric=metric,
            segment=fields.text("segment", limit=MAX_NAME),
            baseline=baseline,
            target=target,
            past_changes=self._changes(fields),
            outcome=outcome,
            by=by,
            milestones=self._milestones(fields, by),
            owner=fields.text("owner", limit=MAX_NAME),
        )

    def _changes(self, fields: Fields) -> tuple[float, float] | None:
        if "past_changes" not in fields.table.entries:
            return None
        inner = Fields(fields.table_of("past_changes"), self.problems, "`past_changes`")
        inner.known(CHANGE_KEYS)
        low, high = (self._quantity(inner, key) for key in CHANGE_KEYS)
        if low is None or high is None or low.number > high.number:
            said = "`past_changes` needs `low` and `high`: the least and the greatest change seen"
            self.problems.error(fields.line("past_changes"), said)
            return None
        return low.number, high.number

    def _milestones(self, fields: Fields, by: date | None) -> tuple[Milestone, ...]:
        found = fields.list_of("milestones", self._milestone)
        days = [milestone.on for milestone in found]
        if days != sorted(set(days)) or (by is not None and days and days[-1] > by):
            said = f"the `milestones` of {fields.where} must come one after the other, and not after `by`"
            self.problems.error(fields.line("milestones"), said)
        return found

    def _milestone(self, value: Value) -> Milestone | None:
        if not isinstance(value, Table):
            self.problems.error(value.line, "a milestone is a table with `on` and `value`")
            return None
        fields = Fields(value, self.problems, "a milestone")
        fields.known(MILESTONE_KEYS)
        on, reached = _date(fields, "on"), self._quantity(fields, "value")
        for key in MILESTONE_KEYS:
            if key not in value.entries:
                self.problems.error(value.line, f"a milestone has no `{key}`")
        return Milestone(on, reached) if on is not None and reached is not None else None


def _date(fields: Fields, key: str) -> date | None:
    found = fields.day(key)
    return date.fromisoformat(found) if found else None


def _a(kind: str) -> str:
    return f"an {kind}" if kind[0] in "ao" else f"a {kind}"
