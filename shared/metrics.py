"""Every metric of every service, with what it means. docs/metrics.md is made from this module (a test checks).

Prometheus adds the label `service` when it scrapes (deploy/prometheus.yml). The questions that these answer are in
deploy/prometheus-questions.yml, the alarms in deploy/prometheus-rules.yml.

Children are bound once and counted once a batch: `labels().inc()` costs over a microsecond.
"""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

INGEST, JOURNEY, ALERTS = CollectorRegistry(), CollectorRegistry(), CollectorRegistry()
OF_SERVICE = {"ingest": INGEST, "journey": JOURNEY, "alerts": ALERTS}  # so that none shows another's as 0

# every service
READY = Gauge("waypost_ready", "1 while the service can do its work, 0 while /readyz says what is wrong.")
DEAD_LETTERS_WAITING = Gauge(
    "waypost_dead_letters_waiting",
    "Records that could not be read or judged and that nobody has replayed or dismissed; those of journey and alerts"
    " stay until they leave by age.",
    ["stage"],
)

# ingest
ACCEPTED = Counter(
    "waypost_touchpoints_accepted_total", "Touchpoints stored in the log.", ["tenant", "source"], registry=INGEST
)
REFUSED = Counter(
    "waypost_touchpoints_refused_total",
    "Events that became dead letters at the door.",
    ["tenant", "reason"],
    registry=INGEST,
)
REQUESTS = Counter("waypost_ingest_requests_total", "Requests to ingest.", ["route", "status"], registry=INGEST)
ACCEPT_SECONDS = Histogram(
    "waypost_ingest_accept_seconds",
    "Machine seconds from a request's arrival to its durable answer.",
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5),
    registry=INGEST,
)
SOURCE_HEARD = Gauge(
    "waypost_source_heard_seconds",
    "Unix seconds at which a source was last heard.",
    ["tenant", "source"],
    registry=INGEST,
)
LOG_BYTES = Gauge("waypost_log_bytes", "Bytes of the event log.", registry=INGEST)
LOG_BYTES_MAX = Gauge("waypost_log_bytes_max", "Bytes of the event log from which ingest answers 429.", registry=INGEST)
DISK_FREE = Gauge("waypost_disk_free_bytes", "Bytes that are free on the disk of the data folder.", registry=INGEST)
DISK_FREE_MIN = Gauge("waypost_disk_free_bytes_min", "Free bytes below which ingest answers 429.", registry=INGEST)

# journey
CONSUMED = Counter(
    "waypost_journey_touchpoints_total", "Touchpoints consumed, by what became of them.", ["fate"], registry=JOURNEY
)
BATCH_SECONDS = Histogram(
    "waypost_journey_batch_seconds",
    "Machine seconds of one journey transaction.",
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5),
    registry=JOURNEY,
)
VISIBLE_SECONDS = Histogram(
    "waypost_journey_visible_seconds",
    "Machine seconds from acceptance in the log to the committed journey, once for each append in a batch.",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2.5, 5, 30),
    registry=JOURNEY,
)
BEHIND = Gauge(
    "waypost_journey_behind_records", "Records in the log that the journey service has not consumed.", registry=JOURNEY
)
JUDGED_UNTIL = Gauge("waypost_judged_until_seconds", "Unix seconds up to which absence is judged.", registry=JOURNEY)
FACTS_WRITTEN = Counter("waypost_facts_total", "Facts written to the outbox.", ["type"], registry=JOURNEY)
UNJUDGED = Gauge("waypost_unjudged_customers", "Customers parked because their fold failed.", registry=JOURNEY)
ROLLBACKS = Counter(
    "waypost_journey_rollbacks_total",
    "Journey transactions that were rolled back and repeated.",
    ["why"],
    registry=JOURNEY,
)

# alerts
ALERTS_OPENED = Counter("waypost_alerts_opened_total", "Alerts opened.", ["tenant", "rule"], registry=ALERTS)
ALERTS_OPEN = Gauge(
    "waypost_alerts_open", "Alerts that want attention now.", ["tenant", "rule", "severity"], registry=ALERTS
)
ALERTS_BEHIND = Gauge("waypost_alerts_behind_facts", "Facts that the alerts service has not read.", registry=ALERTS)
DELIVERIES = Counter(
    "waypost_deliveries_total", "Attempts to deliver news of alerts.", ["channel", "result"], registry=ALERTS
)
DELIVERY_BACKLOG = Gauge(
    "waypost_deliveries_waiting", "Deliveries that wait for their next attempt.", ["channel"], registry=ALERTS
)
CHANNEL_BROKEN = Gauge(
    "waypost_channel_broken",
    "1 while a channel is left in peace because it failed again and again.",
    ["channel"],
    registry=ALERTS,
)
FACTS_READ = Counter(
    "waypost_alerts_facts_total", "Facts read by alerts, by what became of them.", ["fate"], registry=ALERTS
)
