"""Run one service: an HTTP server on an inherited or a fresh socket, until told to stop or left alone."""

import os
import socket
import sqlite3
import sys
import threading
from collections.abc import Callable

import uvicorn
from fastapi import FastAPI

from shared.clock import BrokenClockError
from shared.doors import door_of
from shared.log.event_log import LogUnavailableError
from shared.logs import configure_logs, get_log
from shared.settings import Settings


def _leave_with_parent(fd: int, server: uvicorn.Server) -> None:
    os.read(fd, 1)  # returns at end of file only: the supervisor is gone
    server.should_exit = True


def serve(name: str, create_app: Callable[[Settings], FastAPI]) -> None:
    """Serve until SIGTERM or SIGINT, or until the supervisor is gone."""
    settings = Settings()
    configure_logs(name, settings.log_level)
    sys.setswitchinterval(0.0005)  # a busy consumer thread must not starve HTTP (docs/decisions/0004)
    fd = os.environ.get("WAYPOST_SOCKET_FD")
    listener = socket.socket(fileno=int(fd)) if fd else socket.create_server((settings.host, settings.port_of(name)))
    try:
        app = create_app(settings)
    except (BrokenClockError, LogUnavailableError, sqlite3.Error) as error:
        get_log(__name__).error("cannot start", error=str(error))
        sys.exit(1)
    config = uvicorn.Config(app, http=door_of(name), log_config=None, access_log=False, timeout_graceful_shutdown=3)
    server = uvicorn.Server(config)
    app.state.leaving = lambda: server.should_exit  # long answers end themselves (alerts' stream)
    if parent := os.environ.get("WAYPOST_PARENT_FD"):
        threading.Thread(target=_leave_with_parent, args=(int(parent), server), daemon=True).start()
    server.run(sockets=[listener])
