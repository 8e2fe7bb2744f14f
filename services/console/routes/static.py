"""The one sheet and the one script. Both are the same for everybody, so they need no key."""

import hashlib
from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import Response

router = APIRouter()

FOLDER = Path(__file__).parent.parent / "static"
SHEET = (FOLDER / "waypost.css").read_text(encoding="utf-8")
SCRIPT = (FOLDER / "console.js").read_text(encoding="utf-8")
VERSION = hashlib.sha256((SHEET + SCRIPT).encode()).hexdigest()[:12]  # in their addresses, so that none grows stale
KEEP = {"Cache-Control": "public, max-age=86400, immutable", "X-Content-Type-Options": "nosniff"}


@router.get("/static/waypost.css")
def sheet() -> Response:
    """Return the sheet."""
    return Response(SHEET, media_type="text/css", headers=KEEP)


@router.get("/static/console.js")
def script() -> Response:
    """Return the script."""
    return Response(SCRIPT, media_type="text/javascript", headers=KEEP)
