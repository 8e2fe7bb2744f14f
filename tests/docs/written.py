"""Writes docs/api anew: `make docs`. Examples are renewed only where an answer has another shape."""

import json
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from tests.servers.system import System

from .api_pages import API, EXAMPLES, SERVICES, exemplified, page
from .story import CLOCK, ENVIRONMENT, tell

Json = dict[str, Any]


def openapi_text(service: str) -> str:
    """Return the description of a service for programs."""
    return json.dumps(exemplified(service), indent=1, ensure_ascii=False) + "\n"


API_PAGES: dict[str, Callable[[], str]] = {f"{service}.md": partial(page, service) for service in SERVICES}
API_PAGES |= {f"{service}.openapi.json": partial(openapi_text, service) for service in SERVICES}


def alike(one: Any, other: Any) -> bool:  # noqa: ANN401 (JSON)
    """Say whether two answers have one shape: the same fields, of the same types. Null and empty lists are like all."""
    if one is None or other is None:
        return True
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(alike(one[name], other[name]) for name in one)
    if isinstance(one, list) and isinstance(other, list):
        return not one or not other or all(any(alike(each, its) for its in other) for each in one)
    numbers = (int, float)
    if isinstance(one, numbers) and isinstance(other, numbers):
        return isinstance(one, bool) == isinstance(other, bool)
    return type(one) is type(other)


def renewed(written: dict[str, Json], told: dict[str, Json]) -> dict[str, Json]:
    """Return the examples to write: those written where they are still true."""
    return {
        route: written[route] if route in written and alike(example, written[route]) else example
        for route, example in sorted(told.items())
    }


def write() -> None:
    """Run the story and write every page."""
    API.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, System(Path(folder) / "data", ENVIRONMENT, CLOCK) as system:
        told = tell(system)
    written = json.loads(EXAMPLES.read_text()) if EXAMPLES.exists() else {}
    EXAMPLES.write_text(json.dumps(renewed(written, told), indent=1, ensure_ascii=False) + "\n")
    for name, text in API_PAGES.items():
        (API / name).write_text(text())


if __name__ == "__main__":
    write()
