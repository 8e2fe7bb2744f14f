"""Wires the journey service: database, log, consumer thread, routes."""

import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from fastapi import FastAPI

from services.journey.consumer import Consumer
from services.journey.learn.names import names
from services.journey.learn.on_no_map import on_no_map
from services.journey.learn.picture import Warming, counts, pictures, results
from services.journey.learn.ways import Ways
from services.journey.routes import customers, lists, maps, outcomes, status
from services.journey.routes.reading import Reading
from services.journey.track.retaining import Retaining
from services.journey.track.tracker import Tracker, TrackSettings
from shared.chores import Chores
from shared.clock import DAY, SECOND, Clock, read_clock
from shared.database import connect
from shared.log.sql_log import SqlLog
from shared.service import create_service
from shared.settings import Settings

WARM_S = 120.0  # between two looks at what the pages ask for


def track_settings(settings: Settings) -> TrackSettings:
    """Return what the transaction needs of the settings."""
    return TrackSettings(
        lateness=round(settings.lateness_s * SECOND),
        historical_after=round(settings.historical_days * DAY),
        cache_customers=settings.cache_customers,
    )


def create_consumer(settings: Settings, clock: Clock, at: Callable[[str], None] = lambda _: None) -> Consumer:
    """Return the consumer of a data folder, on connections of its own."""
    tracker = Tracker(connect(settings.data / "journey.db"), track_settings(settings), at)
    log = SqlLog(settings.data / "log.db")
    return Consumer(log, tracker, clock, heartbeat_s=settings.heartbeat_s, batch=settings.batch)


def create_app(settings: Settings, clock: Clock | None = None) -> FastAPI:
    """Return the service; its consumer runs while the app does."""
    clock = clock or read_clock(settings.data)
    consumer = create_consumer(settings, clock)

    outbox = SqlLog(settings.data / "journey.db")
    chores = Chores(Retaining(outbox, round(settings.facts_days * DAY), round(settings.retention_days * DAY)).trim)

    def ready() -> dict[str, str]:
        return {"consumer": trouble} if (trouble := consumer.trouble()) else {}

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        thread = threading.Thread(target=consumer.run, name="journey-consumer", daemon=True)
        thread.start()
        for rounds in (chores, warming):
            threading.Thread(target=rounds.run, name="journey-chores", daemon=True).start()
        yield
        consumer.stopped.set()
        chores.stopped.set()
        warming.stopped.set()
        thread.join(10.0)

    app = create_service("journey", settings, ready, lifespan)
    app.state.consumer = consumer
    app.state.outbox = outbox
    read = app.state.reading = Reading(settings.data / "journey.db", consumer.tracker.settings.lateness, clock)
    app.state.counts = counts(read.database)
    app.state.names = names(read.database)
    app.state.on_no_map = on_no_map(read.database, read.charts)
    app.state.pictures = pictures(read.database, read.charts, clock)
    app.state.results = results(read.database, read.charts, clock, read.lateness)
    of_tenants = (app.state.counts, app.state.on_no_map, app.state.names)
    warming = Chores(Warming(read.database, app.state.pictures, app.state.results, of_tenants).renew, every_s=WARM_S)
    app.state.ways = Ways(consumer.tracker.settings.historical_after, consumer.tracker.settings.lateness)
    for router in (customers.router, lists.router, maps.router, outcomes.router, status.router):
        app.include_router(router)
    return app
