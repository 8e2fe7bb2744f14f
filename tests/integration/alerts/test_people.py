"""What people read in Slack and mail, when they are told and when they are left in peace."""

from collections.abc import Sequence
from contextlib import closing

import pytest

from services.alerts.delivery.channel import Channel
from services.alerts.delivery.pace import Pace
from services.alerts.delivery.slack import SlackSender
from services.alerts.delivery.wiring import channels
from services.alerts.delivery.worker import Worker
from shared.clock import DAY, MINUTE, SECOND, SteppedClock, machine_now
from shared.database import connect
from shared.events import Because, Fact, NextStep
from tests.integration.alerts.house import House
from tests.integration.alerts.receiver import Receiver
from tests.integration.alerts.smtp_server import MailServer
from tests.unit.alerts.facts import again, at, ended, proof, skipped, stall, withdrawn

CONSOLE = "http://127.0.0.1:8700"


def found(house: House) -> list[Channel]:
    settings = house.settings.model_copy(update={"webhook_private": True})
    return list(channels(settings).values())


def deliver(house: House, clock: SteppedClock | None = None, to: Sequence[Channel] = ()) -> None:
    """Let every channel deliver what is due, those of the house unless told otherwise."""
    for channel in to or found(house):
        assert channel.sender, channel.wrong
        with closing(connect(house.folder / "alerts.db")) as db:
            worker = Worker(db, channel.listener, channel.sender.send, clock.now if clock else machine_now)
            while worker.step():
                pass


def fates(house: House) -> list[str]:
    with house.database() as db:
        return [status for (status,) in db.execute("SELECT status FROM deliveries ORDER BY trail_no, channel")]


def late(day: float) -> Fact:
    numbers = {"enabled_at": at(33), "due_at": at(36), "threshold": 3 * DAY, "threshold_level": "designed"}
    return stall(
        name="Acme GmbH",
        ids=["user:42", "crm:7"],
        numbers=numbers,
        as_of=at(day),
        text="Has waited for Kickoff longer than the 3 days planned.",
        next=NextStep("kickoff-call", "the first step that is missing", "csm"),
        proof=[proof("Contract Signed", 33)],
    )


def test_slack_says_who_what_why_now_whose_move_with_proof_and_a_link(house: House, slack: Receiver) -> None:
    house.take([late(36)])
    deliver(house)
    [got] = slack.got
    assert got.slack == [
        "Medium: Acme GmbH: Has waited for Kickoff longer than the 3 days planned.",
        "*Medium: Acme GmbH: Has waited for Kickoff longer than the 3 days planned.*",
        "*Customer*\nAcme GmbH (user:42, crm:7), on onboarding",
        "*What happened*\nHas waited for Kickoff longer than the 3 days planned.",
        "*Why now*\nWaiting since 17 Dec 2023 22:13 UTC, 7 d; 3 d are planned.",
        "*Next*\nKickoff call: the first step that is missing. The move is csm's.",
        "*Proof*\nContract Signed (app, 17 Dec 2023 22:13 UTC).",
        f"[Open it in Waypost]({CONSOLE}/inbox/1)",
    ]


def test_mail_says_the_same_in_plain_text_and_in_html(house: House, mail: MailServer) -> None:
    house.take([late(36)])
    deliver(house)
    [got] = mail.got
    assert got.message["subject"] == "Medium: Acme GmbH: Has waited for Kickoff longer than the 3 days planned."
    assert got.text().split("\n\n")[1:] == [
        "Customer: Acme GmbH (user:42, crm:7), on onboarding",
        "What happened: Has waited for Kickoff longer than the 3 days planned.",
        "Why now: Waiting since 17 Dec 2023 22:13 UTC, 7 d; 3 d are planned.",
        "Next: Kickoff call: the first step that is missing. The move is csm's.",
        "Proof: Contract Signed (app, 17 Dec 2023 22:13 UTC).",
        f"Open it in Waypost: {CONSOLE}/inbox/1\n",
    ]
    assert f'<a href="{CONSOLE}/inbox/1">' in got.text("html")
    with house.database() as db:
        [(first,)] = db.execute("SELECT webhook_id FROM deliveries")
    assert got.message["message-id"] == f"<{first}@ours.example>"  # the same over all attempts


