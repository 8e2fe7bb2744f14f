"""The reference of the API is complete, up to date, and its examples are what a running Waypost answers."""

import json
from typing import Any

import pytest

from .api_pages import API, EXAMPLES, SERVICES, examples
from .api_routes import openapi, routes
from .asgi_doors import ALIASES
from .conftest import Told
from .written import API_PAGES, alike

Json = dict[str, Any]


@pytest.mark.parametrize("name", API_PAGES)
def test_the_page_is_up_to_date(name: str) -> None:
    assert (API / name).read_text() == API_PAGES[name](), "run `make docs`"


@pytest.mark.parametrize("service", SERVICES)
def test_every_route_has_words_and_an_example(service: str) -> None:
    shown = examples()
    described = openapi(service)["paths"]
    without = {
        f"{method} {path}"
        for method, path, _ in routes(service)
        if path not in ALIASES
        and (f"{service} {method} {path}" not in shown or not described[path][method.lower()]["description"])
    }

    assert without == set(), "ask the route in tests/docs/story.py, then run `make docs`"


@pytest.mark.parametrize("name", [name for name in API_PAGES if name.endswith(".md")])
def test_every_parameter_and_field_has_a_meaning(name: str) -> None:
    rows = [line for line in (API / name).read_text().splitlines() if line.startswith("| `")]

    assert [row for row in rows if row.endswith("|  |")] == [], "give it a description, or add it to meanings.py"


def test_the_examples_are_what_is_answered(told: Told) -> None:
    written: dict[str, Json] = json.loads(EXAMPLES.read_text())

    assert written.keys() == told.answers.keys(), "run `make docs`"
    other = {route for route, example in told.answers.items() if not alike(example, written[route])}
    assert other == set(), "run `make docs`"


def test_a_route_that_answers_otherwise_is_noticed() -> None:
    assert alike({"a": [1, 2], "b": None}, {"a": [7], "b": "x"})
    assert not alike({"a": 1}, {"b": 1})
    assert not alike({"a": [{"x": 1}]}, {"a": [{"y": 1}]})
    assert not alike({"a": 1}, {"a": "1"})
