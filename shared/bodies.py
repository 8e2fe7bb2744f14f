"""Bodies of requests: the key is checked before a byte is read, and what is read is bounded in bytes and in time.

The doors for events have their own reader (services/ingest/routes/bodies.py): they unpack, and find keys in bodies.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeAlias

from fastapi.routing import APIRoute
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Message, Receive

from shared.auth import Requires
from shared.errors import ApiError, InvalidError, TooLargeError, TooSlowError

BODY_BYTES = 512 * 1024  # of JSON that a route declares; erasing 500 of the longest ids takes as much
TEXT_BYTES = 1_000_000  # of a file that people write
BODY_S = 30.0

Answer: TypeAlias = Callable[[Request], Coroutine[Any, Any, Response]]


async def read_body(request: Request, most: int, what: str = "body", *, within_s: float = BODY_S) -> bytes:
    """Return the body of a request. `what`: how errors call it. Raises TooLargeError, TooSlowError, ApiError."""
    body = bytearray()
    try:
        async with asyncio.timeout(within_s):
            async for chunk in request.stream():
                body += chunk
                if len(body) > most:
                    message = f"The {what} is larger than {most} bytes: send less."
                    raise TooLargeError(message)
    except TimeoutError as error:
        message = f"The {what} did not come within {within_s:g} seconds: send it again."
        raise TooSlowError(message) from error
    except ClientDisconnect as error:
        message = f"The {what} ended before it was whole."
        raise ApiError(message, code="cut_off") from error
    return bytes(body)


async def read_text(request: Request, what: str, code: str) -> str:
    """Return the body of a request as text. Raises InvalidError with a code, and what `read_body` raises."""
    body = await read_body(request, TEXT_BYTES, what)
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        message = f"A {what} is UTF-8 text: {error}."
        raise InvalidError(message, code=code) from error


class KeyFirst(APIRoute):
    """A route that checks the key, then reads its body.

    By itself FastAPI reads and parses a body of any size before it asks whose it is.
    """

    def get_route_handler(self) -> Answer:
        """Return what answers a request."""
        answer = super().get_route_handler()
        if self.body_field is None:
            return answer
        required = [each.call for each in self.dependant.dependencies if isinstance(each.call, Requires)]

        async def key_first(request: Request) -> Response:
            for requires in required:
                requires(request)
            body = await read_body(request, BODY_BYTES)
            return await answer(Request(request.scope, _whole(body)))

        return key_first


def _whole(body: bytes) -> Receive:
    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive
