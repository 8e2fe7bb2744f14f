"""Mail through a real server: what it says to whom, how it is kept safe, and what comes back when it fails."""

import ssl
import threading
from collections.abc import Iterator, Sequence
from urllib.parse import quote

import pytest

from services.alerts.delivery.channel import Delivery, Outcome, WrongSettingError
from services.alerts.delivery.mail import SETTING, MailSender, id_of
from services.alerts.delivery.smtp_url import read_smtp_url
from tests.integration.alerts.smtp_server import PASSWORD, USER, MailServer
from tests.servers.ports import free_ports

CONSOLE = "http://console.example"
LOGIN = f"{USER}:{quote(PASSWORD, safe='')}"


@pytest.fixture
def server(contexts: tuple[ssl.SSLContext, ssl.SSLContext]) -> Iterator[MailServer]:
    """Offers STARTTLS and asks for a password."""
    made = MailServer(tls=contexts[0], password=PASSWORD)
    with made.listening():
        yield made


def trial(url: str, contexts: Sequence[ssl.SSLContext] = ()) -> Outcome:
    return MailSender(url, CONSOLE, contexts[1] if contexts else None).test()


def test_a_mail_is_sent_over_tls_by_a_user_with_a_password(
    server: MailServer, contexts: tuple[ssl.SSLContext, ssl.SSLContext]
) -> None:
    outcome = trial(server.url(user=LOGIN), contexts)
    assert (outcome.result, outcome.said) == ("delivered", "accepted by the server")
    [mail] = server.got
    assert (mail.secure, mail.user, mail.sender, mail.to) == (
        True,
        USER,
        "waypost@ours.example",
        ["team@ours.example"],
    )
    message = mail.message
    assert message["subject"] == "Waypost: this channel works"
    assert message["from"] == "Waypost <waypost@ours.example>"
    assert message["to"] == "team@ours.example"
    assert message["auto-submitted"] == "auto-generated"
    assert f"Open the inbox: {CONSOLE}/inbox" in mail.text()
    assert f'href="{CONSOLE}/inbox"' in mail.text("html")
    assert not any(PASSWORD in line or "AUTH" in line for line in server.heard)


