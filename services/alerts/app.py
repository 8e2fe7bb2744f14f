"""Wires the alerts service: database, facts log, consumer thread, a thread for each channel, routes."""

import sqlite3
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from services.alerts.consumer import Consumer
from services.alerts.delivery.channel import Channel, Name
from services.alerts.delivery.wiring import channels, listeners
from services.alerts.delivery.worker import Worker
from services.alerts.routes import alerts, deliveries, kpis, status, stream
from services.alerts.routes.reading import Reading
from services.alerts.track.acts import Acts
from services.alerts.track.reading import Reading as Applying
from services.alerts.track.retaining import Ages, Retaining
from services.alerts.track.writing import Writer
from shared.chores import Chores
from shared.clock import DAY, Clock, read_clock
from shared.database import connect
from shared.log.event_log import EventLog, LogUnavailableError
from shared.log.sql_log import SqlLog
from shared.service import create_service
from shared.settings import Settings


def create_consumer(settings: Settings, clock: Clock, db: sqlite3.Connection | None = None) -> Consumer:
    """Return the consumer of a data folder; it waits for the journey service's database."""

    def open_log() -> EventLog:
        path = settings.data / "journey.db"
        if not path.exists():
            message = "journey has not started yet: there is no journey.db"
            raise LogUnavailableError(message)
        return SqlLog(path)

    database = db or connect(settings.data / "alerts.db")
    return Consumer(open_log, Applying(Writer(database, clock, listeners(settings))))


def create_workers(settings: Settings, found: dict[Name, Channel]) -> list[Worker]:
    """Return what delivers: one worker for each channel that can work, on a connection of its own."""
    path = settings.data / "alerts.db"
    return [Worker(connect(path), each.listener, each.sender.send) for each in found.values() if each.sender]


def create_chores(settings: Settings, clock: Clock) -> Chores:
    """Return what forgets by age."""
    path = settings.data / "alerts.db"
    days = (settings.alerts_days, settings.deliveries_days, settings.retention_days)
    ages = Ages(*(round(each * DAY) for each in days))
    return Chores(Retaining(connect(path), SqlLog(path), clock, ages).trim)


def create_app(settings: Settings, clock: Clock | None = None) -> FastAPI:
    """Return the service; its threads run while the app does."""
    clock = clock or read_clock(settings.data)
    path = settings.data / "alerts.db"
    consumer = create_consumer(settings, clock)
    found = channels(settings)
    workers = create_workers(settings, found)
    chores = create_chores(settings, clock)

    def ready() -> dict[str, str]:
        wrong = {"consumer": consumer.progress.wrong} | {name: each.wrong for name, each in found.items()}
        wrong |= {each.listener.channel: each.wrong for each in workers}
        return {part: why for part, why in wrong.items() if why}

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        running: list[Consumer | Worker | Chores] = [consumer, *workers, chores]
        threads = [threading.Thread(target=part.run, name=type(part).__name__, daemon=True) for part in running]
        for thread in threads:
            thread.start()
        yield
        for part in running:
            part.stopped.set()
        threads[0].join(5.0)  # the others may wait for a receiver: they lose nothing when they end with us

    app = create_service("alerts", settings, ready, lifespan)
    app.state.clock = clock
    app.state.progress = consumer.progress
    app.state.reading = Reading(path)
    app.state.acts = Acts(Writer(connect(path), clock, listeners(settings)))
    app.state.channels = found
    app.state.streams = stream.Streams()
    app.state.leaving = lambda: False  # shared/serve.py knows better
    for router in (stream.router, alerts.router, status.router, deliveries.router, kpis.router):  # stream is no number
        app.include_router(router)
    return app
