"""Texts of strangers are harmless in Slack and mail, wherever one can come from and whatever the message is of."""

import re

import pytest

from shared.clock import DAY
from shared.events import Because, Fact, NextStep, Proof
from tests.integration.alerts.house import House
from tests.integration.alerts.receiver import Receiver
from tests.integration.alerts.smtp_server import Mail, MailServer
from tests.integration.alerts.test_people import CONSOLE, deliver, found
from tests.unit.alerts.facts import at, stall, withdrawn

UNSEEN = "\u202e\u2066\u200f\r\x00\x1b"
HOSTILE = {
    "markup": '<script>alert(1)</script>&amp;<b>"x"</b>',
    "mentions": "<!channel> <@U123> <!here> @channel #general <http://evil.example|Acme>",
    "encoded header": "=?utf-8?q?Acme=0D=0ABcc:evil@evil.example=0D=0A=0D=0Abody?=",
    "two encoded headers": "=?utf-8?b?DQpCY2M6?= =?us-ascii?q?=0aX:y?=",
    "headers": "Acme\r\nBcc: evil@evil.example\r\n\r\nbody",
    "long": "x" * 10_000,
    "long and hostile": "<&>" * 3_334,
    "right to left": "\u05d0\u05d1\u05d2 Acme \u0627\u0644\u0639",
    "turned": "\u202egpj.exe\u2066\u200f",
    "formula": '=HYPERLINK("http://evil.example","x")',
    "control": "\x00\x1b[31mred\x07\ud7ff",
    "mrkdwn": "*bold* _it_ ~no~ `code` ```block",
    "only spaces": " \u3000 ",
    "emoji and accents": "Zo\u0308e \U0001f469\u200d\U0001f680 \u65e5\u672c",
}


def of_strangers(text: str, customer: int) -> Fact:
    """Return a fact with a text wherever a fact has one of strangers."""
    return stall(
        customer=customer,
        name=text,
        ids=[f"user:{text}", f"anonymous:{text}"],
        text=text,
        owner=text,
        map=text,
        next=NextStep(text, text, text, text),
        proof=[Proof(event_id=text, source=text, event=text, occurred_at=at(12))],
    )


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_texts_of_strangers_are_harmless_in_slack_and_mail(
    house: House, slack: Receiver, mail: MailServer, text: str
) -> None:
    to, given = found(house), of_strangers(text, 1)
    house.take([given])
    deliver(house, to=to)
    with house.acts() as acts:
        acts.snooze("acme", 1, at(41), {"by": text, "reason": text})
    house.clock.step(2 * DAY)
    house.read()  # it wakes, and says who had let it wait
    deliver(house, to=to)
    house.take([withdrawn(given, 2, Because(late=given.proof[0]))])
    deliver(house, to=to)
    house.take([of_strangers(text, customer) for customer in range(2, 14)])  # so many are a digest
    deliver(house, to=to)
    assert [len(slack.got), len(mail.got)] == [4, 4]
    for post in slack.got:
        texts = "\n".join(post.slack)  # which checks that nobody is called and nothing poses as a link
        assert all(link.startswith(CONSOLE) for link in re.findall(r"\]\((https?:[^)]*)\)", texts))
        assert not any(char in texts for char in UNSEEN)
    for letter in mail.got:
        check_mail(letter)


def check_mail(letter: Mail) -> None:
    message = letter.message
    assert letter.to == ["team@ours.example"]
    assert set(message.keys()) == {
        "Subject",
        "From",
        "To",
        "Date",
        "Message-ID",
        "Auto-Submitted",
        "MIME-Version",
        "Content-Type",
    }
    assert len(message["subject"]) <= 300
    assert all(len(line) <= 998 for line in letter.raw.splitlines())
    for kind in ("plain", "html"):
        assert not any(char in letter.text(kind) for char in UNSEEN)
    words = letter.text("html")
    for tag in ("<script", '<b>"x', "<!channel", "<@U", "<http"):
        assert tag not in words


def test_a_name_written_from_the_right_is_set_apart(house: House, slack: Receiver) -> None:
    house.take([stall(name="\u05d0\u05d1\u05d2")])
    deliver(house)
    assert slack.got[0].slack[0].startswith("Medium: \u2068\u05d0\u05d1\u05d2\u2069: Waits for")


@pytest.mark.parametrize(
    ("name", "ids", "said"),
    [(" \u3000 ", ["user:7"], "user:7"), ("", ["\u202e"], "customer 1"), ("\x00", [], "customer 1")],
)
def test_who_cannot_be_seen_is_named_otherwise(
    house: House, slack: Receiver, name: str, ids: list[str], said: str
) -> None:
    house.take([stall(name=name, ids=ids)])
    deliver(house)
    assert slack.got[0].slack[0].startswith(f"Medium: {said}: Waits for")
    assert slack.got[0].slack[2] == f"*Customer*\n{said}, on onboarding"
