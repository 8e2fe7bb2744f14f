"""A short story on a running Waypost that asks every route once: its answers are the examples of docs/api.

Whoever adds a route adds its question here. The clock of the story stands still.
"""

import base64
import json
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import httpx2 as httpx

from shared.clock import DAY, HOUR, WallClock
from shared.times import microseconds_of, rfc3339
from tests.servers.system import System
from tests.servers.waiting import until

Json = dict[str, Any]

NOW = microseconds_of("2026-11-25T12:00:00Z")
CLOCK = WallClock(start=NOW, speed=0.0)
ENVIRONMENT = {
    "WAYPOST_WEBHOOK_URL": "http://127.0.0.1:9/",  # nobody listens there
    "WAYPOST_WEBHOOK_PRIVATE": "true",
    "WAYPOST_WEBHOOK_SECRET": "whsec_c2VjcmV0IG9mIHRlc3RzIG9ubHkgMTIzNDU2Nzg=",
}
MAP = """\
map: onboarding
title: Onboarding
subject: person
outcomes: {reached: [Report Shared], lost: [Cancelled], target: {share: 75%, within: 30d}}
path:
  - {step: signup, title: Sign-up, match: Signed Up}
  - {step: import, title: First import, match: Data Imported, failed_by: [Import Failed], within: 2d, owner: care}
  - {step: share, title: First shared report, match: Report Shared}
"""
KPIS = """\
kpis:
  - kpi: value-in-time
    title: New customers who share a report within 30 days
    class: outcome
    measure: {map: onboarding, of: share}
    target: 75%
  - {kpi: kickoffs-held, title: Kickoffs held, class: output}
report:
  headline: [value-in-time]
goals:
  - {goal: Improve the experience, metric: value-in-time}
"""


@dataclass
class Story:
    """Asks and remembers what was answered, by service, method and path as the route has it."""

    system: System
    told: dict[str, Json] = field(default_factory=dict)

    def ask(
        self,
        route: str,
        fill: Mapping[str, object] | None = None,
        *,
        query: Mapping[str, str | int] | None = None,
        body: Any = None,  # noqa: ANN401 (JSON, or text)
        key: str = "",
    ) -> Any:  # noqa: ANN401 (JSON)
        """Ask a route, `service METHOD /v1/path`, and return its answer; every answer must be a good one."""
        service, method, template = route.split()
        path = re.sub(r"\{(\w+)\}", lambda found: str((fill or {})[found[1]]), template)
        address = str(httpx.URL(path, params=query)) if query else path
        content = body.encode() if isinstance(body, str) else json.dumps(body).encode() if body is not None else None
        headers = {"Authorization": f"Bearer {key or self.system.keys['a'].admin}"}
        headers |= {"Content-Type": "application/json"} if content and not isinstance(body, str) else {}
        answer = self.system.http.request(method, self.system.url(service, address), headers=headers, content=content)
        assert answer.is_success, (route, answer.status_code, answer.text)
        said = answer.json() if "json" in answer.headers.get("content-type", "") else printable(answer)
        self.remember(route, path=address, body=body, status=answer.status_code, answer=said)
        return said

    def remember(self, route: str, **example: Any) -> None:  # noqa: ANN401 (JSON)
        """Keep the first answer of a route."""
        self.told.setdefault(route, example)

    def settle(self) -> None:
        """Wait until everything that was sent is judged."""
        self.system.wait_until_consumed()


def printable(answer: httpx.Response) -> str:
    """Return what can be printed of an answer that is no JSON."""
    return answer.text if answer.headers.get("content-type", "").startswith("text/") else "(a picture of one point)"


def tell(system: System) -> dict[str, Json]:
    """Run the whole story and return what was answered."""
    story = Story(system)
    send(story)
    look(story)
    act(story)
    keep_house(story)
    return story.told


def event(name: str, ago: int, user: str, **more: object) -> Json:
    """Return an event that happened so long ago."""
    times = {"timestamp": rfc3339(NOW - ago), "messageId": f"{user}-{name.lower().replace(' ', '-')}"}
    return {"type": "track", "event": name, "userId": user, **times, **more}


def send(story: Story) -> None:
    """Publish a map, make a key, and send touchpoints through every door."""
    story.ask("journey PUT /v1/maps/{name}", {"name": "onboarding"}, body=MAP)
    made = story.ask("ingest POST /v1/keys", body={"scope": "write", "source": "shop"})
    key = made["key"]
    events = [
        event("Signed Up", 20 * DAY, "41"),
        event("Data Imported", 19 * DAY, "41"),
        event("Signed Up", 5 * DAY, "42"),
    ]
    story.ask("ingest POST /v1/touchpoints", body=[*events, {"event": "Of Nobody"}], key=key)
    identify = {"type": "identify", "userId": "42", "anonymousId": "a-7", "traits": {"name": "Blue Door Ltd"}}
    batch = {"batch": [identify | {"timestamp": rfc3339(NOW - 5 * DAY), "messageId": "42-id"}]}
    story.ask("ingest POST /v1/batch", body=batch, key=key)
    for kind in ("track", "identify", "page", "screen", "group", "alias"):
        one = single(kind)
        story.ask(f"ingest POST /v1/{kind}", body=one, key=key)
        data = encoded(one | {"writeKey": key, "messageId": f"43-pixel-{kind}"})
        story.ask(f"ingest GET /v1/pixel/{kind}", query={"data": data}, key=key)
        shown = story.told[f"ingest GET /v1/pixel/{kind}"]
        shown["path"] = f"/v1/pixel/{kind}?data=eyJ1c2VySWQiOiI0MyIs…"
    story.settle()
    until(story.system.alerts, what="an alert of the customer who waits")


