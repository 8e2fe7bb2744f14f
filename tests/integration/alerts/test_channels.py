"""Each channel on its own: how it fares, what a trial says, and that a dead one slows nothing."""

import base64
import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
import structlog
from fastapi.testclient import TestClient

from migrations import run as migrations
from services.alerts.app import create_app
from services.alerts.delivery import queue, states
from services.alerts.delivery.channel import Outcome
from services.alerts.delivery.wiring import listeners, shown_target, target_of
from services.alerts.delivery.worker import Worker
from shared.auth import StoredKey, hash_key, write_snapshot
from shared.clock import SECOND, SteppedClock, machine_now
from shared.database import connect
from shared.settings import Settings
from tests.integration.alerts.house import House
from tests.integration.alerts.receiver import SECRET, Answer, Receiver
from tests.integration.alerts.smtp_server import MailServer
from tests.integration.alerts.test_api import Caller, until
from tests.servers.ports import free_ports
from tests.unit.alerts.facts import stall


@contextmanager
def serving(house: House, **more: object) -> Iterator[Caller]:
    """Run the service with its threads."""
    keys = [StoredKey("acme", hash_key("acme"), "admin", "test"), StoredKey("acme", hash_key("read"), "read", "test")]
    write_snapshot(house.folder, keys)
    settings = house.settings.model_copy(update={"webhook_private": True, "webhook_secret": SECRET} | more)
    with TestClient(create_app(settings, house.clock)) as client:
        yield Caller(client, "acme")


def channel(caller: Caller, name: str) -> dict[str, Any]:
    found: list[dict[str, Any]] = caller.get("/v1/channels")
    return next(each for each in found if each["channel"] == name)


def test_channels_that_are_not_set_are_off_and_name_their_setting(house: House) -> None:
    with serving(house) as caller:
        assert [(each["channel"], each["setting"], each["state"]) for each in caller.get("/v1/channels")] == [
            ("slack", "WAYPOST_SLACK_WEBHOOK_URL", "off"),
            ("mail", "WAYPOST_SMTP_URL", "off"),
            ("webhook", "WAYPOST_WEBHOOK_URL", "off"),
        ]


@pytest.mark.parametrize("dead", ["refused", "hanging"])
def test_a_dead_channel_slows_neither_alerts_nor_other_channels(house: House, dead: str) -> None:
    hang = threading.Event()
    mail, slack, hook = MailServer(), Receiver(), Receiver(answers=[Answer(wait=hang)])
    with mail.listening(), slack.listening(), hook.listening():
        house.smtp_url, house.slack_webhook_url = mail.url(), slack.url
        house.webhook_url = hook.url if dead == "hanging" else f"http://127.0.0.1:{free_ports(1)}/hook"
        with serving(house) as caller:
            if dead == "hanging":
                house.write(stall(customer=9))
                until(lambda: hook.got, bool)
            house.write(stall(), stall(customer=2))
            until(house.alerts, lambda found: len(found) >= 2)
            wanted = 3 if dead == "hanging" else 2
            until(lambda: (len(slack.got), len(mail.got)), lambda got: got == (wanted, wanted))
            tried = [
                each["attempt"] for each in caller.get("/v1/deliveries")["deliveries"] if each["channel"] == "webhook"
            ]
            assert dead == "refused" or set(tried) == {0}  # the others were told before its first attempt has ended
            assert channel(caller, "mail")["state"] == channel(caller, "slack")["state"] == "ok"
            assert channel(caller, "webhook")["waiting"] == wanted
            hang.set()


def worker(house: House, db: sqlite3.Connection, clock: SteppedClock, outcomes: list[str]) -> Worker:
    """Return a worker of Slack whose receiver says one thing after the other, the last for ever."""

    def send(_: object) -> Outcome:
        said = outcomes.pop(0) if len(outcomes) > 1 else outcomes[0]
        return Outcome("delivered" if said == "ok" else "unreachable", said)

    return Worker(db, listeners(house.settings)[0], send, clock.now)


def test_after_three_failures_a_channel_is_left_in_peace_and_gets_all_that_waits_when_it_works(house: House) -> None:
    house.slack_webhook_url = "https://hooks.example.com/secret"
    house.take([stall(customer=n) for n in range(1, 6)])
    clock, outcomes = SteppedClock(machine_now()), ["no"] * 4 + ["ok"]
    with closing(connect(house.folder / "alerts.db")) as db:
        each = worker(house, db, clock, outcomes)
        attempts = 0
        while each.step():
            attempts += 1
        assert attempts == 3
        listener = listeners(house.settings)[0]
        assert states.load(db, listener).state(clock.now()) == "open"
        again = worker(house, db, clock, outcomes)  # the process was started anew: it remembers
        assert not again.step()
        clock.step(10 * SECOND)
        assert again.step()  # the one attempt that decides: it fails
        assert not again.step()
        clock.step(30 * SECOND)
        while again.step():
            pass
        assert states.load(db, listener).state(clock.now()) == "closed"
        assert queue.waiting(db) == 0  # though their own next attempts lay minutes ahead


