"""Wires the ingest service: keys, log, committer, the tasks beside them, routes."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from fastapi import FastAPI

from services.ingest.accept.acceptor import Acceptor
from services.ingest.accept.counting import Counting
from services.ingest.accept.erasing import Erasing
from services.ingest.accept.housekeeping import Housekeeping
from services.ingest.accept.pressure import Pressure, Room, SizedLog
from services.ingest.accept.replaying import Replayer
from services.ingest.accept.sealer import Sealer
from services.ingest.accept.submission import Submission
from services.ingest.routes import dead_letters, keys, status
from services.ingest.routes import erasures as routes_erasures
from services.ingest.routes import sources as routes_sources
from services.ingest.routes.segment import add_segment_routes
from services.ingest.routes.touchpoints import add_touchpoint_route
from services.ingest.store.erasures import ErasureStore
from services.ingest.store.keys import KeyStore
from services.ingest.store.letters import Letters, last_received
from services.ingest.store.replays import ReplayStore
from services.ingest.store.sources import SourceStore
from shared.auth import KeyRing
from shared.clock import Clock, read_clock
from shared.log.event_log import TOUCHPOINTS
from shared.log.group_commit import GroupCommitter
from shared.log.sql_log import SqlLog
from shared.service import create_service
from shared.settings import Settings


def create_app(settings: Settings, clock: Clock | None = None, log: SizedLog | None = None) -> FastAPI:
    """Return the service; its housekeeping runs while the app does."""
    clock = clock or read_clock(settings.data)
    log = log or SqlLog(settings.data / "log.db")
    sources = SourceStore(settings.data / "ingest.db")
    replays = ReplayStore(settings.data / "ingest.db")
    key_store = KeyStore(settings.data / "ingest.db")
    counting = Counting(sources)
    pressure = Pressure(log, settings.data, Room(settings.log_max_mb, settings.disk_free_mb))
    sealer = Sealer(clock, log.partitions(TOUCHPOINTS), last_received(log))
    committer: GroupCommitter[Submission] = GroupCommitter(log, sealer)
    letters = Letters(log, replays)
    erasures = ErasureStore(settings.data / "ingest.db")
    erasing = Erasing(committer, log, letters, erasures)
    waiting = partial(letters.count, KeyRing(settings.data).tenants)
    housekeeping = Housekeeping(pressure, counting, log, settings.retention_days, waiting, scrub=erasing.scrub)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        task = asyncio.create_task(housekeeping.run())
        yield
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        await asyncio.to_thread(committer.close)
        counting.write(counting.take())
        for store in (sources, replays, key_store, erasures, log):
            store.close()

    app = create_service("ingest", settings, pressure.unready, lifespan)
    acceptor = Acceptor(committer, pressure, counting)
    add_segment_routes(app, acceptor, app.state.keys)
    add_touchpoint_route(app, acceptor, app.state.keys)
    app.state.clock, app.state.log, app.state.pressure = clock, log, pressure
    app.state.counting = counting
    app.state.key_store = key_store
    app.state.letters = letters
    app.state.erasing, app.state.erasures = erasing, erasures
    app.state.replayer = Replayer(acceptor, letters)
    for router in (dead_letters.router, routes_sources.router, keys.router, status.router, routes_erasures.router):
        app.include_router(router)
    return app
