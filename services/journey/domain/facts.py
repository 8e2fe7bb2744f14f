"""From a judged journey to findings: what is stored, compared and sent.

A finding's key is `customer/map/n/slot`; its content is what a reader needs without a second question. A finding is
written, and a fact sent, only where the content differs from what is stored.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple, Self

from msgspec import Struct

from services.journey.domain.judgement.model import Finding, Journey, Stall
from services.journey.domain.maps.model import JourneyMap, Step, StepBlock
from services.journey.domain.maps.places import blocks_of
from shared.events import NextStep, Proof

ENGINE_VERSION = 2  # of what is stored of a journey; a rise comes with a migration that lets the sweep judge all again

NAMES_NEXT = frozenset({"prerequisite_skipped", "failed", "stall"})  # kinds that warn: they carry the next best step


class Content(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What a finding says; the stored form of a row in `findings`."""

    type: str
    kind: str
    about: str = ""
    status: str = ""
    certain: bool | None = None
    cost: int = 0
    as_of: int
    proof: list[Proof] = []
    numbers: dict[str, int | float | str] = {}
    next: NextStep | None = None
    historical: bool = False
    journey_over: bool = False  # only of findings that warn
    text: str = ""
    severity: str = ""
    name: str = ""  # of the customer; this and the owner only of findings that warn
    owner: str = ""


class View(Struct, frozen=True, omit_defaults=True):
    """What the API shows of a journey beyond its columns and findings; the `blob` of a row in `journeys`."""

    after: str | None = None
    route: list[tuple[str, str]] | None = None  # (step, why)
    blocker: str | None = None
    key: str | None = None
    passed: tuple[tuple[str, int], ...] = ()  # (step, occurred_at of its first match in this journey), in order of time
    entered: tuple[tuple[str, int], ...] = ()  # (stage, since when the customer first stood in it), in order of time
    name: str = ""  # the customer's, as far as known

    @classmethod
    def of(cls, journey: Journey) -> Self:
        """Return what is kept of a journey beside its columns."""
        return cls(
            after=journey.position.after,
            route=None if journey.route is None else [(step.step, step.why) for step in journey.route],
            blocker=journey.blocker,
            key=journey.key,
            passed=journey.passed,
            entered=journey.entered,
            name=journey.name,
        )


@dataclass(frozen=True, slots=True)
class Legend:
    """What findings need to know of a map: its steps, and who owns each, the step's own owner or else its stage's."""

    steps: dict[str, Step]
    owners: dict[str, str]

    @classmethod
    def of(cls, map: JourneyMap) -> Self:
        """Read a map."""
        owners = {name: step.owner for name, step in map.steps.items()}
        for stage in map.stages:
            for _, block in blocks_of(stage.path):
                if isinstance(block, StepBlock):
                    owners[block.name] = owners[block.name] or stage.owner
        return cls(map.steps, owners)


class Call(NamedTuple):
    """What a finding that warns says besides: what to do next, about whom, who looks after the customer."""

    next: NextStep | None = None
    over: bool = False  # the journey has ended: nothing is left to do
    name: str = ""
    owner: str = ""


SILENT = Call()


class Judged(NamedTuple):
    """A finding before it is encoded: equal signatures mean equal content, so unchanged ones cost nothing."""

    slot: str
    signature: object
    content: Callable[[], Content]


def next_step(journey: Journey, legend: Legend) -> NextStep | None:
    """Return the next best step of a journey: the first of its route."""
    if not journey.route:
        return None
    first = journey.route[0]
    step = legend.steps.get(first.step)
    why = step.need if step and step.need and first.why == "next" else first.why  # the need says more than "next"
    return NextStep(first.step, why, legend.owners.get(first.step, ""), step.title if step else "")


def judged_findings(journey: Journey, legend: Legend) -> Iterator[Judged]:
    """Yield every finding of a journey that stands."""
    next_ = next_step(journey, legend)
    call = Call(next_, journey.ended_at is not None, journey.name, journey.owner)
    yield Judged("opened", (journey.opened_at, journey.opening), lambda: _opened(journey))
    yield Judged(
        "position", (journey.position, journey.state, journey.ended_at, next_), lambda: _position(journey, next_)
    )
    if journey.reached_at is not None:
        yield Judged("reached", journey.reached_at, lambda: _reached(journey))
    if journey.ended_at is not None:
        yield Judged("end", (journey.state, journey.ended_at, journey.ending), lambda: _ended(journey))
    for finding in journey.deviations:
        warns = finding.kind in NAMES_NEXT and finding.status == "open"
        said = call if warns else SILENT
        yield Judged(finding.key, (finding, said), lambda f=finding, c=said: _deviation(f, c, legend))  # type: ignore[misc]
    for stall in journey.stalls:
        said = call if stall.ended_at is None else SILENT
        yield Judged(stall.key, (stall, said), lambda s=stall, c=said: _stall(s, c, legend))  # type: ignore[misc]


def _opened(journey: Journey) -> Content:
    return Content(
        type="journey.opened",
        kind="opened",
        about=journey.map,
        as_of=journey.opened_at,
        proof=[journey.opening],
        certain=True,
    )


def _position(journey: Journey, next_: NextStep | None) -> Content:
    position = journey.position
    return Content(
        type="position.changed",
        kind="position",
        about=position.steps[0] if position.steps else "",
        status=journey.state,
        as_of=position.since or journey.ended_at or journey.opened_at,
        numbers={"steps": ", ".join(position.steps), "after": position.after or "", "stage": position.stage or ""},
        next=next_,
        certain=True,
    )


def _reached(journey: Journey) -> Content:
    return Content(
        type="journey.reached",
        kind="reached",
        about=journey.map,
        as_of=journey.reached_at or 0,
        numbers={"after": (journey.reached_at or 0) - journey.opened_at},
        certain=True,
    )


def _ended(journey: Journey) -> Content:
    return Content(
        type="journey.ended",
        kind=journey.state,
        about=journey.map,
        status=journey.state,
        as_of=journey.ended_at or 0,
        proof=[journey.ending] if journey.ending else [],
        certain=True,
    )


def _deviation(finding: Finding, call: Call, legend: Legend) -> Content:
    step = legend.steps.get(finding.step)
    return Content(
        type="deviation",
        kind=finding.kind,
        about=finding.step,
        status=finding.status,
        certain=finding.certain,
        cost=finding.cost,
        as_of=finding.as_of,
        proof=list(finding.proof),
        numbers=dict(finding.numbers),
        next=call.next,
        historical=finding.historical,
        journey_over=call.over,
        text=finding.text,
        severity=step.severity if step else "",
        name=call.name,
        owner=call.owner,
    )


def _stall(stall: Stall, call: Call, legend: Legend) -> Content:
    step = legend.steps.get(stall.step)
    numbers: dict[str, int | float | str] = {
        "enabled_at": stall.enabled_at,
        "due_at": stall.since,
        "threshold": stall.threshold,
        "threshold_level": "designed",
    }
    if stall.ended_at is not None:
        numbers["ended_at"] = stall.ended_at
    return Content(
        type="stall",
        kind=stall.level,
        about=stall.step,
        status="open" if stall.ended_at is None else "ended",
        certain=True,
        as_of=stall.since,
        proof=[stall.proof] if stall.proof else [],
        numbers=numbers,
        next=call.next,
        historical=stall.historical,
        text=stall.text,
        severity=step.severity if step else "",
        name=call.name,
        owner=call.owner,
    )
