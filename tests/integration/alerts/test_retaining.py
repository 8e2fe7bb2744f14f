"""What is over is forgotten by age: closed alerts with all that hangs on them, deliveries, dead letters."""

from contextlib import closing

from services.alerts.app import create_chores
from shared.clock import DAY, machine_now
from shared.database import connect, transaction
from tests.integration.alerts.house import House
from tests.unit.alerts.facts import ended, skipped, stall


def trim(house: House) -> None:
    chores = create_chores(house.settings, house.clock)
    chores.do()


def count(house: House, table: str) -> int:
    with house.database() as db:
        found: int = db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608 (constants)
        return found


def test_closed_alerts_are_forgotten_with_their_trail_once_they_are_old(house: House) -> None:
    house.take([stall()], [ended(stall(), 2)], [skipped(3)])
    house.clock.step(399 * DAY)
    trim(house)
    assert count(house, "alerts") == 2
    house.clock.step(2 * DAY)
    trim(house)
    assert [alert.number for alert in house.alerts()] == [2]
    assert (count(house, "alert_trail"), count(house, "alert_ids")) == (1, 1)
    with house.database() as db:
        assert db.execute("SELECT alert_no FROM fact_marks ORDER BY alert_no").fetchall() == [(None,), (2,)]


def test_a_resolved_alert_stays_while_its_finding_stands_so_that_nobody_is_called_again(house: House) -> None:
    house.take([stall()])
    with house.acts() as acts:
        acts.resolve("acme", 1, "somebody", "they are on holiday")
    house.clock.step(1000 * DAY)
    trim(house)
    house.take([stall(2, text="Waits longer.")])
    assert [(alert.number, alert.status) for alert in house.alerts()] == [(1, "resolved")]


def test_many_old_alerts_go_in_several_transactions(house: House) -> None:
    house.take([stall(customer=n) for n in range(1, 451)])
    house.take([ended(stall(customer=n), 2) for n in range(1, 451)])
    house.clock.step(401 * DAY)
    trim(house)
    assert count(house, "alerts") == count(house, "alert_trail") == 0


def test_deliveries_that_are_done_with_are_forgotten_and_those_that_wait_stay(house: House) -> None:
    house.webhook_url = "https://127.0.0.1:9/hook"
    house.take([stall(), skipped()])
    with closing(connect(house.folder / "alerts.db")) as db, transaction(db):
        db.execute("UPDATE deliveries SET changed_at = ?", (machine_now() - 31 * DAY,))
        db.execute("UPDATE deliveries SET status = 'delivered' WHERE alert_no = 1")
    trim(house)
    with house.database() as db:
        assert db.execute("SELECT alert_no, status FROM deliveries").fetchall() == [(2, "waiting")]