def test_a_receiver_that_is_gone_gets_nothing_and_another_one_begins_anew(house: House) -> None:
    house.slack_webhook_url = "https://hooks.example.com/secret"
    house.take([stall()])
    clock = SteppedClock(machine_now())
    with closing(connect(house.folder / "alerts.db")) as db:
        each = Worker(db, listeners(house.settings)[0], lambda _: Outcome("gone", "HTTP 410"), clock.now)
        assert each.step()
        house.take([stall(customer=2)])
        assert [row[0] for row in db.execute("SELECT status FROM deliveries")] == ["gone"]
        house.slack_webhook_url = "https://hooks.example.com/other"
        house.take([stall(customer=3)])
        assert queue.waiting(db, "slack") == 1
        assert states.load(db, listeners(house.settings)[0]).state(clock.now()) == "closed"


def test_what_was_given_up_is_resumed_on_channels_that_are_set(house: House) -> None:
    house.slack_webhook_url, house.webhook_url = "https://hooks.example.com/secret", "https://example.com/hook"
    house.take([stall(), stall(tenant="globex", customer=2)])
    house.webhook_url = ""
    with closing(connect(house.folder / "alerts.db")) as db, house.acts() as acts:
        db.execute("UPDATE deliveries SET status = 'failed'")
        assert acts.resume_deliveries("acme") == 1
        found = db.execute("SELECT tenant, channel FROM deliveries WHERE status = 'waiting'").fetchall()
    assert found == [("acme", "slack")]


def test_a_tenant_that_resumes_lets_one_of_its_messages_try_and_hurries_no_other_tenant(house: House) -> None:
    house.webhook_url = "https://example.com/hook"
    house.take([stall(tenant="globex", customer=n) for n in (1, 2)], [stall(customer=n) for n in (3, 4)])
    clock = SteppedClock(machine_now())
    with closing(connect(house.folder / "alerts.db")) as db, house.acts() as acts:
        each = worker(house, db, clock, ["no"])
        while each.step():
            pass
        for resumed in (1, 2):
            clock.step(SECOND)
            acts.resume_deliveries("acme")
            assert each.step()
            assert not each.step()  # it failed: the receiver is left in peace again
            attempts = dict(db.execute("SELECT tenant, sum(attempt) FROM deliveries GROUP BY tenant").fetchall())
            assert attempts == {"globex": 2, "acme": 1 + resumed}


def test_a_message_that_cannot_be_made_costs_itself_and_not_the_thread(house: House) -> None:
    house.slack_webhook_url = "https://hooks.example.com/secret"
    house.take([stall()])

    def broken(_: object) -> Outcome:
        raise ZeroDivisionError

    with closing(connect(house.folder / "alerts.db")) as db, structlog.testing.capture_logs() as logs:
        assert Worker(db, listeners(house.settings)[0], broken).step()
        [row] = db.execute("SELECT status, said FROM deliveries")
    assert row == ("waiting", "Waypost failed to make it: ZeroDivisionError")
    assert logs[0]["event"] == "message could not be made"


def test_a_trial_says_what_came_back_on_every_channel_that_is_set(house: House) -> None:
    mail, slack = MailServer(answers={"RCPT": "550 nobody here"}), Receiver()
    with mail.listening(), slack.listening():
        house.smtp_url, house.slack_webhook_url = mail.url(), slack.url
        house.webhook_url = f"http://127.0.0.1:{free_ports(1)}/hook"
        with serving(house) as caller:
            results = caller.post("/v1/channels/test")["results"]
            assert [(each["channel"], each["ok"]) for each in results] == [
                ("slack", True),
                ("mail", False),
                ("webhook", False),
            ]
            assert results[1]["said"] == "SMTP 550: nobody here"
            assert results[2]["said"].startswith("ConnectError")
            assert "Nothing listens there: check host and port in WAYPOST_WEBHOOK_URL" in results[2]["todo"]
            assert channel(caller, "slack")["last_delivered_at"]
    assert slack.got[0].slack[0] == "Waypost: this channel works"


