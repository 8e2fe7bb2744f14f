"""What ingest is held against: FastAPI on the same uvicorn that reads the same requests and stores nothing.

Started as `python -m bench.references PORT`.
"""

import sys
from datetime import datetime
from typing import Any

import orjson
import uvicorn
from fastapi import FastAPI, Request
from pydantic import BaseModel
from starlette.responses import Response

DONE = b'{"success":true}'

app = FastAPI()


class Event(BaseModel):
    """A touchpoint as a typed body."""

    type: str
    messageId: str  # noqa: N815 (the wire's name)
    userId: str | None = None  # noqa: N815 (the wire's name)
    event: str | None = None
    timestamp: datetime
    properties: dict[str, Any] = {}
    context: dict[str, Any] = {}


class Batch(BaseModel):
    """A batch of them."""

    batch: list[Event]


@app.post("/orjson")
async def read_with_orjson(request: Request) -> Response:
    """Read a batch with orjson and forget it."""
    orjson.loads(await request.body())
    return Response(DONE, media_type="application/json")


@app.post("/pydantic")
async def read_with_pydantic(batch: Batch) -> Response:
    """Read a batch as FastAPI's documentation shows and forget it."""
    del batch
    return Response(DONE, media_type="application/json")


@app.post("/discard")
async def discard(request: Request) -> Response:
    """Forget what was sent unread."""
    await request.body()
    return Response(DONE, media_type="application/json")


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_config=None, access_log=False)
