"""The one sheet and the one script, for those who are signed in: nothing is shown to anybody else."""

import hashlib
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from services.console.routes.visitor import visitor

router = APIRouter()

FOLDER = Path(__file__).parent.parent / "static"
SHEET = (FOLDER / "waypost.css").read_text(encoding="utf-8")
SCRIPT = (FOLDER / "console.js").read_text(encoding="utf-8")
VERSION = hashlib.sha256((SHEET + SCRIPT).encode()).hexdigest()[:12]  # in their addresses, so that none grows stale
KEEP = {"Cache-Control": "private, max-age=86400, immutable"}


@router.get("/static/waypost.css")
def sheet(_: Annotated[str, Depends(visitor)]) -> Response:
    """Return the sheet."""
    return Response(SHEET, media_type="text/css", headers=KEEP)


@router.get("/static/console.js")
def script(_: Annotated[str, Depends(visitor)]) -> Response:
    """Return the script."""
    return Response(SCRIPT, media_type="text/javascript", headers=KEEP)
