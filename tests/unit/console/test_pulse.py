"""The pages that watch ask the services for all of them at once, however many look at the same moment."""

import asyncio
from typing import cast

from services.console.reading import Part
from services.console.routes.live import Pulse, Watchers
from services.console.routes.visitor import Visitor


class SlowServices:
    """Services that answer only once everybody else had a turn, and count how often they were asked."""

    def __init__(self) -> None:
        """Nobody has asked yet."""
        self.asked = 0

    async def part(self, service: str, path: str) -> Part:
        """Answer with how often they were asked."""
        self.asked += 1
        for _ in range(100):
            await asyncio.sleep(0)
        return Part({"service": service, "path": path, "asked": self.asked})


def test_pages_that_look_at_the_same_moment_ask_once() -> None:
    services = SlowServices()
    who = cast("Visitor", services)
    seconds = [100.0]

    async def look() -> tuple[Pulse, list[Pulse], Pulse]:
        watchers = Watchers(now=lambda: seconds[0])
        first = await watchers.pulse("acme", who)
        seconds[0] += watchers.look_s
        together = await asyncio.gather(*(watchers.pulse("acme", who) for _ in range(50)))
        return first, together, await watchers.pulse("acme", who)

    first, together, after = asyncio.run(look())
    assert services.asked == 6  # two rounds of three services
    assert together == [after, *[first] * 49]
    assert after != first
