"""What most would write first: for each touchpoint an ORM session that loads, changes and commits."""

import time
from itertools import cycle
from pathlib import Path

import msgspec
from sqlalchemy import Engine, ForeignKey, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from sqlalchemy.pool import ConnectionPoolEntry

from shared.events import Touchpoint


class _Base(DeclarativeBase):
    pass


class _Journey(_Base):
    __tablename__ = "journeys"
    customer: Mapped[str] = mapped_column(primary_key=True)
    last_event: Mapped[str]
    last_at: Mapped[int]
    steps: Mapped[int]


class _Event(_Base):
    __tablename__ = "events"
    id: Mapped[str] = mapped_column(primary_key=True)
    customer: Mapped[str] = mapped_column(ForeignKey("journeys.customer"), index=True)
    body: Mapped[bytes]


class _Offset(_Base):
    __tablename__ = "offsets"
    part: Mapped[int] = mapped_column(primary_key=True)
    next: Mapped[int]


def _durable(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.close()


class NaiveConsumer:
    """Consumes stored touchpoints one by one, as durable as ours."""

    def __init__(self, path: Path, values: list[bytes]) -> None:
        """Make an empty database."""
        self._engine: Engine = create_engine(f"sqlite:///{path}")
        event.listen(self._engine, "connect", _durable)
        _Base.metadata.create_all(self._engine)
        with Session(self._engine) as session:
            session.add(_Offset(part=0, next=0))
            session.commit()
        self._values = cycle(values)
        self._decode = msgspec.json.Decoder(Touchpoint).decode
        self._made = 0

    def run(self, seconds: float) -> float:
        """Consume for a while; return touchpoints a second."""
        began, before = time.perf_counter(), self._made
        while time.perf_counter() - began < seconds:
            value = next(self._values)
            self._one(self._decode(value), value)
        return (self._made - before) / (time.perf_counter() - began)

    def _one(self, touchpoint: Touchpoint, value: bytes) -> None:
        customer = touchpoint.ids[0][1]
        with Session(self._engine) as session:
            journey = session.get(_Journey, customer)
            if journey is None:
                journey = _Journey(customer=customer, last_event="", last_at=0, steps=0)
                session.add(journey)
            journey.last_event, journey.last_at = touchpoint.event, touchpoint.occurred_at
            journey.steps += 1
            offset = session.get_one(_Offset, 0)
            offset.next += 1
            session.add(_Event(id=f"{touchpoint.event_id}-{self._made}", customer=customer, body=value))
            session.commit()
        self._made += 1

    def close(self) -> None:
        """Close the database."""
        self._engine.dispose()
