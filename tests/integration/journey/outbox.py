"""Reads the outbox of a journey database as alerts would, and compares it with the findings that stand."""

import sqlite3
from contextlib import closing
from pathlib import Path

from shared.events import Fact, decode_fact
from shared.log.event_log import FACTS
from shared.log.sql_log import SqlLog


def read_facts(path: Path) -> list[Fact]:
    """Return every fact of the outbox, in offset order; offsets have no gap."""
    log = SqlLog(path)
    with closing(log), closing(log.subscribe(FACTS, "test", lambda _: None, lambda _: None)) as reader:
        reader.seek(0, 0)
        found = []
        while records := reader.poll(0, 5000):
            found += records
    assert [record.offset for record in found] == list(range(len(found)))
    return [decode_fact(record.value) for record in found if dict(record.headers).get("type") == "fact"]


def check_outbox(path: Path, db: sqlite3.Connection) -> None:
    """Check that whoever keeps the last fact of each finding knows what the database holds, no more and no less."""
    last: dict[str, Fact] = {}
    for fact in read_facts(path):
        if fact.type == "waypost.customer.erased":
            last = {finding: known for finding, known in last.items() if known.customer != fact.customer}
            continue
        before = last.get(fact.finding)
        assert before is None or before.seq < fact.seq, f"{fact.finding}: seq {fact.seq} does not rise"
        last[fact.finding] = fact
    told = {finding: fact.seq for finding, fact in last.items() if fact.stands and not finding.endswith("/merged")}
    held = {
        f"{customer}/{map}/{n}/{slot}": seq
        for customer, map, n, slot, seq in db.execute(
            "SELECT customer_no, map, n, slot, seq FROM findings WHERE stands AND published",
        )
    }
    assert told == held
    merged = {fact.customer for fact in last.values() if fact.finding.endswith("/merged") and fact.stands}
    assert merged == {row[0] for row in db.execute("SELECT customer_no FROM customers WHERE merged_into IS NOT NULL")}
