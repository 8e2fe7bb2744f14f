"""Pages: templates filled, in the frame that all share, with headers that let nothing foreign in."""

import shlex
from pathlib import Path
from urllib.parse import quote

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from services.console.domain.standing import detour_words
from services.console.domain.words import FILTERS
from services.console.reading import Part
from services.console.routes.changing import may_change
from services.console.routes.static import FOLDER, VERSION
from services.console.routes.visitor import Visitor
from shared.plain_text import visible
from shared.settings import Settings

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:;"
        " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}
NAVIGATION = (
    ("map", "/", "Map"),
    ("customers", "/customers?state=open", "Customers"),
    ("inbox", "/inbox", "Inbox"),
    ("outcomes", "/outcomes", "Outcomes"),
    ("system", "/system", "System"),
)
_templates = Environment(
    loader=FileSystemLoader(FOLDER.parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_templates.filters.update(FILTERS | {"detour": detour_words})
_templates.globals.update(version=VERSION, navigation=NAVIGATION)


def bare(template: str, status: int = 200, **words: object) -> HTMLResponse:
    """Return a page for those who are not signed in.

    What hides or turns words is made visible here, in whatever template or drawing it stands.
    """
    frame = {"here": "", "csrf": "", "visitor": None, "open_alerts": 0, "q": "", "in_folder": ""}
    body = _templates.get_template(template).render(frame | words)
    return HTMLResponse("\n".join(map(visible, body.split("\n"))), status, HEADERS)


async def show(
    request: Request,
    who: Visitor,
    template: str,
    *,
    status: int = 200,
    waiting: Part | None = None,
    **words: object,
) -> HTMLResponse:
    """Return a page in the frame; `here` names its place in NAVIGATION, further words are the template's.

    `waiting`: the summary of all alerts, where the page knows it already.
    """
    waiting = waiting or await who.part("alerts", "/v1/alerts/summary")
    count = int(waiting.value.get("open") or 0) if isinstance(waiting.value, dict) else 0
    may = may_change(request, who)
    folder = in_folder(request.app.state.settings) if may else ""  # a path of the machine is not for everybody
    frame = {"visitor": who, "csrf": who.csrf, "open_alerts": count, "address": address_of(request)}
    frame |= {"may_change": may, "in_folder": folder}
    return bare(template, status, **frame, **words)


def in_folder(settings: Settings) -> str:
    """Return the option by which commands find this Waypost; empty where its folder is the one that they look in."""
    usual = Path.cwd() / str(Settings.model_fields["data"].default)
    return "" if usual.resolve() == settings.data.resolve() else f" --data {shlex.quote(str(settings.data))}"


def address_of(request: Request) -> str:
    """Return the address of the page asked for, to come back to."""
    path, query = quote(request.scope["path"], safe="/:"), request.scope["query_string"].decode("ascii", "replace")
    return f"{path}?{query}" if query else path