def test_tls_from_the_first_byte(contexts: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    server = MailServer(tls=contexts[0], at_once=True, password=PASSWORD)
    with server.listening():
        assert trial(server.url(user=LOGIN, scheme="smtps"), contexts).result == "delivered"
    assert (server.got[0].secure, server.heard) == (True, [])


def test_a_password_is_not_sent_in_the_clear_unless_told_so() -> None:
    server = MailServer(password=PASSWORD)
    with server.listening():
        outcome = trial(server.url(user=LOGIN))
        assert (outcome.result, outcome.said) == ("refused", "the server offers no TLS, so the password was not sent")
        assert "smtps://" in outcome.todo
        assert not any("AUTH" in line for line in server.heard)
        assert trial(server.url("&tls=off", user=LOGIN)).result == "delivered"


def test_a_server_of_the_house_without_tls_and_password_will_do() -> None:
    server = MailServer()
    with server.listening():
        assert trial(server.url().replace("team@", "a+b@ours.example,team@")).result == "delivered"
    assert server.got[0].to == ["a+b@ours.example", "team@ours.example"]


@pytest.mark.parametrize(
    ("answers", "result", "said", "todo"),
    [
        ({"AUTH": "535 5.7.8 bad: p@ss/word?1"}, "refused", "SMTP 535: 5.7.8 bad: …", "refuses user or password"),
        ({"AUTH": "454 later"}, "busy", "SMTP 454: later", "refuses user or password"),
        ({"MAIL": "550 not yours"}, "refused", "SMTP 550: not yours", "check from="),
        ({"RCPT": "550 nobody"}, "refused", "SMTP 550: nobody", "check to="),
        ({"RCPT": "451 greylisted"}, "busy", "SMTP 451: greylisted", "tries again by itself"),
        ({"DATA": "554 no spam"}, "refused", "SMTP 554: no spam", "above all from= and to="),
        ({"QUIT": "421 bye"}, "delivered", "accepted by the server", ""),
        ({"AUTH": "550 \x1b[31mred\u202eder"}, "refused", "SMTP 550: [31mredder", "refuses user or password"),
    ],
)
def test_what_the_server_says_is_said_with_what_to_do(
    server: MailServer,
    contexts: tuple[ssl.SSLContext, ssl.SSLContext],
    answers: dict[str, str],
    result: str,
    said: str,
    todo: str,
) -> None:
    server.answers = answers
    outcome = trial(server.url(user=LOGIN), contexts)
    assert (outcome.result, outcome.said) == (result, said)
    assert todo in outcome.todo
    assert PASSWORD not in repr(outcome)


def test_a_server_that_greets_with_a_refusal_is_said() -> None:
    server = MailServer(greeting="554 not today")
    with server.listening():
        outcome = trial(server.url())
    assert (outcome.result, outcome.said) == ("refused", "SMTP 554: not today")


def test_a_server_whose_challenge_is_no_base64_is_said() -> None:
    server = MailServer(password=PASSWORD, answers={"EHLO": "250-here\r\n250 AUTH CRAM-MD5", "AUTH": "334 x"})
    with server.listening():
        outcome = trial(server.url("&tls=off", user=LOGIN))
    assert (outcome.result, outcome.said) == ("refused", "the server's answer cannot be understood")
    assert SETTING in outcome.todo


def test_a_certificate_that_nobody_vouches_for_is_refused(server: MailServer) -> None:
    outcome = trial(server.url(user=LOGIN))
    assert outcome.result == "unreachable"
    assert "CERTIFICATE_VERIFY_FAILED" in outcome.said
    assert "check host, port and certificate" in outcome.todo
    assert server.got == []


def test_a_port_that_speaks_no_tls_is_no_smtps(contexts: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    server = MailServer()
    with server.listening():
        outcome = trial(server.url(scheme="smtps"), contexts)
    assert (outcome.result, "secure connection fails" in outcome.todo) == ("unreachable", True)


def test_a_server_that_is_not_there_is_said() -> None:
    refused = trial(f"smtp://127.0.0.1:{free_ports(1)}?to=a@b.example")
    assert (refused.result, "Nothing listens there" in refused.todo) == ("unreachable", True)
    unknown = trial("smtp://no-such-host.invalid?to=a@b.example")
    assert (unknown.result, "The name is not found" in unknown.todo) == ("unreachable", True)
    metadata = trial("smtp://169.254.169.254?to=a@b.example")
    assert (metadata.result, "where no mail server can be" in metadata.said) == ("forbidden", True)
    server = MailServer(hang=threading.Event())
    with server.listening():
        hanging = MailSender(server.url(), CONSOLE, timeout_s=0.1).test()
    assert (hanging.result, "Nothing answers in time" in hanging.todo) == ("unreachable", True)


@pytest.mark.parametrize(
    ("url", "wrong"),
    [
        ("mail.example.com", "begins with smtp:// or smtps://"),
        ("http://mail.example.com?to=a@b.example", "begins with smtp:// or smtps://"),
        ("smtp://?to=a@b.example", "names a host"),
        ("smtp://mail.example.com", "names nobody in to="),
        ("smtp://mail.example.com?to=team", "`team`, which is no mail address"),
        ("smtp://mail.example.com?to=a@b.example%0d%0aBcc:x@y.example", "which is no mail address"),
        ("smtp://mail.example.com?to=a@b.example&from=x%0ay@z.example", "which is no mail address"),
        ("smtp://mail.example.com?to=a@b.example&cc=x@y.example", "takes to, from and tls=off, not `cc`"),
        ("smtp://mail.example.com:99999?to=a@b.example", "is no address"),
        ("smtp://me:s3cr/et@mail.example.com?to=a@b.example", "is no address"),
        ("smtp://me:12/s3cret@mail.example.com?to=a@b.example", "is no address"),
        ("smtp://me:12#s3cret@mail.example.com?to=a@b.example", "is no address"),
        ("smtp://me:s3cr%C3%A9t@mail.example.com?to=a@b.example", "letters beyond ASCII"),
        ("smtp://mail.example.com?to", "is no address"),
    ],
)
def test_a_setting_that_cannot_work_says_what_is_wrong_and_never_the_password(url: str, wrong: str) -> None:
    with pytest.raises(WrongSettingError) as raised:
        read_smtp_url(url)
    assert wrong in str(raised.value)
    assert "An example: smtp://user:password@mail.example.com" in str(raised.value)
    assert "s3cr" not in str(raised.value)


def delivery(webhook_id: str) -> Delivery:
    return Delivery(webhook_id, "acme", attempt=0, change="opened", at=0, because=b"{}", alert=b"{}")


def test_a_digest_with_more_to_tell_than_before_has_another_id_and_a_retry_the_same() -> None:
    first, second, third = (delivery(f"msg_{n}") for n in (1, 2, 3))
    assert id_of([first]) == "msg_1"
    assert id_of([first, second]) == id_of([first, second])
    assert len({id_of(batch) for batch in ([first], [first, second], [first, second, third], [second, third])}) == 4


def test_a_setting_is_read_whole() -> None:
    box = read_smtp_url("smtp://me%40ours:p%2Fw@mail.example.com?to=a@b.example,c@d.example&to=e@f.example")
    assert (box.user, box.password, box.host, box.port, box.safety) == (
        "me@ours",
        "p/w",
        "mail.example.com",
        587,
        "starttls",
    )
    assert (box.to, box.sender) == (("a@b.example", "c@d.example", "e@f.example"), "a@b.example")
    assert read_smtp_url("smtps://mail.example.com?to=a@b.example").port == 465
    assert "p/w" not in repr(box)
