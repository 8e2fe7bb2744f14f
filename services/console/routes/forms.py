"""Forms: read within bounds, taken from our own pages only, answered by going back to a page."""

import re
import secrets
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import parse_qs

from fastapi import Depends, Request
from fastapi.responses import RedirectResponse

from services.console.routes.visitor import Visitor, visitor
from shared.bodies import read_body
from shared.errors import ApiError, TooLargeError

MOST_BYTES = 20_000
MOST_FIELDS = 50
LOCAL = re.compile(r"/(?![/\\])[^\x00-\x1f\x7f]*")  # a path of ours: `//host` and `/\host` are elsewhere


class ForeignError(ApiError):
    """Raised when another site sends our form: a stranger must not sign a visitor in, out, or act for them."""

    status = 403
    code = "foreign_form"

    def __init__(self) -> None:
        """Say what to do."""
        super().__init__("This form was not sent from a page of this session: go back, reload the page, send it again.")


@dataclass(frozen=True, slots=True)
class Form:
    """What a visitor sent from one of our forms."""

    visitor: Visitor
    fields: dict[str, str]

    def text(self, name: str, most: int = 2000) -> str:
        """Return a field without white space around it; empty where it is not there."""
        return self.fields.get(name, "").strip()[:most]


def own_form(request: Request) -> None:
    """FastAPI dependency: refuse what another site sent. Raises ForeignError."""
    if request.headers.get("sec-fetch-site", "none") not in ("same-origin", "none"):
        raise ForeignError
    origin = request.headers.get("origin")
    if origin and origin.partition("://")[2] != request.headers.get("host"):
        raise ForeignError


async def fields_of(request: Request) -> dict[str, str]:
    """Return the fields of a form; the first of each name. Raises TooLargeError, and what `read_body` raises."""
    body = await read_body(request, MOST_BYTES, "form")
    try:
        found = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError as error:
        message = f"A form has at most {MOST_FIELDS} fields."
        raise TooLargeError(message) from error
    return {name: values[0] for name, values in found.items()}


async def own(request: Request, who: Annotated[Visitor, Depends(visitor)]) -> Form:
    """FastAPI dependency: a form from a page of this session. Raises ForeignError and TooLargeError."""
    own_form(request)
    fields = await fields_of(request)
    if who.csrf and not secrets.compare_digest(fields.get("csrf", "").encode(), who.csrf.encode()):
        raise ForeignError
    return Form(who, fields)


def local(address: str) -> str:
    """Return an address of this console as given, and of anything else the first page."""
    return address if LOCAL.fullmatch(address) else "/"


def back(address: str) -> RedirectResponse:
    """Answer an act: go to a page of this console."""
    return RedirectResponse(local(address), status_code=303)


Acting = Annotated[Form, Depends(own)]
