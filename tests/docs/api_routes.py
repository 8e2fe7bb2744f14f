"""The routes of every service as OpenAPI: FastAPI's own description, with scopes, errors, and the plain ASGI doors."""

import importlib
import re
import tempfile
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import iter_route_contexts

from shared import errors
from shared.auth import Requires
from shared.errors import ApiError
from shared.settings import SERVICES, Settings
from tests.servers.system import System

from .asgi_doors import DOORS

Json = dict[str, Any]

RAISES = re.compile(r"\s*Raises ([\w, ]+?)\.?$", re.DOTALL)
KNOWN: dict[str, type[ApiError]] = {
    name: error for name, error in vars(errors).items() if isinstance(error, type) and issubclass(error, ApiError)
}


@cache
def apps() -> dict[str, FastAPI]:
    """Return the four apps, wired on a folder of their own and not running."""
    settings = Settings(data=Path(tempfile.mkdtemp(prefix="waypost-docs-")))
    System.migrate(settings.data)
    return {name: importlib.import_module(f"services.{name}.app").create_app(settings) for name in SERVICES}


def routes(service: str) -> Iterator[tuple[str, str, Dependant | None]]:
    """Yield method, path and dependencies of every route of the API; pages for browsers are none."""
    for route in iter_route_contexts(apps()[service].routes):
        path = re.sub(r":\w+\}", "}", getattr(route, "path", "") or "")
        if path.startswith("/v1/"):
            for method in sorted((getattr(route, "methods", None) or {"GET"}) - {"OPTIONS", "HEAD"}):
                yield method, path, getattr(route.original_route, "dependant", None)


def openapi(service: str) -> Json:
    """Return the OpenAPI description of a service, without examples."""
    described: Json = apps()[service].openapi()
    paths: Json = {}
    for method, path, dependant in routes(service):
        operation = described["paths"].get(path, {}).get(method.lower()) or DOORS[service].get(path)
        if operation is None:
            message = f"{method} {path} of {service} is described nowhere: add it to tests/docs/asgi_doors.py"
            raise LookupError(message)
        raised = [errors.NotFoundError] if "{" in path and method != "PUT" else []
        paths.setdefault(path, {})[method.lower()] = with_errors(dict(operation), scope_of(dependant), raised)
    return {
        "openapi": described["openapi"],
        "info": described["info"] | {"license": {"name": "Apache-2.0"}},
        "servers": [{"url": f"http://127.0.0.1:{Settings.model_fields['port'].default + SERVICES.index(service)}"}],
        "paths": paths,
        "components": described.get("components", {})
        | {"securitySchemes": {"key": {"type": "http", "scheme": "bearer", "description": "A key; docs/ingest.md"}}},
    }


def scope_of(dependant: Dependant | None) -> str:
    """Return the scope that a route wants of the key. The doors for events, which have no dependencies, want write."""
    if dependant is None:
        return "write"
    for each in dependant.dependencies:
        if isinstance(each.call, Requires):
            return each.call.scope
        if scope := scope_of(each):
            return scope
    return ""


def with_errors(operation: Json, scope: str, more: Sequence[type[ApiError]]) -> Json:
    """Return an operation whose description is for callers, and whose errors and scope stand where tools look."""
    text = " ".join(operation.get("description", "").split())
    raised = RAISES.search(text)
    operation["description"] = RAISES.sub("", text).strip()
    operation["summary"] = operation["description"].partition(". ")[0].partition("; ")[0].rstrip(".")
    operation["security"] = [{"key": [scope] if scope else []}]
    responses = {status: given for status, given in operation["responses"].items() if status.startswith("2")}
    wrong = [*more, *(KNOWN[name] for name in re.findall(r"\w+Error", raised[1] if raised else ""))]
    if "422" in operation["responses"]:
        wrong.append(errors.InvalidError)
    if "requestBody" in operation:
        wrong.append(errors.TooLargeError)
    wrong += [errors.UnauthorizedError, errors.ForbiddenError]
    for error in sorted(set(wrong), key=lambda error: error.status):
        responses[str(error.status)] = {"description": f"`{error.code}`: {when(error)}"}
    operation["responses"] = responses
    return operation


def when(error: type[ApiError]) -> str:
    """Return when an error is answered, from its docstring."""
    said = (error.__doc__ or "").removeprefix("Raised when ").rstrip(".")
    return said[0].upper() + said[1:] + "."
