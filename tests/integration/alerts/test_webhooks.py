"""Webhooks reach a real receiver, signed, in order, again and again until it says 2xx."""

import email.utils
import json
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime

import pytest
import structlog

from services.alerts.delivery import queue
from services.alerts.delivery.webhook import WebhookSender
from services.alerts.delivery.wiring import channels, listeners
from services.alerts.delivery.worker import Worker
from services.alerts.store import reads
from shared.clock import MINUTE, SECOND, SteppedClock, machine_now
from shared.database import connect
from tests.integration.alerts.failing import Failing
from tests.integration.alerts.house import House
from tests.integration.alerts.receiver import SECRET, Answer, Receiver
from tests.unit.alerts.facts import ended, proof, skipped, stall, withdrawn


@pytest.fixture
def receiver(house: House) -> Iterator[Receiver]:
    made = Receiver()
    with made.listening():
        house.webhook_url = made.url
        yield made


@contextmanager
def worker(house: House, clock: SteppedClock | None = None, *, private: bool = True) -> Iterator[Worker]:
    """Lend a worker; with a clock, machine time stands still until it is stepped."""
    with (
        closing(connect(house.folder / "alerts.db")) as db,
        closing(WebhookSender(house.webhook_url, SECRET, private=private)) as sender,
    ):
        yield Worker(db, listeners(house.settings)[0], sender.send, clock.now if clock else machine_now)


def deliver(house: House, clock: SteppedClock | None = None) -> None:
    with worker(house, clock) as each:
        while each.step():
            pass


def statuses(house: House) -> list[tuple[str, int, str]]:
    with house.database() as db:
        found = reads.deliveries(db, "acme", "", (0, ""), 100)
    return [(each["status"], each["attempt"], each["said"]) for each in reversed(found)]


def test_every_change_of_status_is_delivered_once_and_signed(house: House, receiver: Receiver) -> None:
    house.take([stall(), skipped()])
    with house.acts() as acts:
        acts.acknowledge("acme", 1, "ana")
        acts.resolve("acme", 2, "ana", "waived")
    house.take([ended(stall(), 2)])
    deliver(house)
    assert [(got.payload["type"], got.payload["data"]["alert"]["alert"]) for got in receiver.got] == [
        ("alert.opened", 1),
        ("alert.opened", 2),
        ("alert.acknowledged", 1),
        ("alert.resolved", 2),
        ("alert.ended", 1),
    ]
    assert len({got.headers["webhook-id"] for got in receiver.got}) == 5
    resolved = receiver.got[3].payload
    assert (resolved["tenant"], resolved["data"]["because"]) == ("acme", {"by": "ana", "reason": "waived"})
    assert resolved["data"]["alert"]["status"] == "resolved"
    assert statuses(house) == [("delivered", 1, "HTTP 204")] * 5


def test_a_change_that_is_none_of_status_is_not_delivered(house: House, receiver: Receiver) -> None:
    house.take([stall()], [stall(2, level="beyond")])
    deliver(house)
    assert [got.payload["type"] for got in receiver.got] == ["alert.opened"]


def test_retries_keep_the_schedule_and_the_id(house: House, receiver: Receiver) -> None:
    house.take([stall()])
    receiver.answers = [Answer(500)]
    clock = SteppedClock(machine_now())
    with worker(house, clock) as each:
        for attempt, delay in enumerate(queue.DELAYS, 1):
            assert each.step()
            assert len(receiver.got) == attempt
            clock.step(delay - 1)
            assert not each.step()
            clock.step(1)
        receiver.answers = [Answer(200)]
        assert each.step()
    assert len({got.headers["webhook-id"] for got in receiver.got}) == 1
    assert statuses(house) == [("delivered", 10, "HTTP 200")]


def test_what_is_refused_to_the_end_is_given_up_and_can_be_resumed(house: House, receiver: Receiver) -> None:
    house.take([stall()])
    receiver.answers = [Answer(500)]
    clock = SteppedClock(machine_now())
    with worker(house, clock) as each:
        for _ in range(12):
            each.step()
            clock.step(queue.DELAYS[-1])
    assert (len(receiver.got), statuses(house)) == (10, [("failed", 10, "HTTP 500")])
    receiver.answers = [Answer()]
    with house.acts() as acts:
        assert acts.resume_deliveries("globex") == 0
        assert acts.resume_deliveries("acme") == 1
    deliver(house)
    assert statuses(house) == [("delivered", 1, "HTTP 204")]


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_no_success_and_is_not_followed(house: House, receiver: Receiver, status: int) -> None:
    house.take([stall()])
    receiver.answers = [Answer(status, {"location": receiver.url.replace("hook", "elsewhere")})]
    deliver(house)
    assert ([got.path for got in receiver.got], statuses(house)) == (["/hook"], [("waiting", 1, f"HTTP {status}")])


