"""Facts become alerts, through a real log and a real database."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import msgspec
import pytest

from services.alerts.consumer import Consumer
from services.alerts.store import marks
from services.alerts.track.reading import POISON_LIMIT
from shared.clock import monotonic
from shared.events import Because, Fact, Proof, Watermark, encode
from shared.log.dead_letters import dead_letter_page
from shared.log.event_log import NewRecord
from shared.log.sql_log import SqlLog
from tests.integration.alerts.failing import Failing
from tests.integration.alerts.house import FACT, House
from tests.unit.alerts.facts import again, at, ended, fact, failed, proof, skipped, stall, withdrawn


def test_three_rules_open_three_alerts_the_loudest_first(house: House) -> None:
    house.take([stall(), skipped(), failed()])
    assert [(a.subject.rule, a.said.severity, a.status) for a in house.alerts()] == [
        ("prerequisite_skipped", "high", "open"),
        ("failed", "medium", "open"),
        ("stall", "medium", "open"),
    ]


def test_progress_ends_an_alert_and_a_correction_withdraws_it_with_the_reason(house: House) -> None:
    late = Because(late=Proof("e9", "app", "Contract Signed", at(9)))
    house.take([stall(), skipped()], [ended(stall(), 2), withdrawn(skipped(), 2, late)])
    assert {(a.subject.rule, a.status) for a in house.alerts()} == {
        ("stall", "ended"),
        ("prerequisite_skipped", "withdrawn"),
    }
    assert house.trail(1) == ["opened", "ended"]
    assert house.because(2)["late"]["event"] == "Contract Signed"


def test_facts_that_call_nobody_leave_no_alert(house: House) -> None:
    house.take(
        [
            stall(historical=True),
            stall(level="cruising", step="kickoff"),
            skipped(certain=False),
            failed(attempts=2),
            fact("path:tour:1", kind="optional_skipped"),
            fact("position", type="waypost.position.changed", kind="position"),
            fact("opened", type="waypost.journey.opened", kind="opened"),
        ]
    )
    assert house.alerts() == []


def test_a_stall_that_goes_beyond_raises_the_same_alert(house: House) -> None:
    house.take([stall()], [stall(2, level="beyond")])
    [alert] = house.alerts()
    assert (alert.number, alert.said.severity, house.trail()) == (1, "high", ["opened", "updated"])


def test_the_same_subject_has_one_live_alert_whatever_the_journey(house: House) -> None:
    house.take([stall(n=1), stall(n=2, level="beyond"), stall(map="renewal")])
    [alert] = house.alerts()
    assert alert.said.finding == stall(n=2).finding
    house.take([ended(stall(n=2, level="beyond"), 2)])
    assert house.alert().said.severity == "medium"
    house.take([ended(stall(n=1), 2), ended(stall(map="renewal"), 2)])
    assert house.alert().status == "ended"


def test_duplicates_and_lower_seqs_change_nothing(house: House) -> None:
    house.take([stall(2), skipped(5)], [stall(2), stall(1, level="beyond"), withdrawn(skipped(), 4)])
    assert [(a.status, a.said.severity) for a in house.alerts()] == [("open", "high"), ("open", "medium")]
    assert house.trail(1) == house.trail(2) == ["opened"]


def test_a_finding_that_calls_again_reopens_its_own_alert(house: House) -> None:
    house.take([stall()], [withdrawn(stall(), 2)], [stall(3)])
    assert (house.alert().status, house.trail()) == ("open", ["opened", "withdrawn", "reopened"])


def test_a_refresh_does_not_reopen_what_a_person_resolved_and_a_new_finding_does(house: House) -> None:
    house.take([stall()])
    with house.acts() as acts:
        acts.resolve("acme", 1, "ana", "they are on holiday")
    house.take([stall(2, level="beyond")], [stall(3)])
    assert [(a.number, a.status) for a in house.alerts()] == [(1, "resolved")]
    house.take([ended(stall(), 4)], [stall(5, k=2)])
    assert {(a.number, a.status) for a in house.alerts()} == {(1, "resolved"), (2, "open")}


def test_a_kind_amended_to_one_without_a_rule_ends_the_alert(house: House) -> None:
    house.take([skipped()], [again(skipped(), 2, kind="out_of_order", status="closed")])
    assert (house.alert().status, house.trail()) == ("ended", ["opened", "ended"])


def test_tenants_never_share_an_alert(house: House) -> None:
    house.take([stall(), stall(tenant="globex", customer=2)])
    assert [a.subject.tenant for a in house.alerts("acme")] == ["acme"]
    assert [a.subject.customer for a in house.alerts("globex")] == [2]


def test_a_watermark_moves_judged_until_and_never_back(house: House) -> None:
    house.write(watermark=Watermark(0, at(20), at(19)))
    house.write(stall(), watermark=Watermark(0, at(18), at(17)))
    house.read()
    with house.database() as db:
        assert db.execute("SELECT next, heard_until, judged_until FROM offsets").fetchall() == [(3, at(20), at(19))]


POISON = [
    (b"{", "unreadable"),
    (b'{"tenant": "acme", "seq": "x"}', "unreadable"),
    (encode(stall(severity="loud")), "invalid"),
    (encode(failed(attempts="three")), "invalid"),
    (encode(again(stall(), 2**64 - 1)), "unreadable"),
    (encode(stall(as_of=2**62)), "invalid"),
    (encode(stall(tenant="acme", finding="")), "invalid"),
    (encode(again(stall(), 1, type="waypost.customer.merged", numbers={})), "invalid"),
    (encode(again(stall(), 1, type="waypost.customer.merged", numbers={"into": 1e30})), "invalid"),
]


@pytest.mark.parametrize(("value", "reason"), POISON)
def test_a_record_that_cannot_be_read_becomes_a_dead_letter_and_blocks_nothing(
    house: House, value: bytes, reason: str
) -> None:
    house.write_records([NewRecord(b"", value, FACT)])
    house.take([stall(k=2)])
    assert len(house.alerts()) == 1
    log = SqlLog(house.folder / "alerts.db")
    tenant = msgspec.json.decode(value).get("tenant", "") if value.startswith(b'{"') else ""
    [letter] = dead_letter_page(log, tenant, -1, 10)["dead_letters"]
    log.close()
    assert (letter["reason"], letter["stage"], letter["event_id"]) == (reason, "alerts", "facts/0/0")
    assert letter["body"].encode() == value


def test_a_record_of_an_unknown_type_is_a_dead_letter(house: House) -> None:
    house.write_records([NewRecord(b"", encode(stall()), (("type", "rumour"),))])
    house.read()
    assert house.alerts() == []
    log = SqlLog(house.folder / "alerts.db")
    assert dead_letter_page(log, "acme", -1, 10)["dead_letters"][0]["reason"] == "unknown_type"
    log.close()


def wrong_after_running(consumer: Consumer) -> str:
    """Return why a consumer stopped by itself."""
    consumer.run()
    consumer.reading.writer.db.close()
    return consumer.progress.wrong


def test_poison_without_end_stops_the_consumer_with_a_reason(house: House) -> None:
    house.write_records([NewRecord(b"", b"nonsense", FACT)] * POISON_LIMIT)
    wrong = wrong_after_running(house.consumer())
    assert wrong.startswith(f"stopped: {POISON_LIMIT} records in a row cannot be read")
    with house.database() as db:
        assert db.execute("SELECT next FROM offsets").fetchall() == [(0,)]


def test_a_newer_version_stops_the_consumer_with_a_reason(house: House) -> None:
    house.write(stall(), again(stall(k=2), 1, specversion="2.0"))
    assert "offset 1 has version 2.0" in wrong_after_running(house.consumer())
    assert house.alerts() == []


def test_another_log_stops_the_consumer_with_a_reason(house: House) -> None:
    house.take([stall()])
    with house.other_log() as name:
        assert name in wrong_after_running(house.consumer())


def test_an_offset_outside_the_log_stops_the_consumer_with_a_reason(house: House) -> None:
    house.take([stall(), skipped()])
    house.shorten_log()
    assert "0 to 1, and the reader stands at 2" in wrong_after_running(house.consumer())


def test_two_consumers_fence_each_other(house: House) -> None:
    first, second = house.consumer(), house.consumer()
    first.step(0)
    second.step(0)
    house.write(stall())
    first.step(0)
    with pytest.raises(Exception, match="is no longer at 0: another consumer reads it"):
        second.step(0)
    assert house.trail() == ["opened"]
    for consumer in (first, second):
        consumer.close()
        consumer.reading.writer.db.close()


def test_facts_without_a_rule_leave_no_content_behind(house: House) -> None:
    quiet: list[Fact] = [ended(stall(), 2), fact("path:tour:1", kind="optional_skipped")]
    house.take([stall()], quiet)
    with house.database() as db:
        found = [marks.find(db, each.finding) for each in quiet]
    assert [mark.fact if mark else "gone" for mark in found] == [None, None]


def test_an_alert_keeps_the_last_touchpoints_of_a_long_proof(house: House) -> None:
    house.take([failed(attempts=5000, proof=[proof("Import Failed", day) for day in range(5000)])])
    kept = house.alert().said.content.proof
    assert [each.event_id for each in kept] == [f"e-Import Failed-{day}" for day in range(4980, 5000)]


@contextmanager
def running(consumer: Consumer) -> Iterator[None]:
    """Run a consumer in a thread until the end of the block."""
    thread = threading.Thread(target=consumer.run)
    thread.start()
    try:
        yield
    finally:
        consumer.stopped.set()
        thread.join()
        consumer.reading.writer.db.close()


def wait_for(ready: Callable[[], bool]) -> None:
    deadline = monotonic() + 20
    while not ready():
        assert monotonic() < deadline
        threading.Event().wait(0.01)


def test_a_full_disk_is_waited_for_and_nothing_is_lost(house: House) -> None:
    house.write(stall())
    failing = Failing.of(house.folder / "alerts.db")
    consumer = house.consumer(failing)
    with running(consumer):
        wait_for(lambda: consumer.progress.wrong == "waiting: database or disk is full")
        failing.fails = False
        wait_for(lambda: house.trail() == ["opened"])
        wait_for(lambda: not consumer.progress.wrong)
        failing.fails = True
        house.write(skipped())
        wait_for(lambda: consumer.progress.wrong != "")
        failing.fails = False
        wait_for(lambda: len(house.alerts()) == 2)
    assert house.trail(1) == house.trail(2) == ["opened"]


def test_a_bug_is_tried_again_and_then_stops_the_consumer_with_a_reason(house: House) -> None:
    house.write(stall())
    failing = Failing.of(house.folder / "alerts.db")
    failing.error = TypeError("a bug")
    consumer = house.consumer(failing)
    consumer.back_off_s = (0.0,)
    consumer.run()
    failing.close()
    assert consumer.progress.wrong == "stopped: a bug"
    house.read()
    assert house.trail() == ["opened"]


def test_a_transaction_larger_than_memory_should_hold_is_applied_in_parts(house: House) -> None:
    house.write(*(stall(customer=n) for n in range(1, 61)))
    house.write(skipped())
    consumer = house.consumer()
    consumer.batch, consumer.largest = 10, 30
    applied = [consumer.step(0) for _ in range(7)]
    consumer.close()
    consumer.reading.writer.db.close()
    assert applied == [0, 0, 30, 0, 0, 30, 1]
    assert len(house.alerts()) == 61
