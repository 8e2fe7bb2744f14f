"""Who may change things: forms of visitors whose key may administer. Those who may only read are told why not."""

from typing import Annotated

from fastapi import Depends, Request

from services.console.routes.forms import Form, own
from services.console.routes.visitor import Visitor
from shared.auth import ALLOWS, KeyRing
from shared.errors import ForbiddenError

SCOPE = "admin"


def may_change(request: Request, who: Visitor) -> bool:
    """Tell whether a visitor's key may change things."""
    keys: KeyRing = request.app.state.keys
    caller = keys.find(who.ask.token)
    return caller is not None and SCOPE in ALLOWS[caller.scope]


def changing(request: Request, form: Annotated[Form, Depends(own)]) -> Form:
    """FastAPI dependency: a form of somebody who may change things. Raises ForbiddenError and what `own` raises."""
    if not may_change(request, form.visitor):
        raise ForbiddenError(SCOPE)
    return form


Changing = Annotated[Form, Depends(changing)]