@pytest.mark.parametrize("as_date", [False, True])
def test_a_receiver_that_is_too_busy_is_left_alone_as_long_as_it_says(
    house: House, receiver: Receiver, *, as_date: bool
) -> None:
    house.take([stall(), skipped()])
    clock = SteppedClock(machine_now())
    after = email.utils.format_datetime(datetime.fromtimestamp(clock.now() / SECOND + 90, UTC), usegmt=True)
    receiver.answers = [Answer(429, {"retry-after": after if as_date else "90"}), Answer()]
    with worker(house, clock) as each:
        while each.step():
            pass
        assert len(receiver.got) == 1
        clock.step(MINUTE)
        assert not each.step()
        clock.step(MINUTE)
        while each.step():
            pass
    assert sorted(got.payload["data"]["alert"]["alert"] for got in receiver.got) == [1, 1, 2]
    assert [status for status, *_ in statuses(house)] == ["delivered", "delivered"]


def test_a_receiver_that_is_gone_gets_nothing_more_until_resumed(house: House, receiver: Receiver) -> None:
    house.take([stall(), skipped()])
    receiver.answers = [Answer(410), Answer()]
    deliver(house)
    house.take([ended(stall(), 2)])
    deliver(house)
    assert len(receiver.got) == 1
    assert [status for status, *_ in statuses(house)] == ["gone", "gone"]
    with house.acts() as acts:
        assert acts.resume_deliveries("acme") == 2
    house.take([withdrawn(skipped(), 2)])
    deliver(house)
    assert [got.payload["type"] for got in receiver.got[1:]] == ["alert.opened", "alert.opened", "alert.withdrawn"]


def test_a_receiver_that_dies_and_comes_back_gets_everything_in_order(house: House) -> None:
    receiver = Receiver()
    with receiver.listening():
        house.webhook_url = receiver.url
    house.take([stall()])
    clock = SteppedClock(machine_now())
    deliver(house, clock)
    house.take([withdrawn(stall(), 2)], [stall(3)])
    assert [status for status, *_ in statuses(house)] == ["waiting"] * 3
    assert "ConnectError" in statuses(house)[0][2]
    with receiver.listening():
        deliver(house, clock)
        assert receiver.got == []  # the first keeps its schedule, and the later ones of the alert their place
        clock.step(5 * SECOND)
        deliver(house, clock)
    assert [got.payload["type"] for got in receiver.got] == ["alert.opened", "alert.withdrawn", "alert.reopened"]


def test_a_receiver_that_hangs_slows_no_alert(house: House, receiver: Receiver) -> None:
    hang = threading.Event()
    receiver.answers = [Answer(200, wait=hang), Answer()]
    house.take([stall()])
    with worker(house) as each:
        thread = threading.Thread(target=each.run)
        thread.start()
        try:
            while not receiver.got:
                each.stopped.wait(0.01)
            house.take([skipped()])
            assert len(house.alerts()) == 2
            assert [status for status, *_ in statuses(house)] == ["waiting", "waiting"]
            hang.set()
            while [status for status, *_ in statuses(house)] != ["delivered", "delivered"]:
                each.stopped.wait(0.02)
        finally:
            hang.set()
            each.stopped.set()
            thread.join()


def test_a_crash_after_sending_sends_again_with_the_same_id(house: House, receiver: Receiver) -> None:
    house.take([stall()])
    with house.database() as db, closing(WebhookSender(receiver.url, SECRET, private=True)) as sender:
        batch = queue.due(db, "webhook", machine_now())
        assert len(batch) == 1
        assert sender.send(batch).result == "delivered"  # and dies before it can say so
    deliver(house)
    assert len({got.headers["webhook-id"] for got in receiver.got}) == 1
    assert len(receiver.got) == 2


def test_a_private_address_gets_nothing_unless_allowed(house: House, receiver: Receiver) -> None:
    house.take([stall()])
    with worker(house, private=False) as each:
        each.step()
    assert receiver.got == []
    assert statuses(house) == [
        ("waiting", 1, "127.0.0.1 is 127.0.0.1, inside the house: messages go to public addresses only")
    ]


