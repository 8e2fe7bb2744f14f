"""The tables of alerts.db, as the newest migration leaves them. Meaning: docs/alerts.md. Times: microseconds UTC."""

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
    text,
)

from services.alerts.store.alerts import LIVE
from shared.log.schema import add_log_tables

RANKED = ("tenant", "rank", "since", "alert_no", "status", "owner", "rule", "map")  # the order, then what filters ask

metadata = MetaData()
add_log_tables(metadata)  # this service's dead letters

Table(
    "alerts",
    metadata,
    Column("alert_no", Integer, primary_key=True),
    Column("tenant", Text, nullable=False),
    Column("customer_no", Integer, nullable=False),
    Column("rule", Text, nullable=False),
    Column("about", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("rank", Integer, nullable=False),  # of the severity; 0: critical
    Column("since", BigInteger, nullable=False),
    Column("owner", Text, nullable=False),
    Column("finding", Text, nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("opened_at", BigInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    Column("snoozed_until", BigInteger),
    Column("acknowledged_by", Text),
    Column("map", Text, nullable=False, server_default=""),
    Index(
        "alerts_live",
        "tenant",
        "customer_no",
        "rule",
        "about",
        unique=True,
        sqlite_where=text(LIVE),
    ),
    Index("alerts_ranked", *RANKED),
    Index("alerts_ranked_live", *RANKED, sqlite_where=text(LIVE)),
    Index("alerts_snoozed", "snoozed_until", sqlite_where=text("status = 'snoozed'")),
    Index("alerts_customer", "tenant", "customer_no"),
    sqlite_autoincrement=True,  # a number is never given twice
)
Table(
    "alert_ids",
    metadata,
    Column("tenant", Text, nullable=False),
    Column("id", Text, nullable=False),  # user:42
    Column("alert_no", Integer, nullable=False),
    PrimaryKeyConstraint("tenant", "id", "alert_no"),
    Index("ids_alert", "alert_no"),
    sqlite_with_rowid=False,
)
Table(
    "alert_trail",
    metadata,
    Column("trail_no", Integer, primary_key=True),
    Column("tenant", Text, nullable=False),
    Column("alert_no", Integer, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("change", Text, nullable=False),
    Column("because", LargeBinary, nullable=False),
    Column("content", LargeBinary, nullable=False),
    Index("trail_tenant", "tenant", "trail_no"),
    Index("trail_alert", "alert_no"),
    sqlite_autoincrement=True,  # its number is the id of the stream
)
Table(
    "fact_marks",
    metadata,
    Column("finding", Text, primary_key=True),
    Column("tenant", Text, nullable=False),
    Column("customer_no", Integer, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("stands", Boolean, nullable=False),
    Column("verdict", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("about", Text, nullable=False),
    Column("alert_no", Integer),
    Column("content", LargeBinary, nullable=False),
    Index("marks_calling", "tenant", "customer_no", "rule", "about", sqlite_where=text("verdict = 'calls'")),
    Index("marks_alert", "alert_no", sqlite_where=text("alert_no IS NOT NULL")),
)
Table(
    "merged_customers",
    metadata,
    Column("customer_no", Integer, primary_key=True),
    Column("tenant", Text, nullable=False),
    Column("into_no", Integer, nullable=False),
    Column("seq", BigInteger, nullable=False),
)
Table(
    "deliveries",
    metadata,
    Column("webhook_id", Text, primary_key=True),
    Column("tenant", Text, nullable=False),
    Column("trail_no", Integer, nullable=False),
    Column("alert_no", Integer, nullable=False),
    Column("channel", Text, nullable=False, server_default="webhook"),
    Column("target", Text, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("next_try", BigInteger, nullable=False),
    Column("status", Text, nullable=False),
    Column("said", Text, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    Index("deliveries_alert", "alert_no", "channel", "trail_no"),
    Index("deliveries_due", "channel", "next_try", sqlite_where=text("status = 'waiting'")),
    Index("deliveries_tenant", "tenant", "trail_no", "channel"),
)
Table(
    "channel_states",
    metadata,
    Column("channel", Text, primary_key=True),
    Column("target", Text, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("retry_at", BigInteger, nullable=False),
    Column("gone", Boolean, nullable=False),
    Column("said", Text, nullable=False),
    Column("delivered_at", BigInteger),
)
Table(
    "kpis",
    metadata,
    Column("tenant", Text, primary_key=True),
    Column("yaml", Text, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
)
Table(
    "offsets",
    metadata,
    Column("topic", Text, nullable=False),
    Column("part", Integer, nullable=False),
    Column("next", BigInteger, nullable=False),
    Column("heard_until", BigInteger, nullable=False),
    Column("judged_until", BigInteger, nullable=False),
    Column("log_id", Text, nullable=False),
    PrimaryKeyConstraint("topic", "part"),
)
