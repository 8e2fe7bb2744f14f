"""Alerts as CSV, for spreadsheets: everything that a filter finds, read page by page while it is sent."""

from collections.abc import Iterator

from services.alerts.domain.alert import Alert
from services.alerts.domain.shown import shown
from services.alerts.routes.reading import Reading
from services.alerts.store import reads
from services.alerts.store.reads import Filter
from shared.csv_cells import BOM, Cell, csv_line

PAGE = 500
MOST = 100_000  # lines
PLAIN = (
    "alert",
    "severity",
    "status",
    "customer",
    "name",
    "map",
    "rule",
    "about",
    "kind",
    "reason",
    "since",
    "owner",
    "opened_at",
    "changed_at",
    "snoozed_until",
    "acknowledged_by",
)


def sheet(read: Reading, tenant: str, wanted: Filter) -> Iterator[str]:
    """Yield the lines, each page of them from a snapshot of its own."""
    yield BOM + csv_line([*PLAIN, "ids", "next_step", "next_why"])
    after, left = "", MOST
    while left > 0:
        with read.database() as db:
            page = reads.ranked(db, tenant, wanted, after, min(PAGE, left))
        yield "".join(csv_line(_cells(alert)) for alert in page)
        if len(page) < PAGE:
            return
        after, left = reads.cursor_of(page[-1]), left - len(page)


def _cells(alert: Alert) -> list[Cell]:
    found = shown(alert)
    step = found["next"] or {}
    return [
        *(found[name] for name in PLAIN),
        " ".join(found["ids"]),
        step.get("title") or step.get("step"),
        step.get("why"),
    ]
