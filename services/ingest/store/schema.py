"""The tables of ingest.db: keys, what was heard from each source, which dead letters wait no longer, and erasures."""

from sqlalchemy import BigInteger, Column, Integer, MetaData, PrimaryKeyConstraint, Table, Text

metadata = MetaData()

Table(
    "keys",
    metadata,
    Column("key_hash", Text, primary_key=True),
    Column("tenant", Text, nullable=False),
    Column("scope", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),  # machine time, as revoked_at
    Column("revoked_at", BigInteger),
)

Table(
    "sources",
    metadata,
    Column("tenant", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("heard_at", BigInteger, nullable=False),  # the greatest received_at
    Column("accepted", BigInteger, nullable=False),
    Column("refused", BigInteger, nullable=False),
    Column("last_event", Text, nullable=False, server_default=""),
    Column("lag", BigInteger),  # median of received_at - occurred_at of its last touchpoints, microseconds
    PrimaryKeyConstraint("tenant", "source"),
)

Table(
    "replays",
    metadata,
    Column("log_id", Text, nullable=False),  # offsets mean something in one log only
    Column("part", Integer, nullable=False),
    Column("log_offset", BigInteger, nullable=False),
    Column("tenant", Text, nullable=False),
    Column("replayed_at", BigInteger, nullable=False),  # machine time
    Column("fate", Text, nullable=False, server_default="replayed"),  # or dismissed
    PrimaryKeyConstraint("log_id", "part", "log_offset"),
)

Table(
    "erasures",
    metadata,
    Column("erasure_no", Integer, primary_key=True),
    Column("tenant", Text, nullable=False),
    Column("erased_at", BigInteger, nullable=False),
    Column("ids", Integer, nullable=False),  # how many
    Column("wanted", Text),  # which, as JSON, until the log is scrubbed
    Column("scrubbed_at", BigInteger),  # machine time
)
