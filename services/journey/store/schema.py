"""The tables of journey.db, as the newest migration leaves them. Meaning: docs/records.md. Times: microseconds UTC."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from shared.log.schema import add_log_tables

metadata = MetaData()
add_log_tables(metadata)  # the outbox (topic facts) and this service's dead letters

Table(
    "ids",
    metadata,
    Column("id_no", Integer, primary_key=True),
    Column("tenant", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("value", Text, nullable=False),
    Column("customer_no", Integer, nullable=False),
    UniqueConstraint("tenant", "kind", "value"),
    Index("ids_customer", "customer_no"),
)
Table(
    "assertions",
    metadata,
    Column("tenant", Text, nullable=False),
    Column("occurred_at", BigInteger, nullable=False),
    Column("ordinal", BigInteger, nullable=False),
    Column("event_id", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("id_a", Integer, nullable=False),
    Column("id_b", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    PrimaryKeyConstraint("id_a", "occurred_at", "ordinal", "event_id", "source", "id_b"),
    Index("assertions_b", "id_b"),
)
Table(
    "touchpoints",
    metadata,
    Column("id_no", Integer, nullable=False),
    Column("original_at", BigInteger, nullable=False),
    Column("event_hash", BigInteger, nullable=False),
    Column("tenant", Text, nullable=False),
    Column("account_no", Integer),
    Column("occurred_at", BigInteger, nullable=False),
    Column("ordinal", BigInteger, nullable=False),
    Column("received_at", BigInteger, nullable=False),
    Column("event_id", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("digest", BigInteger, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Index("touchpoints_key", "id_no", "original_at", "event_hash", unique=True),
    Index("touchpoints_account", "account_no", sqlite_where=text("account_no IS NOT NULL")),
)
Table(
    "customers",
    metadata,
    Column("customer_no", Integer, primary_key=True),
    Column("tenant", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("merged_into", Integer),
    Column("last_at", BigInteger),
    Column("last_ordinal", BigInteger),
    Column("last_event", Text),
    Column("last_source", Text),
    Column("revision", Integer, nullable=False),
    Column("unjudged", Text),
    Index("customers_revision", "tenant", "revision"),
)
Table(
    "maps",
    metadata,
    Column("tenant", Text, nullable=False),
    Column("map", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("published_at", BigInteger, nullable=False),
    Column("digest", Text, nullable=False),
    Column("yaml", Text, nullable=False),
    PrimaryKeyConstraint("tenant", "map", "version"),
)
Table(
    "journeys",
    metadata,
    Column("customer_no", Integer, nullable=False),
    Column("map", Text, nullable=False),
    Column("n", Integer, nullable=False),
    Column("tenant", Text, nullable=False),
    Column("map_version", Integer, nullable=False),
    Column("engine_version", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("blob", LargeBinary, nullable=False),
    Column("steps", Text, nullable=False),
    Column("stage", Text),
    Column("since", BigInteger),
    Column("opened_at", BigInteger, nullable=False),
    Column("reached_at", BigInteger),
    Column("ended_at", BigInteger),
    Column("cost", Integer, nullable=False),
    Column("stall", Text),
    Column("stall_step", Text),
    Column("due_at", BigInteger),
    PrimaryKeyConstraint("customer_no", "map", "n"),
    Index("journeys_due", "due_at", sqlite_where=text("due_at IS NOT NULL")),
    Index("journeys_map", "tenant", "map", "state"),
)
Table(
    "findings",
    metadata,
    Column("customer_no", Integer, nullable=False),
    Column("map", Text, nullable=False),
    Column("n", Integer, nullable=False),
    Column("slot", Text, nullable=False),
    Column("tenant", Text, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("stands", Boolean, nullable=False),
    Column("published", Boolean, nullable=False),
    Column("kind", Text, nullable=False),
    Column("content", LargeBinary, nullable=False),
    PrimaryKeyConstraint("customer_no", "map", "n", "slot"),
)
Table(
    "offsets",
    metadata,
    Column("topic", Text, nullable=False),
    Column("part", Integer, nullable=False),
    Column("next", BigInteger, nullable=False),
    Column("heard_until", BigInteger, nullable=False),
    Column("log_id", Text, nullable=False),
    PrimaryKeyConstraint("topic", "part"),
)
Table(
    "erased_ids",
    metadata,
    Column("tenant", Text, nullable=False),
    Column("hash", Text, nullable=False),
    Column("erased_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("tenant", "hash"),
)
Table(
    "erased_numbers",
    metadata,
    Column("id_no", Integer, primary_key=True),
    Column("tenant", Text, nullable=False),
)
Table(
    "scrubs",
    metadata,
    Column("topic", Text, primary_key=True),
    Column("next", BigInteger, nullable=False),
    Column("until", BigInteger, nullable=False),
)
