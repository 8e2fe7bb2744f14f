"""A data folder of an earlier version: what journeys newly keep appears by itself, and nobody is told of it twice."""

from pathlib import Path

from migrations.run import downgrade, upgrade
from services.journey.store import reads
from services.journey.track.tracker import Tracker
from shared.clock import DAY
from tests.integration.journey.histories import START, touchpoint
from tests.integration.journey.outbox import read_facts
from tests.integration.journey.test_properties import finish, open_tracker, publish_maps, records


def as_of_the_first_version(tracker: Tracker, path: Path) -> None:
    """Take from a database what the first version did not keep."""
    tracker.db.execute(
        "UPDATE journeys SET blob = CAST(json_remove(blob, '$.passed', '$.entered') AS BLOB), engine_version = 1"
    )
    tracker.db.close()
    downgrade("journey", path, "0001")


def test_passed_steps_appear_without_new_touchpoints_and_no_fact_is_sent_again(tmp_path: Path) -> None:
    path = tmp_path / "journey.db"
    upgrade("journey", path)
    tracker = open_tracker(path)
    publish_maps(tracker)
    sent = [
        touchpoint(START + day * DAY, event, ids=(("user", user),))
        for user in ("u1", "u2")
        for day, event in ((0, "A"), (1, "D"), (9, "B"))
    ]
    tracker.process(records(sent))
    finish(tracker, sent)
    facts = read_facts(path)
    as_of_the_first_version(tracker, path)

    upgrade("journey", path)
    upgraded = open_tracker(path)
    while upgraded.sweep():
        pass

    for number in (1, 2):
        (seen,) = reads.journeys(upgraded.db, number)
        assert seen.view.passed == (("A", START), ("D", START + DAY), ("B", START + 9 * DAY))
        assert seen.row.engine_version == 2
    assert read_facts(path) == facts
    assert upgraded.db.execute("SELECT count(*) FROM customers WHERE revision < 1").fetchone() == (0,)