@pytest.mark.parametrize(
    ("answer", "said", "todo"),
    [
        (Answer(404, body=b"no_service"), "HTTP 404 no_service", "check WAYPOST_SLACK_WEBHOOK_URL, letter by letter"),
        (Answer(403, body=b"<html>secret"), "HTTP 403", "check WAYPOST_SLACK_WEBHOOK_URL"),
        (Answer(410, body=b"channel_is_archived"), "HTTP 410 channel_is_archived: the receiver", "new address"),
        (Answer(429, {"retry-after": "30"}), "HTTP 429", "tries again by itself"),
        (Answer(500), "HTTP 500", "ask whoever runs it"),
        (Answer(302, {"location": "http://127.0.0.1/"}), "HTTP 302", "refuses this address"),
    ],
)
def test_what_slack_answers_is_said_with_what_to_do(house: House, answer: Answer, said: str, todo: str) -> None:
    slack = Receiver(answers=[answer])
    with slack.listening():
        house.slack_webhook_url = slack.url
        with serving(house) as caller:
            [result] = caller.post("/v1/channels/test", {"channel": "slack"})["results"]
            fares = channel(caller, "slack")
    assert (result["ok"], result["said"].startswith(said), todo in result["todo"]) == (False, True, True)
    assert fares["state"] == ("broken" if fares["retry_at"] and "429" in said else "failing")
    assert (fares["said"].startswith(said), fares["last_delivered_at"]) == (True, None)


def test_a_trial_of_a_channel_that_is_not_set_or_wrong_says_which_setting(house: House) -> None:
    house.smtp_url = "smtp://me:s3cret@mail.example.com"
    with serving(house) as caller:
        slack, mail = (caller.post("/v1/channels/test", {"channel": name})["results"][0] for name in ("slack", "mail"))
        assert slack["todo"] == "Set WAYPOST_SLACK_WEBHOOK_URL and start Waypost again."
        assert mail["said"].startswith("WAYPOST_SMTP_URL names nobody in to=.")
        assert channel(caller, "mail")["state"] == "broken"
        assert "channel" in caller.post("/v1/channels/test", {"channel": "pigeon"}, 422)["message"]


def test_a_successful_trial_sends_what_waits(house: House) -> None:
    slack = Receiver()
    with slack.listening():
        house.slack_webhook_url = slack.url
    house.take([stall()])
    with serving(house) as caller:
        until(lambda: channel(caller, "slack"), lambda found: found["said"].startswith("ConnectError"))
        with slack.listening():
            assert caller.post("/v1/channels/test")["results"][0]["ok"]
            until(lambda: channel(caller, "slack")["waiting"], lambda waiting: waiting == 0)
            assert len(slack.got) == 2
            assert channel(caller, "slack") | {"last_delivered_at": None, "said": ""} == {
                "channel": "slack",
                "configured": True,
                "setting": "WAYPOST_SLACK_WEBHOOK_URL",
                "state": "ok",
                "breaker": "closed",
                "retry_at": None,
                "waiting": 0,
                "last_delivered_at": None,
                "said": "",
            }


def test_only_an_admin_may_try_and_readers_may_look(house: House) -> None:
    with serving(house) as caller:
        reader = Caller(caller.client, "read")
        assert reader.post("/v1/channels/test", None, 403)["code"] == "forbidden"
        assert len(reader.get("/v1/channels")) == 3


def test_no_secret_is_logged_stored_or_shown(house: House) -> None:
    mail, slack = MailServer(password="other"), Receiver(answers=[Answer(500, body=b"T000-SECRET")])
    with mail.listening(), slack.listening():
        house.slack_webhook_url = f"http://127.0.0.1:{slack.port}/T000-SECRET"
        house.smtp_url = mail.url("&tls=off", user="me:PASS-SECRET")
        with structlog.testing.capture_logs() as logs, serving(house) as caller:
            house.write(stall())
            until(lambda: [channel(caller, n)["said"] for n in ("slack", "mail")], all)
            shown = [
                caller.text(path) for path in ("/v1/channels", "/v1/deliveries", "/v1/status", "/readyz", "/metrics")
            ]
            shown.append(json.dumps(caller.post("/v1/channels/test")))
    shown.append(json.dumps(logs, default=repr))
    stored = b"".join(path.read_bytes() for path in house.folder.iterdir())
    assert [log["event"] for log in logs].count("not delivered") >= 2
    assert not any("SECRET" in text for text in shown)
    assert b"SECRET" not in stored