def test_a_payload_stays_below_20_kb_whatever_the_proof(house: House, receiver: Receiver) -> None:
    house.take([stall(proof=[proof(f"Import Failed {'x' * 2000}", day) for day in range(2000)])])
    deliver(house)
    [got] = receiver.got
    shown = got.payload["data"]["alert"]
    assert len(got.body) <= 20_000
    assert (shown["shortened"], [each["event_id"][-4:] for each in shown["proof"]]) == (
        True,
        ["1997", "1998", "1999"],
    )


def test_a_payload_that_cannot_be_shortened_still_names_the_alert(house: House, receiver: Receiver) -> None:
    house.take([stall(text="x" * 30_000)])
    deliver(house)
    assert receiver.got[0].payload["data"]["alert"] == {"alert": 1, "status": "open", "shortened": True}


def test_nothing_that_is_logged_or_stored_holds_the_secret(house: House, receiver: Receiver) -> None:
    receiver.answers = [Answer(500)]
    house.take([stall()])
    with structlog.testing.capture_logs() as logs:
        deliver(house)
    assert logs
    stored = b"".join(path.read_bytes() for path in house.folder.iterdir())
    assert SECRET not in json.dumps(logs)
    assert SECRET.encode() not in stored


@pytest.mark.parametrize(
    ("url", "secret", "wrong"),
    [
        ("https://example.com/hook", "", "WAYPOST_WEBHOOK_SECRET is missing"),
        ("https://example.com/hook", "whsec_!", "WAYPOST_WEBHOOK_SECRET is no whsec_"),
        ("https://example.com/hook", "whsec_c2hvcnQ=", "WAYPOST_WEBHOOK_SECRET is no whsec_"),
        ("https://example.com/hook", SECRET[6:], "WAYPOST_WEBHOOK_SECRET is no whsec_"),
        ("ftp://example.com/hook", SECRET, "WAYPOST_WEBHOOK_URL: the address must begin with https:// or http://"),
        (
            "https://ana:pw@example.com/hook",
            SECRET,
            "WAYPOST_WEBHOOK_URL: the address must hold no user name or password",
        ),
        ("https://example.com:99999/hook", SECRET, "WAYPOST_WEBHOOK_URL: the address is no URL"),
        ("https://ana:s3cr/et@example.com/hook", SECRET, "the address is no URL"),
        ("https://example.com/hook\x7f", SECRET, "all of them visible"),
        (f"https://example.com/{'x' * 2000}", SECRET, "at most 2000 characters"),
    ],
)
def test_settings_that_cannot_work_are_said_and_hold_no_secret(house: House, url: str, secret: str, wrong: str) -> None:
    settings = house.settings.model_copy(update={"webhook_url": url, "webhook_secret": secret})
    found = channels(settings)["webhook"]
    assert found.sender is None
    assert wrong in found.wrong
    assert "s3cr" not in found.wrong


def test_deliveries_of_two_tenants_say_whose_they_are(house: House, receiver: Receiver) -> None:
    house.take([stall(), stall(tenant="globex", customer=2)])
    deliver(house)
    assert [got.payload["tenant"] for got in receiver.got] == ["acme", "globex"]


def test_a_receiver_whose_name_is_not_found_is_tried_again(house: House) -> None:
    house.webhook_url = "http://no-such-host.invalid/hook"
    house.take([stall()])
    deliver(house)
    [(status, attempt, said)] = statuses(house)
    assert (status, attempt, "name is not found" in said) == ("waiting", 1, True)


def test_a_database_that_fails_for_a_while_loses_no_webhook(house: House, receiver: Receiver) -> None:
    house.take([stall()])
    failing = Failing.of(house.folder / "alerts.db")
    with closing(WebhookSender(receiver.url, SECRET, private=True)) as sender:
        each = Worker(failing, listeners(house.settings)[0], sender.send)
        thread = threading.Thread(target=each.run)
        thread.start()
        try:
            while not each.wrong:
                each.stopped.wait(0.01)
            assert each.wrong == "waiting: database or disk is full"
            failing.fails = False
            while [status for status, *_ in statuses(house)] != ["delivered"]:
                each.stopped.wait(0.02)
        finally:
            each.stopped.set()
            thread.join()
    assert [got.payload["type"] for got in receiver.got] == ["alert.opened"]
