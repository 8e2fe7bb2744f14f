"""Wires the alerts service: database, facts log, consumer thread, webhooks thread, routes."""

import sqlite3
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from services.alerts.consumer import Consumer
from services.alerts.delivery.guard import ForbiddenTargetError, check_url
from services.alerts.delivery.sending import Sender
from services.alerts.delivery.worker import Worker
from services.alerts.routes import alerts, status, stream
from services.alerts.routes.reading import Reading
from services.alerts.track.acts import Acts
from services.alerts.track.reading import Reading as Applying
from services.alerts.track.writing import Writer
from shared.auth import read_local_keys
from shared.clock import Clock, read_clock
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
    return Consumer(open_log, Applying(Writer(database, clock, settings.webhook_url)))


def create_worker(settings: Settings) -> tuple[Worker | None, str]:
    """Return the worker that delivers webhooks, or None and what is wrong (empty: none are wanted)."""
    if not settings.webhook_url:
        return None, ""
    local = read_local_keys(settings.data)
    secret = settings.webhook_secret or (local.webhook_secret if local else "")
    if not secret:
        return None, "webhook_secret is missing: webhooks wait until it is set"
    try:
        check_url(settings.webhook_url)
        sender = Sender(settings.webhook_url, secret, private=settings.webhook_private)
    except ForbiddenTargetError as error:
        return None, str(error)
    except ValueError:
        return None, "webhook_secret is not a whsec_… secret: webhooks wait until it is"
    return Worker(connect(settings.data / "alerts.db"), settings.webhook_url, sender.send), ""


def create_app(settings: Settings, clock: Clock | None = None) -> FastAPI:
    """Return the service; its threads run while the app does."""
    clock = clock or read_clock(settings.data)
    path = settings.data / "alerts.db"
    consumer = create_consumer(settings, clock)
    worker, webhooks_wrong = create_worker(settings)

    def ready() -> dict[str, str]:
        wrong = {"consumer": consumer.progress.wrong, "webhooks": worker.wrong if worker else webhooks_wrong}
        return {part: why for part, why in wrong.items() if why}

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        running = [part for part in (consumer, worker) if part]
        threads = [threading.Thread(target=part.run, name=type(part).__name__, daemon=True) for part in running]
        for thread in threads:
            thread.start()
        yield
        for part in running:
            part.stopped.set()
        threads[0].join(5.0)  # the webhooks thread may wait for a receiver: it loses nothing when it ends with us

    app = create_service("alerts", settings, ready, lifespan)
    app.state.clock = clock
    app.state.progress = consumer.progress
    app.state.reading = Reading(path)
    app.state.acts = Acts(Writer(connect(path), clock, settings.webhook_url))
    app.state.streams = stream.Streams()
    app.state.leaving = lambda: False  # shared/serve.py knows better
    for router in (stream.router, alerts.router, status.router):  # the stream first: it is no number
        app.include_router(router)
    return app