def test_a_receiver_that_echoes_gets_no_secret_said(house: House) -> None:
    password = base64.b64encode(b"\0me\0PASS-SECRET").decode()
    mail = MailServer(password="other", answers={"AUTH": f"500 what is PLAIN {password}?"})
    slack = Receiver(answers=[Answer(echoes=True)])
    with mail.listening(), slack.listening():
        house.slack_webhook_url = f"http://127.0.0.1:{slack.port}/T000-SECRET"
        house.smtp_url = mail.url("&tls=off", user="me:PASS-SECRET")
        with serving(house) as caller:
            said = {each["channel"]: each["said"] for each in caller.post("/v1/channels/test")["results"]}
    assert said == {
        "slack": "RemoteProtocolError: the receiver answers no HTTP, or only half of it",
        "mail": "SMTP 500: what is PLAIN …?",
    }


def test_a_receiver_is_named_by_its_host_alone() -> None:
    assert target_of("https://hooks.slack.com/services/T0/B0/x").startswith("https://hooks.slack.com#")
    assert target_of("smtp://me:pw@mail.example.com:587?to=a@b.example").startswith("smtp://mail.example.com#")
    assert target_of("http://[::1").startswith("?#")
    assert target_of("http://[::1]:99/x").startswith("http://[::1]#")


@pytest.mark.parametrize(
    ("target", "shown"),
    [
        (target_of("https://hooks.example.com/SECRET"), "https://hooks.example.com"),
        (target_of("http://[::1]:99/SECRET"), "http://[::1]"),
        (target_of("http://[::1"), "?"),
        ("https://hooks.example.com/SECRET", "https://hooks.example.com"),
        ("https://me:SECRET@hooks.example.com?key=SECRET", "https://hooks.example.com"),
    ],
)
def test_of_a_target_its_host_is_shown_alone(target: str, shown: str) -> None:
    assert shown_target(target) == shown


def test_deliveries_of_several_channels_are_paged_without_losing_any(house: House) -> None:
    house.webhook_url = house.slack_webhook_url = "https://hooks.example.com/x"
    house.take([stall(customer=n) for n in range(1, 5)])
    keys = [StoredKey("acme", hash_key("acme"), "admin", "test")]
    write_snapshot(house.folder, keys)
    caller = Caller(TestClient(create_app(house.settings, house.clock)), "acme")
    seen: list[tuple[int, str]] = []
    after: str | None = ""
    while after is not None:
        page = caller.get("/v1/deliveries", limit=3, after=after)
        seen += [(each["trail"], each["channel"]) for each in page["deliveries"]]
        after = page["next"]
    assert seen == [(trail, name) for trail in (4, 3, 2, 1) for name in ("webhook", "slack")]
    assert caller.get("/v1/deliveries", 422, after="12")["code"] == "invalid"


def test_a_data_folder_of_before_keeps_its_webhooks(tmp_path: Path) -> None:
    path = tmp_path / "alerts.db"
    migrations.upgrade("alerts", path)
    migrations.downgrade("alerts", path, "0001")
    with closing(connect(path)) as db:
        db.execute(
            "INSERT INTO alerts VALUES (7, 'acme', 1, 'stall', 'kickoff', 'open', 'high', 1, 5, 'csm', 'f', ?, 1, 1,"
            " NULL, NULL)",
            (json.dumps({"ids": ["user:1"], "map": "m", "n": 1, "map_version": 1, "kind": "stalled", "reason": "x"}),),
        )
        db.execute("INSERT INTO alert_trail VALUES (1, 'acme', 7, 1, 'opened', '{}', '{}')")
        db.execute("INSERT INTO deliveries VALUES ('msg_1', 'acme', 1, 7, 'https://x/y', 2, 5, 'waiting', 'no', 5)")
        db.execute("INSERT INTO webhook_targets VALUES ('https://x/z', 1, 'HTTP 410')")
    migrations.upgrade("alerts", path)
    with closing(connect(path)) as db:
        assert [found.webhook_id for found in queue.due(db, "webhook", 9)] == ["msg_1"]
        assert db.execute("SELECT map FROM alerts").fetchall() == [("m",)]
        assert db.execute("SELECT tenant, id, alert_no FROM alert_ids").fetchall() == [("acme", "user:1", 7)]


def test_the_console_in_messages_is_the_one_that_is_set() -> None:
    assert Settings(console_url="https://way.example/").console == "https://way.example"
    assert Settings(host="::", port=9000).console == "http://[::1]:9000"
    with pytest.raises(ValueError, match="console_url"):
        Settings(console_url="https://way.example/<b>")
