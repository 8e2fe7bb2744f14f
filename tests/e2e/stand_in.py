"""A tiny service for tests of the supervisor: it can be asked for its process, to stream for ever, and to die."""

import os
from collections.abc import AsyncIterator

import anyio
from fastapi import FastAPI
from fastapi.responses import JSONResponse, Response, StreamingResponse

from shared.serve import serve
from shared.service import create_service
from shared.settings import Settings


async def _for_ever() -> AsyncIterator[bytes]:
    while True:
        yield b"data: still here\n\n"
        await anyio.sleep(0.2)


def create_app(settings: Settings) -> FastAPI:
    """Return the service."""
    app = create_service("stand-in", settings, dict)

    @app.get("/process")
    async def process() -> Response:
        return JSONResponse({"pid": os.getpid(), "environment": sorted(os.environ)})

    @app.get("/stream")
    async def stream() -> Response:
        return StreamingResponse(_for_ever(), media_type="text/event-stream")

    return app


if __name__ == "__main__":
    serve("console", create_app)
