"""The Segment-compatible doors: /v1/batch, one for each type of event, their short forms, and the pixel."""

import base64
import binascii
from functools import partial
from urllib.parse import parse_qs

from fastapi import FastAPI

from services.ingest.accept.acceptor import Acceptor, answer
from services.ingest.accept.submission import Submission
from services.ingest.domain.parcel import read_batch, read_single
from services.ingest.routes.bodies import Receive
from services.ingest.routes.door import JSON, Door, Scope, Write
from shared.auth import KeyRing
from shared.errors import ApiError

BODY_BYTES = 500 * 1024
EVENTS = 2500
SHORT = {"track": "t", "identify": "i", "page": "p", "screen": "s", "group": "g", "alias": "a"}
GIF = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
METHODS = ["POST", "OPTIONS"]

BATCH = Door("/v1/batch", partial(read_batch, most=EVENTS), answer, BODY_BYTES, EVENTS)
SINGLE = {kind: Door(f"/v1/{kind}", partial(read_single, kind=kind), answer, BODY_BYTES, 1) for kind in SHORT}


class Pixel(Write):
    """An event in the address of a picture, for mails and pages without script. The answer is the picture."""

    async def body_of(self, scope: Scope, headers: dict[bytes, bytes], receive: Receive) -> bytes:  # noqa: ARG002
        """Return the event that `data` holds as base64, of either alphabet, padded or not. Raises ApiError."""
        data = parse_qs(scope["query_string"].decode("latin-1")).get("data", [""])[0]
        text = data.strip().rstrip("=").replace(" ", "+").replace("+", "-").replace("/", "_")
        try:
            return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError) as error:
            message = "`data` must be an event as JSON in base64url."
            raise ApiError(message, code="bad_data") from error

    def payload(self, submission: Submission) -> bytes:  # noqa: ARG002
        """Return one transparent point."""
        return GIF

    def content_type(self, status: int) -> bytes:
        """Return the picture's type; errors are JSON as everywhere."""
        return b"image/gif" if status == 200 else JSON


def add_segment_routes(app: FastAPI, acceptor: Acceptor, keys: KeyRing) -> None:
    """Add the doors to a service."""
    batch = Write(BATCH, acceptor, keys)
    app.add_route("/v1/batch", batch, METHODS)  # type: ignore[arg-type]
    app.add_route("/v1/b", batch, METHODS)  # type: ignore[arg-type]
    for kind, short in SHORT.items():
        write = Write(SINGLE[kind], acceptor, keys)
        app.add_route(f"/v1/{kind}", write, METHODS)  # type: ignore[arg-type]
        app.add_route(f"/v1/{short}", write, METHODS)  # type: ignore[arg-type]
        pixel = Pixel(SINGLE[kind], acceptor, keys)
        app.add_route(f"/v1/pixel/{kind}", pixel, ["GET"])  # type: ignore[arg-type]
        app.add_route(f"/v1/pixel/{short}", pixel, ["GET"])  # type: ignore[arg-type]
