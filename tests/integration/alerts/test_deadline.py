"""A receiver that drips its answer byte by byte is left at the deadline, on every channel and in every phase."""

import ssl
from typing import Literal

import pytest

from services.alerts.delivery.mail import MailSender
from services.alerts.delivery.slack import SlackSender
from services.alerts.delivery.webhook import WebhookSender
from tests.integration.alerts.receiver import SECRET, Answer, Receiver
from tests.integration.alerts.smtp_server import PASSWORD, MailServer
from tests.integration.alerts.test_mail import LOGIN

CONSOLE = "http://console.example"
ATTEMPT_S = 0.2
LATE = "TimeoutError: it did not end within 0.2 s"


@pytest.mark.parametrize("drips", ["headers", "body"])
@pytest.mark.parametrize("channel", ["slack", "webhook"])
def test_a_receiver_that_drips_its_answer_is_left(channel: str, drips: Literal["headers", "body"]) -> None:
    receiver = Receiver(answers=[Answer(500, drips=drips)])
    with receiver.listening():
        sender = (
            SlackSender(receiver.url, CONSOLE, private=True, attempt_s=ATTEMPT_S)
            if channel == "slack"
            else WebhookSender(receiver.url, SECRET, private=True, attempt_s=ATTEMPT_S)
        )
        outcome = sender.test()
        sender.close()
    assert (outcome.result, outcome.said) == ("unreachable", LATE)
    assert "Nothing answers in time" in outcome.todo
    assert len(receiver.got) == 1


@pytest.mark.parametrize("secure", [False, True])
@pytest.mark.parametrize("drips", ["GREETING", "EHLO", "AUTH", "MAIL", "DATA"])
def test_a_mail_server_that_drips_its_answer_is_left(
    contexts: tuple[ssl.SSLContext, ssl.SSLContext], drips: str, *, secure: bool
) -> None:
    server = MailServer(tls=contexts[0] if secure else None, password=PASSWORD, drips=drips)
    with server.listening():
        url = server.url("" if secure else "&tls=off", user=LOGIN)
        outcome = MailSender(url, CONSOLE, contexts[1], attempt_s=ATTEMPT_S).test()
    assert (outcome.result, outcome.said) == ("unreachable", LATE)
    assert "Nothing answers in time" in outcome.todo
    assert server.got == []


def test_a_mail_that_was_taken_is_delivered_however_slowly_the_server_says_good_bye() -> None:
    server = MailServer(drips="QUIT")
    with server.listening():
        outcome = MailSender(server.url(), CONSOLE, attempt_s=ATTEMPT_S).test()
    assert outcome.result == "delivered"
    assert len(server.got) == 1
