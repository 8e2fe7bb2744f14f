"""`/live`: says that something changed, to those who are signed in, within bounds, and ends with the session."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest

from services.console.reading import Asking, Services
from services.console.routes.live import Watchers
from services.console.routes.visitor import Visitor
from tests.integration.console.consoles import NOW, OTHER, READ, STATUS, Answers, Behind, Console, answers
from tests.servers.system import System


class Clockwork:
    """Services whose status is as the test says, asked as one visitor."""

    def __init__(self, settings: Any, status: Answers) -> None:  # noqa: ANN401 (the console's own)
        """Answer with a status."""
        self.behind = Behind({"/v1/status": status})
        self.http = httpx.AsyncClient(transport=self.behind)
        self.visitor = Visitor(Asking(Services(settings, self.http), READ))


@asynccontextmanager
async def clockwork(console: Console, status: Answers) -> AsyncIterator[Clockwork]:
    made = Clockwork(console.settings, status)
    try:
        yield made
    finally:
        await made.http.aclose()


@asynccontextmanager
async def reader(console: Console) -> AsyncIterator[httpx.AsyncClient]:
    """Lend a client with a reading key, whose requests the console answers in the loop of the test."""
    transport = httpx.ASGITransport(app=console.app)
    async with httpx.AsyncClient(transport=console.behind) as upstream:
        console.app.state.services = Services(console.settings, upstream)
        headers = {"authorization": f"Bearer {READ}"}
        async with httpx.AsyncClient(transport=transport, base_url="http://x", headers=headers) as http:
            yield http


@pytest.fixture
def console(tmp_path: Path) -> Console:
    return Console(tmp_path, answers())


LATER_WITHIN_THE_MINUTE = {"judged_until": "2026-03-05T08:00:40Z", "now": "2026-03-05T09:00:40Z", "behind": 9}


@pytest.mark.parametrize(
    ("change", "news"),
    [
        (LATER_WITHIN_THE_MINUTE, False),
        ({"touchpoints": 10}, True),
        ({"judged_until": "2026-03-05T08:01:00Z"}, True),
        ({"wrong": "the disk is full"}, True),
    ],
)
def test_what_changes_all_the_time_is_no_news(console: Console, change: Answers, *, news: bool) -> None:
    async def pulses() -> tuple[object, object]:
        async with clockwork(console, STATUS) as services:
            before = await Watchers().pulse("a", services.visitor)
            services.behind.said["/v1/status"] = STATUS | change
            return before, await Watchers().pulse("a", services.visitor)

    before, after = asyncio.run(pulses())

    assert (before != after) is news


def test_many_pages_of_a_tenant_ask_the_services_once(console: Console) -> None:
    async def asked() -> int:
        async with clockwork(console, STATUS) as services:
            watchers = Watchers()
            for _ in range(20):
                await watchers.pulse("a", services.visitor)
            return len(services.behind.asked)

    assert asyncio.run(asked()) == 3  # one for each service


def test_a_service_that_goes_and_comes_is_news(console: Console) -> None:
    async def pulses() -> tuple[object, object]:
        async with clockwork(console, STATUS) as services:
            before = await Watchers().pulse("a", services.visitor)
            services.behind.said["/v1/status"] = None
            return before, await Watchers().pulse("a", services.visitor)

    before, after = asyncio.run(pulses())

    assert before != after


def test_beyond_the_most_that_may_watch_a_page_is_told_to_come_back(console: Console) -> None:
    console.app.state.watchers = Watchers(most=0)
    answer = console.ask("GET", "/live", headers={"authorization": f"Bearer {READ}"})

    assert answer.status_code == 429
    assert answer.headers["retry-after"] == "30"


def test_never_more_pages_watch_than_there_are_places_however_many_come_at_once(console: Console) -> None:
    console.app.state.watchers = watchers = Watchers(most=2, look_s=0.01)
    looks = iter([False] * 12 + [True] * 12)
    console.app.state.leaving = lambda: next(looks)

    async def come() -> list[int]:
        async with reader(console) as http:
            return [answer.status_code for answer in await asyncio.gather(*(http.get("/live") for _ in range(9)))]

    found = asyncio.run(come())

    assert sorted(found) == [200] * 2 + [429] * 7
    assert watchers.count == 0


def test_a_stream_says_that_it_watches_and_ends_when_the_key_is_revoked(console: Console) -> None:
    console.app.state.watchers = Watchers(look_s=0.01)
    del console.keys[OTHER]
    steps = iter([False, False, True])

    def leaving() -> bool:
        if next(steps):
            del console.keys[READ]
            console.publish_keys()
        return False

    console.app.state.leaving = leaving
    console.behind.said["/v1/status"] = STATUS | {"now": NOW}
    answer = console.ask("GET", "/live", headers={"authorization": f"Bearer {READ}"})

    assert answer.headers["content-type"].startswith("text/event-stream")
    assert ": watching" in answer.text
    assert "event: signed-out" in answer.text
    assert console.app.state.watchers.count == 0


def test_a_stream_says_changed_when_touchpoints_come(system: System) -> None:
    headers = {"Authorization": f"Bearer {system.keys['a'].read}"}
    with system.http.stream("GET", system.url("console", "/live"), headers=headers, timeout=30.0) as answer:
        lines = answer.iter_lines()
        assert next(lines) == ": watching"
        system.send([{"userId": "u-1", "event": "Signed Up"}])
        said = next(line for line in lines if line.startswith("event"))

    assert said == "event: changed"


@pytest.mark.parametrize(("since", "told"), [(0.0, True), (None, False), (1e12, False)])
def test_what_changed_between_a_page_and_its_first_look_is_said_at_once(
    console: Console, since: float | None, *, told: bool
) -> None:
    console.app.state.leaving = lambda: True
    params = {} if since is None else {"since": str(since)}

    async def said() -> list[str]:
        async with reader(console) as http:
            return [(await http.get("/live", params=params)).text for _ in range(2)]

    assert [("event: changed" in text) for text in asyncio.run(said())] == [told, told]


def test_a_service_that_answers_again_is_asked_by_every_part_at_once(console: Console) -> None:
    async def parts() -> list[bool]:
        async with clockwork(console, STATUS) as services:
            who, said = services.visitor, services.behind.said
            said["/v1/status"] = None
            gone = await who.part("journey", "/v1/status")
            said["/v1/status"] = STATUS
            silent = await who.part("journey", "/v1/status")
            await who.get("journey", "/v1/status")
            return [bool(part.missing) for part in (gone, silent, await who.part("journey", "/v1/status"))]

    assert asyncio.run(parts()) == [True, True, False]
