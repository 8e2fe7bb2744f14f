"""In a running Waypost with a dead channel the others deliver meanwhile, and journeys and alerts go on."""

import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from shared.clock import DAY, WallClock, machine_now
from tests.integration.alerts.receiver import Answer, Receiver
from tests.integration.alerts.smtp_server import MailServer
from tests.servers.ports import free_ports
from tests.servers.system import System
from tests.servers.waiting import until

NOW = machine_now() // DAY * DAY  # the clock of these tests stands still
MAP = """
map: onboarding
title: Onboarding
subject: person
owner_from: traits.csm
path:
  - {step: contract, match: Contract Signed}
  - {step: kickoff, match: Kickoff Held, within: 1d, owner: csm}
"""


def waiting_customer(name: str) -> list[dict[str, object]]:
    at = datetime.fromtimestamp((NOW - 2 * DAY) / 1_000_000, UTC).isoformat()
    return [
        {"type": "identify", "userId": name, "timestamp": at, "traits": {"name": f"{name} <!channel>", "csm": "ana"}},
        {"type": "track", "event": "Contract Signed", "userId": name, "timestamp": at},
    ]


@pytest.mark.parametrize("dead", ["nothing listens", "it hangs"])
def test_a_dead_channel_slows_nothing(tmp_path: Path, dead: str) -> None:
    hang = threading.Event()
    mail, slack, hook = MailServer(), Receiver(), Receiver(answers=[Answer(wait=hang)])
    with mail.listening(), slack.listening(), hook.listening():
        environment = {
            "WAYPOST_SMTP_URL": mail.url(),
            "WAYPOST_SLACK_WEBHOOK_URL": slack.url,
            "WAYPOST_WEBHOOK_URL": hook.url if dead == "it hangs" else f"http://127.0.0.1:{free_ports(1)}/hook",
            "WAYPOST_WEBHOOK_SECRET": "whsec_V2F5cG9zdCdzIHRlc3RzIHNpZ24gc28h",
            "WAYPOST_WEBHOOK_PRIVATE": "true",
            "WAYPOST_CONSOLE_URL": "https://way.example",
            "WAYPOST_TELL_AFTER_S": "0",
        }
        try:
            with System(tmp_path / "data", environment, WallClock(start=NOW, speed=0.0)) as system:
                system.publish("onboarding", MAP)
                for n, name in enumerate(("ada", "bo"), 1):
                    system.send(waiting_customer(name))
                    until(lambda n=n: len(system.alerts()) == n, what=f"alert {n}")  # type: ignore[misc]
                    until(lambda n=n: (len(slack.got), len(mail.got)) == (n, n), what="news of it")  # type: ignore[misc]
                    if dead == "it hangs" and n == 1:
                        sent = system.get("alerts", "/v1/deliveries")["deliveries"]
                        assert [each["attempt"] for each in sent if each["channel"] == "webhook"] == [
                            0
                        ]  # still hanging
                wanted = {"slack": "ok", "mail": "ok", "webhook": "waiting" if dead == "it hangs" else "failing"}
                until(
                    lambda: {each["channel"]: each["state"] for each in system.get("alerts", "/v1/channels")} == wanted,
                    what="the channels that live being done",
                )
                assert {alert["owner"] for alert in system.alerts()} == {"ana"}
        finally:
            hang.set()
    assert slack.got[0].slack[0].startswith("Medium: ada <!channel>: ")  # seen so, and nobody is called
    assert slack.got[0].slack[-1] == "[Open it in Waypost](https://way.example/inbox/1)"
    assert "The move is ana's." in mail.got[0].text()
