"""The KPI catalogue of each tenant, as its text."""

import sqlite3


def load(db: sqlite3.Connection, tenant: str) -> str:
    """Return a tenant's catalogue; empty: it has none."""
    row = db.execute("SELECT yaml FROM kpis WHERE tenant = ?", (tenant,)).fetchone()
    return row[0] if row else ""


def save(db: sqlite3.Connection, tenant: str, yaml: str, at: int) -> None:
    """Put a tenant's catalogue in the place of the last, at a domain time. Inside a transaction."""
    db.execute("INSERT OR REPLACE INTO kpis (tenant, yaml, changed_at) VALUES (?, ?, ?)", (tenant, yaml, at))