def test_what_is_over_before_anybody_was_told_is_skipped(house: House, slack: Receiver) -> None:
    house.take([stall()], [ended(stall(), 2)])
    deliver(house)
    assert (fates(house), slack.got) == (["skipped"] * 2, [])


def test_people_are_told_what_wants_them_and_that_it_is_over(house: House, slack: Receiver) -> None:
    house.take([stall(), skipped()])
    deliver(house)
    with house.acts() as acts:
        acts.acknowledge("acme", 1, "ana")
        acts.resolve("acme", 2, "ana", "waived")
    deliver(house)
    house.take([ended(stall(), 2)])
    deliver(house)
    house.take([stall(3)])
    deliver(house)
    house.take([withdrawn(stall(), 4, Because(late=proof("Kickoff Held")))])
    deliver(house)
    assert [got.slack[0].partition(":")[0] for got in slack.got] == ["Medium", "High", "Over", "Medium", "Over"]
    assert slack.got[2].slack[2] == "The customer has moved on, or the journey has ended. Nothing is left to do."
    assert slack.got[3].slack[5] == "*Told again*\nIt had ended, and is true again."
    assert slack.got[4].slack[2] == (
        "It was never true; a late touchpoint shows it: Kickoff Held. Nothing is to be done."
    )


def test_a_snoozed_alert_is_told_when_it_wakes_and_ends_in_silence_before(house: House, slack: Receiver) -> None:
    house.take([stall(), skipped()])
    with house.acts() as acts:
        for number in (1, 2):
            acts.snooze("acme", number, at(41), {"by": "ana", "reason": "they asked for a week"})
    deliver(house)
    assert slack.got == []  # somebody saw them before anybody was told
    house.take([ended(skipped(), 2)])
    house.clock.step(2 * DAY)
    house.read()
    deliver(house)
    [got] = slack.got
    assert got.slack[5] == "*Told again*\nana had let it wait until now: they asked for a week"


def test_what_ends_while_it_is_snoozed_ends_in_silence_though_people_know_it(house: House, slack: Receiver) -> None:
    house.take([stall()])
    deliver(house)
    with house.acts() as acts:
        acts.snooze("acme", 1, at(41), {"by": "ana", "reason": ""})
    house.take([stall(2, level="beyond")], [ended(stall(), 3)])
    deliver(house)
    assert len(slack.got) == 1


def test_what_is_over_before_it_has_stood_a_while_is_told_to_nobody(house: House, slack: Receiver) -> None:
    house.tell_after_s = 15.0
    clock = SteppedClock(machine_now())
    house.take([stall(), skipped()], [ended(stall(), 2)])  # the next request of a backlog brought what was missing
    deliver(house, clock)
    assert slack.got == []
    clock.step(16 * SECOND)
    deliver(house, clock)
    assert [got.slack[0].partition(":")[0] for got in slack.got] == ["High"]
    assert sorted(fates(house)) == ["delivered", "skipped", "skipped"]


def test_programs_hear_of_a_change_at_once(house: House) -> None:
    house.tell_after_s = 15.0
    house.webhook_url = "http://127.0.0.1:9/hook"
    house.take([stall()])
    with house.database() as db:
        [(due,)] = db.execute("SELECT next_try <= ? FROM deliveries", (machine_now(),))
    assert due


