"""Every metric of every service, with what it means. docs/metrics.md is made from this module (a test checks).

Children are bound once and counted once a batch: `labels().inc()` costs over a microsecond.
"""

from prometheus_client import Counter, Gauge, Histogram

# ingest
ACCEPTED = Counter("waypost_touchpoints_accepted_total", "Touchpoints stored in the log.", ["tenant", "source"])
REFUSED = Counter(
    "waypost_touchpoints_refused_total", "Events that became dead letters at the door.", ["tenant", "reason"]
)
REQUESTS = Counter("waypost_ingest_requests_total", "Requests to ingest.", ["route", "status"])
ACCEPT_SECONDS = Histogram(
    "waypost_ingest_accept_seconds",
    "Machine seconds from a request's arrival to its durable answer.",
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5),
)

# journey
CONSUMED = Counter("waypost_journey_touchpoints_total", "Touchpoints consumed, by what became of them.", ["fate"])
BATCH_SECONDS = Histogram(
    "waypost_journey_batch_seconds",
    "Machine seconds of one journey transaction.",
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5),
)
VISIBLE_SECONDS = Histogram(
    "waypost_journey_visible_seconds",
    "Machine seconds from acceptance in the log to the committed journey, once for each append in a batch.",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2.5, 5, 30),
)
BEHIND = Gauge("waypost_journey_behind_records", "Records in the log that the journey service has not consumed.")
JUDGED_UNTIL = Gauge("waypost_judged_until_seconds", "Unix seconds up to which absence is judged.")
FACTS_WRITTEN = Counter("waypost_facts_total", "Facts written to the outbox.", ["type"])
UNJUDGED = Gauge("waypost_unjudged_customers", "Customers parked because their fold failed.")
ROLLBACKS = Counter(
    "waypost_journey_rollbacks_total", "Journey transactions that were rolled back and repeated.", ["why"]
)

# alerts
ALERTS_OPENED = Counter("waypost_alerts_opened_total", "Alerts opened.", ["tenant", "rule"])
ALERTS_OPEN = Gauge("waypost_alerts_open", "Alerts that want attention now.", ["tenant", "rule"])
DELIVERIES = Counter("waypost_deliveries_total", "Attempts to deliver an alert.", ["target", "result"])
DELIVERY_BACKLOG = Gauge("waypost_deliveries_waiting", "Deliveries that wait for their next attempt.")
FACTS_READ = Counter("waypost_alerts_facts_total", "Facts read by alerts, by what became of them.", ["fate"])
