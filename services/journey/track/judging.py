"""Judge one touched customer: bring its paths up to date, compare with what is stored, collect rows and facts."""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec

from services.journey.domain.facts import ENGINE_VERSION, Content, View, judged_findings
from services.journey.domain.judgement.fold import Path
from services.journey.domain.judgement.model import Journey
from services.journey.store.atlases import Atlases
from services.journey.store.customers import (
    Changes,
    Customer,
    FindingKey,
    JourneyRow,
    StoredFinding,
    finding_name,
    load,
)
from services.journey.store.identities import Identities
from services.journey.store.touchpoints import history_of
from services.journey.track.facts import FactWriter
from services.journey.track.touching import Touch
from shared.events import Because, Proof, Touchpoint, encode, history_key
from shared.logs import get_log

MAX_FAILURES = 50  # in a row: that is a bad deploy, not bad data

_log = get_log(__name__)


class TooManyFailuresError(Exception):
    """Raised when fold after fold fails: the consumer stops rather than park every customer."""


@dataclass(slots=True)
class Judge:
    """Judges customers inside one transaction after the other; `changes` and `facts` collect what is to be written."""

    db: sqlite3.Connection
    identities: Identities
    atlases: Atlases
    cache: dict[int, Customer] = field(default_factory=dict)
    changes: Changes = field(default_factory=Changes)
    facts: FactWriter = field(default_factory=FactWriter)
    failures: int = 0

    def customer(self, number: int, tenant: str, subject: str) -> Customer:
        """Return a customer from the cache or the store; most recently used last."""
        found = self.cache.pop(number, None) or load(self.db, number, tenant, subject)
        self.cache[number] = found
        return found

    def judge(self, touch: Touch, judged_until: int) -> None:
        """Judge one customer until a moment. A fold that fails parks the customer, whose touchpoints are kept."""
        customer = self.customer(touch.number, touch.tenant, touch.subject)
        was_version, was_merged_into = customer.version, customer.merged_into
        customer.version += 1
        customer.merged_into = None
        if was_merged_into is not None:
            self.facts.split(customer, was_merged_into)
        losers = [loser for number in touch.losers if (loser := self._loser(number, touch)) is not None]
        for loser in losers:
            loser.version += 1
            loser.merged_into = customer.number
            self.facts.merged(loser, customer.number)
        if not self._is_parked(customer, touch):
            self._fold_and_compare(customer, touch, judged_until, losers)
        for loser in losers:
            self._withdraw_all(loser)
        self.changes.customer(customer, was_version, was_merged_into)

    def _is_parked(self, customer: Customer, touch: Touch) -> bool:
        """Whether a fold of this customer failed before and nothing but new touchpoints has come since."""
        revision = self.atlases.revision(customer.tenant)
        return customer.unjudged is not None and customer.revision == revision and not touch.refold

    def _fold_and_compare(self, customer: Customer, touch: Touch, judged_until: int, losers: list[Customer]) -> None:
        late = self._first_late(customer, touch)
        because = self._because(customer, touch, late)
        try:
            paths = self._advance(customer, touch, late=late is not None)
            journeys = [journey for path in paths.values() for journey in path.journeys(judged_until)]
        except Exception as error:  # noqa: BLE001 (whatever the fold raises, the batch goes on)
            self._park(customer, error)
        else:
            self.failures = 0
            customer.unjudged = None
            self._compare(customer, journeys, because, losers)

    def _advance(self, customer: Customer, touch: Touch, *, late: bool) -> dict[str, Path]:
        revision = self.atlases.revision(customer.tenant)
        if not customer.names:
            customer.names = self._names(customer)
        untold = not customer.stored and not touch.refold and customer.subject == "person"
        if untold or not self.atlases.of(customer.tenant, customer.subject):
            customer.paths = customer.paths or self._empty_paths(customer)
        elif customer.paths is None or touch.refold or late or customer.revision != revision:
            return self._refold(customer, revision)
        paths, customer.paths = customer.paths or {}, None  # until the fold has come to its end
        for touchpoint, person in sorted(touch.new, key=lambda new: history_key(new[0])):
            for path in paths.values():
                path.advance(touchpoint, person)
            customer.last = max(customer.last or (0, 0, "", ""), history_key(touchpoint))
        customer.revision = revision
        customer.paths = paths
        return paths

    def _refold(self, customer: Customer, revision: int) -> dict[str, Path]:
        customer.paths = None
        paths = self._empty_paths(customer)
        customer.names = self._names(customer)
        history = history_of(self.db, self.identities, customer.number, customer.subject)
        for stored in history:
            person = self.identities.customer(stored.id_no)
            for path in paths.values():
                path.advance(stored.touchpoint, person)
        customer.last = history_key(history[-1].touchpoint) if history else None
        customer.revision = revision
        customer.paths = paths
        return paths

    def _empty_paths(self, customer: Customer) -> dict[str, Path]:
        return {name: Path(atlas) for name, atlas in self.atlases.of(customer.tenant, customer.subject).items()}

    def _names(self, customer: Customer) -> list[str]:
        return [f"{kind}:{value}" for _, kind, value in self.identities.ids_of(customer.number)]

    @staticmethod
    def _first_late(customer: Customer, touch: Touch) -> Touchpoint | None:
        if customer.last is None:
            return None
        late = [touchpoint for touchpoint, _ in touch.new if history_key(touchpoint) <= customer.last]
        return min(late, key=history_key, default=None)

    def _because(self, customer: Customer, touch: Touch, late: Touchpoint | None) -> Because | None:
        if late is not None:
            return Because(late=Proof(late.event_id, late.source, late.event, late.occurred_at))
        if any(row.engine_version != ENGINE_VERSION for row in customer.journeys.values()):
            return Because(engine_version=ENGINE_VERSION)
        if customer.stored and customer.revision != self.atlases.revision(customer.tenant):
            versions = [row.map_version for row in customer.journeys.values()]
            return Because(map_version=max(versions, default=1))
        return Because() if touch.refold else None

    def _park(self, customer: Customer, error: Exception) -> None:
        _log.error("fold failed, customer parked", customer=customer.number, exc_info=error)
        customer.unjudged = f"{type(error).__name__}: {error}"[:500]
        customer.paths = None
        customer.revision = self.atlases.revision(customer.tenant)
        for key, row in customer.journeys.items():
            if row.due_at is not None:  # or the sweep would come back for ever
                customer.journeys[key] = row._replace(due_at=None)
                self.changes.journey(customer, customer.journeys[key])
        self.failures += 1
        if self.failures >= MAX_FAILURES:
            message = f"{self.failures} folds failed in a row, the last with {customer.unjudged}"
            raise TooManyFailuresError(message) from error

    def _loser(self, number: int, touch: Touch) -> Customer | None:
        loser = self.customer(number, touch.tenant, touch.subject)
        return loser if loser.stored and loser.merged_into is None else None

    def _compare(
        self,
        customer: Customer,
        journeys: list[Journey],
        because: Because | None,
        losers: list[Customer],
    ) -> None:
        standing: dict[FindingKey, tuple[Journey, object, Callable[[], Content]]] = {}
        rows = {}
        for journey in journeys:
            row = journey_row(journey)
            rows[row.map, row.n] = row
            if customer.journeys.get((row.map, row.n)) != row:
                self.changes.journey(customer, row)
            legend = self.atlases.legend(customer.tenant, journey.map, journey.map_version)
            for found in judged_findings(journey, legend):
                standing[journey.map, journey.n, found.slot] = (journey, found.signature, found.content)
        self.changes.ended += [(customer.number, *gone) for gone in customer.journeys.keys() - rows.keys()]
        customer.journeys = rows
        gone = [k for k, found in customer.findings.items() if found.stands and k not in standing]
        was = _old_keys(customer, gone, losers)
        for key, (journey, signature, content) in standing.items():
            self._finding(customer, key, journey, (signature, content, because, was.get((key[0], key[2]))))
        for key in gone:
            self._withdraw(customer, key, because)

    def _finding(
        self,
        customer: Customer,
        key: FindingKey,
        journey: Journey,
        judged: tuple[object, Callable[[], Content], Because | None, list[str] | None],
    ) -> None:
        signature, make, because, was = judged
        before = customer.findings.get(key)
        stood = before is not None and before.stands
        if before and stood and before.signature is not None and before.signature == signature:
            return
        content = make()
        data = encode(content)
        if before and stood and before.content == data:
            before.signature = signature
            return
        published = content.certain is not False or (before is not None and before.published)
        found = StoredFinding(customer.version, True, published, content.kind, data, signature)  # noqa: FBT003
        customer.findings[key] = found
        self.changes.finding(customer, key, found)
        if published:
            reason = because if before else None
            if was and not stood:
                reason = msgspec.structs.replace(because or Because(), was=was)
            self.facts.stands(customer, key, journey, content, reason)

    def _withdraw(self, customer: Customer, key: FindingKey, because: Because | None) -> None:
        found = customer.findings[key]
        found.stands, found.seq, found.signature = False, customer.version, None
        self.changes.finding(customer, key, found)
        if found.published:
            self.facts.withdrawn(customer, key, found.content, because)

    def _withdraw_all(self, loser: Customer) -> None:
        for key in [key for key, found in loser.findings.items() if found.stands]:
            self._withdraw(loser, key, Because(merged_into=loser.merged_into))
        self.changes.ended += [(loser.number, *key) for key in loser.journeys]
        self.changes.customer(loser, loser.version - 1, None)
        self.cache.pop(loser.number, None)


def _old_keys(customer: Customer, gone: list[FindingKey], losers: list[Customer]) -> dict[tuple[str, str], list[str]]:
    """Return, by map and slot, the keys under which a finding stood that now may stand under another."""
    was: dict[tuple[str, str], list[str]] = {}
    stood = [(customer.number, key) for key in gone]
    stood += [(loser.number, key) for loser in losers for key, found in loser.findings.items() if found.stands]
    for number, key in stood:
        was.setdefault((key[0], key[2]), []).append(finding_name(number, key))
    return was


def journey_row(journey: Journey) -> JourneyRow:
    """Return a journey as it is stored."""
    position = journey.position
    return JourneyRow(
        journey.map,
        journey.n,
        journey.map_version,
        ENGINE_VERSION,
        journey.state,
        encode(View.of(journey)),
        encode(position.steps).decode(),
        position.stage,
        position.since,
        journey.opened_at,
        journey.reached_at,
        journey.ended_at,
        journey.cost,
        journey.stall.level if journey.stall else None,
        journey.stall.step if journey.stall else None,
        journey.due_at,
    )
