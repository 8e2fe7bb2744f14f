"""The consumer's loop: what it waits for by itself, and what it stops for until a person has looked."""

from pathlib import Path

from migrations.run import upgrade, upgrade_all
from services.journey.app import create_consumer
from shared.clock import SteppedClock
from shared.log.event_log import TOUCHPOINTS, Append
from shared.log.sql_log import SqlLog
from shared.metrics import JOURNEY
from shared.settings import Settings
from tests.integration.journey.histories import START, record, touchpoint


def test_another_log_under_the_same_database_stops_the_consumer_and_says_what_to_do(tmp_path: Path) -> None:
    upgrade_all(tmp_path)
    log = SqlLog(tmp_path / "log.db")
    log.append([Append(TOUCHPOINTS, [record(touchpoint(START, "Signed Up"))])])
    log.close()
    settings = Settings(data=tmp_path, heartbeat_s=0.001)
    assert create_consumer(settings, SteppedClock(START)).step(0.001) == 1
    for file in tmp_path.glob("log.db*"):
        file.unlink()
    upgrade("log", tmp_path / "log.db")

    consumer = create_consumer(settings, SteppedClock(START))
    consumer.run()  # returns, for it will not pass by itself

    assert consumer.wrong.startswith("stopped: journey.db was fed from log ")
    assert "put the matching log.db back" in consumer.wrong


def test_customers_whose_fold_failed_are_counted(tmp_path: Path) -> None:
    upgrade_all(tmp_path)
    log = SqlLog(tmp_path / "log.db")
    log.append([Append(TOUCHPOINTS, [record(touchpoint(START, "Signed Up", ids=(("user", n),))) for n in "abc"])])
    log.close()
    consumer = create_consumer(Settings(data=tmp_path, heartbeat_s=0.001), SteppedClock(START))
    consumer.count_s = 0.0
    consumer.step(0.001)
    consumer.step(0.01)
    assert JOURNEY.get_sample_value("waypost_unjudged_customers") == 0
    consumer.tracker.db.execute("UPDATE customers SET unjudged = 'ValueError: so it was' WHERE customer_no < 3")

    consumer.step(0.01)

    assert JOURNEY.get_sample_value("waypost_unjudged_customers") == 2


def test_a_batch_that_does_not_end_is_said_while_it_runs(tmp_path: Path) -> None:
    upgrade_all(tmp_path)
    log = SqlLog(tmp_path / "log.db")
    log.append([Append(TOUCHPOINTS, [record(touchpoint(START, "Signed Up"))])])
    log.close()
    said = []
    settings = Settings(data=tmp_path, heartbeat_s=0.001)
    consumer = create_consumer(settings, SteppedClock(START), lambda _: said.append(consumer.trouble()))
    consumer.slow_s = 0.0

    consumer.step(0.001)

    assert "one batch has taken 0 s" in said[0]
    assert consumer.trouble() == ""