def single(kind: str) -> Json:
    """Return an event of a kind."""
    content: dict[str, Json] = {
        "track": {"event": "Signed Up"},
        "identify": {"traits": {"plan": "pro"}},
        "page": {"name": "Prices"},
        "screen": {"name": "Start"},
        "group": {"groupId": "acme", "traits": {"seats": 20}},
        "alias": {"previousId": "a-9"},
    }
    return {"userId": "43", "timestamp": rfc3339(NOW - HOUR), "messageId": f"43-{kind}", **content[kind]}


def encoded(one: Json) -> str:
    """Return an event as the pixel takes it."""
    return base64.urlsafe_b64encode(json.dumps(one).encode()).decode().rstrip("=")


def look(story: Story) -> None:
    """Ask where everybody is."""
    story.ask("journey GET /v1/maps")
    story.ask("journey GET /v1/maps/{name}", {"name": "onboarding"})
    story.ask("journey GET /v1/maps/{name}/positions", {"name": "onboarding"})
    story.ask("journey GET /v1/maps/{name}/overview", {"name": "onboarding"})
    story.ask("journey GET /v1/maps/{name}/outcomes", {"name": "onboarding"}, query={"every": "month"})
    story.ask("journey GET /v1/customers", query={"map": "onboarding", "stall": "any"})
    story.ask("journey GET /v1/customers/{name}", {"name": "user:42"})
    story.ask("journey GET /v1/customers/{name}/timeline", {"name": "user:42"}, query={"limit": 2})
    story.ask("journey GET /v1/customers/{name}/path", {"name": "user:42"}, query={"map": "onboarding"})
    story.ask("journey GET /v1/touchpoints", query={"limit": 2})
    story.ask("journey GET /v1/status")
    story.ask("journey GET /v1/dead-letters")


def act(story: Story) -> None:
    """Read the alerts and act on one."""
    number = story.ask("alerts GET /v1/alerts", query={"status": "live", "limit": 1})["alerts"][0]["alert"]
    story.ask("alerts GET /v1/alerts/summary")
    one = {"number": number}
    story.ask("alerts POST /v1/alerts/{number}/acknowledge", one, body={"by": "csm-3"})
    until_ = rfc3339(NOW + 2 * DAY)
    story.ask(
        "alerts POST /v1/alerts/{number}/snooze", one, body={"by": "csm-3", "until": until_, "reason": "On holiday"}
    )
    story.ask("alerts POST /v1/alerts/{number}/resolve", one, body={"by": "csm-3", "reason": "Helped on the phone"})
    story.ask("alerts GET /v1/alerts/{number}", one)
    story.ask("alerts GET /v1/status")
    story.ask("alerts GET /v1/dead-letters")
    story.ask("alerts PUT /v1/kpis", body=KPIS)
    story.ask("alerts GET /v1/kpis")
    story.ask("alerts GET /v1/channels")
    story.ask("alerts POST /v1/channels/test", body={"channel": "webhook"})
    until(lambda: story.system.get("alerts", "/v1/deliveries")["deliveries"], what="a delivery")
    story.ask("alerts GET /v1/deliveries", query={"limit": 1})
    story.ask("alerts POST /v1/deliveries/resume")
    stream(story)


def stream(story: Story) -> None:
    """Read the beginning of the stream, which never ends."""
    system, text = story.system, b""
    headers = {"Authorization": f"Bearer {system.keys['a'].read}"}
    address = system.url("alerts", "/v1/alerts/stream?after=0")
    patience = httpx.Timeout(10.0, read=1.0)
    with system.http.stream("GET", address, headers=headers, timeout=patience) as answer, suppress(httpx.ReadTimeout):
        for part in answer.iter_raw():
            text += part
            if text.count(b"\n\n") >= 2:
                break
    first = text.decode().replace("\r", "").split("\n\n")[:2]
    shown = "\n\n".join(line if len(line) < 300 else f"{line[:300]}…" for line in first)
    story.remember(
        "alerts GET /v1/alerts/stream", path="/v1/alerts/stream?after=0", body=None, status=200, answer=shown
    )


def keep_house(story: Story) -> None:
    """Look after dead letters, sources and keys."""
    story.ask("ingest GET /v1/sources")
    story.ask("ingest GET /v1/status")
    story.ask("ingest GET /v1/dead-letters", query={"status": "waiting", "limit": 1})
    story.ask("ingest GET /v1/dead-letters/summary")
    story.ask("ingest POST /v1/dead-letters/replay", body={"reason": "no_identity", "source": "shop"})
    story.ask("ingest POST /v1/dead-letters/dismiss", body={"reason": "no_identity", "source": "shop"})
    spare = story.ask("ingest POST /v1/keys", body={"scope": "write", "source": "spare"})
    story.ask("ingest DELETE /v1/keys/{key_id}", {"key_id": spare["id"]})
    story.ask("ingest GET /v1/keys")
    story.ask("ingest POST /v1/erasures", body={"ids": ["user:43"]})
    story.ask("ingest GET /v1/erasures")
    story.ask("console POST /v1/links")
