"""Collects the facts of one transaction: each finding that changed, in the envelope that readers know."""

from collections import Counter
from dataclasses import dataclass, field

import msgspec

from services.journey.domain.facts import ENGINE_VERSION, Content
from services.journey.domain.judgement.model import Journey
from services.journey.store.customers import Customer, FindingKey, finding_name
from shared.clock import machine_now
from shared.events import Because, Fact, Watermark, encode
from shared.log.event_log import NewRecord
from shared.times import rfc3339

FACT = (("type", "fact"),)
WATERMARK = (("type", "watermark"),)

_content = msgspec.json.Decoder(Content)


@dataclass(slots=True)
class FactWriter:
    """The outbox records of one transaction, in order."""

    records: list[NewRecord] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    machine_at: int = field(default_factory=machine_now)

    def stands(
        self,
        customer: Customer,
        key: FindingKey,
        journey: Journey,
        content: Content,
        because: Because | None,
    ) -> None:
        """Say that a finding stands with this content."""
        self._add(customer, key, content, map_version=journey.map_version, because=because, stands=True)

    def withdrawn(self, customer: Customer, key: FindingKey, content: bytes, because: Because | None) -> None:
        """Say that a finding was never true."""
        version = customer.journeys[key[:2]].map_version if key[:2] in customer.journeys else 0
        self._add(customer, key, _content.decode(content), map_version=version, because=because, stands=False)

    def merged(self, loser: Customer, winner: int) -> None:
        """Say that a customer turned out to be another one."""
        self._identity(loser, "customer.merged", {"into": winner}, stands=True)

    def split(self, customer: Customer, was: int) -> None:
        """Say that a customer is one of its own again."""
        self._identity(customer, "customer.split", {"from": was}, stands=False)

    def erased(self, tenant: str, number: int, subject: str, seq: int, at: int) -> None:
        """Say that a customer was erased: nothing but its number is left."""
        nobody = Customer(number, tenant, subject, version=seq, last=(at, 0, "", ""))
        self._identity(nobody, "customer.erased", {}, stands=True)

    def watermark(self, part: int, heard_until: int, judged_until: int) -> None:
        """Say how far absence is judged."""
        record = encode(Watermark(part, heard_until, judged_until))
        self.records.append(NewRecord(b"", record, WATERMARK))

    def _identity(self, customer: Customer, type_: str, numbers: dict[str, int | float | str], *, stands: bool) -> None:
        at = customer.last[0] if customer.last else 0
        content = Content(type=type_, kind=type_.partition(".")[2], as_of=at, numbers=numbers, certain=True)
        slot = "erased" if type_ == "customer.erased" else "merged"
        self._add(customer, ("", 0, slot), content, map_version=0, because=None, stands=stands)

    def _add(  # noqa: PLR0913 (an envelope has many parts)
        self,
        customer: Customer,
        key: FindingKey,
        content: Content,
        *,
        map_version: int,
        because: Because | None,
        stands: bool,
    ) -> None:
        map, n, slot = key
        said = msgspec.structs.asdict(content)
        said["type"] = f"waypost.{content.type}"
        finding = finding_name(customer.number, key) if map else f"{customer.number}/{slot}"
        fact = Fact(
            id=f"{finding}@{customer.version}",
            source="/waypost/journey",
            time=rfc3339(content.as_of),
            tenant=customer.tenant,
            customer=customer.number,
            ids=customer.names,
            finding=finding,
            seq=customer.version,
            stands=stands,
            map=map,
            n=n,
            map_version=map_version,
            engine_version=ENGINE_VERSION,
            because=because,
            machine_at=self.machine_at,
            **said,
        )
        self.records.append(NewRecord(f"{customer.tenant}\0{customer.number}".encode(), encode(fact), FACT))
        self.counts[content.type] += 1
