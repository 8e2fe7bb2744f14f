"""A customer who was erased leaves nothing in the alerts, whatever was made of it before."""

from contextlib import closing

import pytest

from services.alerts.store.erasing import HANGING
from shared.database import connect, empty_wal, transaction
from shared.events import Fact, encode
from shared.log.event_log import FACTS, NOTHING, NewRecord
from shared.log.scrubbing import scrub_in
from tests.integration.alerts.house import FACT, House
from tests.unit.alerts.facts import failed, merged, skipped, stall, withdrawn


def erased(customer: int, seq: int, tenant: str = "acme") -> Fact:
    return Fact(
        id=f"{customer}/erased@{seq}",
        source="/waypost/journey",
        type="waypost.customer.erased",
        time="2023-11-14T22:13:20Z",
        tenant=tenant,
        customer=customer,
        finding=f"{customer}/erased",
        seq=seq,
        kind="erased",
    )


def test_alerts_trail_marks_and_deliveries_of_an_erased_customer_are_gone(house: House) -> None:
    house.webhook_url = "http://127.0.0.1:9/hook"
    house.take([stall(), skipped()], [withdrawn(skipped(), 2)], [stall(customer=11)])
    with house.acts() as acts:
        acts.acknowledge("acme", 1, "somebody")
    assert len(house.alerts()) == 3
    house.take([erased(1, 3)])
    assert [alert.subject.customer for alert in house.alerts()] == [11]
    with house.database() as db:
        for table in ("alert_trail", "deliveries", "alert_ids"):
            assert db.execute(f"SELECT DISTINCT alert_no FROM {table}").fetchall() == [(3,)], table  # noqa: S608 (constants)
        assert db.execute("SELECT DISTINCT customer_no FROM fact_marks").fetchall() == [(11,)]


def test_every_table_that_hangs_on_alerts_is_known(house: House) -> None:
    with house.database() as db:
        tables = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        columns = {name: {row[1] for row in db.execute(f"PRAGMA table_info({name})")} for name in tables}
    assert {name for name, found in columns.items() if "alert_no" in found} == {*HANGING, "fact_marks"}
    assert {name for name, found in columns.items() if "customer_no" in found} == {
        "alerts",
        "fact_marks",
        "merged_customers",
    }


def test_facts_that_are_read_again_after_an_erasure_call_nobody(house: House) -> None:
    house.take([stall()], [erased(1, 2)], [stall(), failed(2)])
    assert house.alerts() == []


def test_what_stays_of_a_customer_is_told_in_the_transaction_of_the_erasure(house: House) -> None:
    house.take([stall(), skipped()], [stall(3), erased(1, 2)])
    assert [(alert.number, alert.subject.rule) for alert in house.alerts()] == [(3, "stall")]
    assert house.trail(3) == ["opened"]


def test_who_had_become_an_erased_customer_is_gone_too(house: House) -> None:
    house.take([stall(customer=2)], [merged(2, 1, 2), withdrawn(stall(customer=2), 2)], [erased(1, 3), erased(2, 3)])
    assert house.alerts() == []


def test_another_tenants_customer_is_not_erased(house: House) -> None:
    house.take([stall()], [erased(1, 2, tenant="globex")])
    assert [alert.subject.tenant for alert in house.alerts()] == ["acme"]


@pytest.mark.parametrize("batch", [1, 2000])
def test_scrubbed_facts_are_passed_over(house: House, batch: int) -> None:
    house.write(stall())
    house.write(stall(customer=3))
    house.write(erased(1, 2))
    with closing(connect(house.folder / "journey.db")) as journey, transaction(journey):
        scrub_in(journey, (FACTS, 0, 0), lambda record: NOTHING if record.offset == 0 else None)
    house.read(batch=batch)
    assert [alert.subject.customer for alert in house.alerts()] == [3]


def test_no_byte_of_the_customer_is_left_in_the_database(house: House) -> None:
    me = ["user:somebody-who-will-leave"]
    for seq in range(1, 40):
        house.write(stall(seq * 2, ids=me), failed(seq * 2, ids=me), stall(seq * 2, customer=3))
    broken = failed(99, ids=me, attempts="three")
    house.write_records([NewRecord(b"acme\x001", encode(broken), FACT)])
    house.read()
    with closing(connect(house.folder / "alerts.db")) as db:
        assert empty_wal(db)
        assert b"somebody-who-will-leave" in (house.folder / "alerts.db").read_bytes()
        house.take([erased(1, 100)])
        assert empty_wal(db)
    left = b"".join(path.read_bytes() for path in house.folder.glob("alerts*"))
    assert b"somebody-who-will-leave" not in left
    assert b"user:3" in left