def test_below_the_severity_that_is_set_people_are_left_in_peace_until_it_becomes_louder(
    house: House, slack: Receiver
) -> None:
    house.tell_from = "high"
    house.take([stall()], [ended(stall(), 2)])
    deliver(house)
    assert fates(house) == []
    house.take([stall(3)], [stall(4, level="beyond")], [stall(5, level="beyond", as_of=at(34))])
    deliver(house)
    house.take([ended(stall(), 6)])
    deliver(house)
    assert [got.slack[0].partition(":")[0] for got in slack.got] == ["High", "Over"]


def test_an_import_of_thousands_is_one_message_that_counts_and_names_ten(
    house: House, slack: Receiver, mail: MailServer
) -> None:
    house.webhook_url = "http://127.0.0.1:9/hook"  # of programs: each change on its own, later
    many = 5_000
    house.take(
        [
            stall(customer=n, severity="critical" if n in {7, 4_999} else "", as_of=at(33 + n / 10_000), name=f"N{n}")
            for n in range(1, many + 1)
        ]
    )
    clock = SteppedClock(machine_now())
    house.webhook_url = ""
    deliver(house, clock)
    assert [len(slack.got), len(mail.got)] == [1, 1]
    texts = slack.got[0].slack
    assert texts[0] == "5000 alerts want attention: 2 critical, 4998 medium"
    assert [text.partition("\n")[2].partition(":")[0] for text in texts[2:12]] == [
        "N7", "N4999", "N1", "N2", "N3", "N4", "N5", "N6", "N8", "N9",
    ]  # fmt: skip
    assert texts[12:] == [
        "And 4990 more: the inbox has them, the loudest first.",
        f"[Open the inbox]({CONSOLE}/inbox)",
    ]
    assert mail.got[0].message["subject"] == texts[0]
    assert set(fates(house)) == {"delivered", "waiting"}
    house.take([ended(stall(customer=n, name=f"N{n}"), 2) for n in range(1, 31)])
    clock.step(MINUTE)
    deliver(house, clock)
    assert [len(slack.got), len(mail.got)] == [2, 2]
    assert slack.got[1].slack == [
        "30 are over",
        "*30 are over*",
        "30 are over.",
        f"[Open the inbox]({CONSOLE}/inbox)",
    ]


def test_a_digest_names_an_alert_once_whatever_happened_to_it_meanwhile(house: House, slack: Receiver) -> None:
    first = stall(name="N1")
    house.take([first, *(stall(customer=n, name=f"N{n}") for n in range(2, 13))], [ended(first, 2)], [again(first, 3)])
    clock = SteppedClock(machine_now())
    deliver(house, clock)
    [digest] = slack.got
    assert digest.slack[0] == "12 alerts want attention: 12 medium"
    assert sum("N1:" in text for text in digest.slack) == 1
    clock.step(MINUTE)
    deliver(house, clock)
    assert [got.slack[0].partition(":")[0] for got in slack.got[1:]] == ["Over", "Medium"]


@pytest.mark.parametrize(
    ("waiting", "messages"),
    [
        ([(0, 1)], [1]),
        ([(0, 10)], [1] * 10),
        ([(0, 11)], [11]),
        ([(0, 10), (1, 5), (61, 5)], [1] * 10 + [0] + [1] * 5),
        ([(0, 5_000), (30, 3), (61, 3)], [5_000, 0, 1, 1, 1]),
        ([(0, 5_000), (30, 300), (61, 300)], [5_000, 0, 300]),
    ],
)
def test_ten_messages_a_minute_then_one_digest(waiting: list[tuple[int, int]], messages: list[int]) -> None:
    pace, sent = Pace(), []
    for second, count in waiting:
        left = count
        while left:
            took = pace.take(left, second * SECOND)
            sent.append(took)
            if not took:
                break
            pace.told(took, second * SECOND)
            left -= took
    assert sent == messages
    assert pace.take(1, 10 * MINUTE) == 1


def test_slack_over_plain_http_needs_leave() -> None:
    with pytest.raises(Exception, match="begins with https://"):
        SlackSender("http://hooks.example.com/x", CONSOLE, private=False)
