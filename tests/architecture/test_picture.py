"""The picture in docs/architecture.md shows the way of a touchpoint as the code goes it."""

import ast
import re
from typing import NamedTuple

import pytest

from shared.log import event_log
from shared.settings import SERVICES
from tests.shared_data import ROOT


class Arrow(NamedTuple):
    """From one module to the next: by an import, through `app.py`, or over a topic."""

    left: str
    through: str
    topic: str
    right: str


PICTURE = re.search(r"```mermaid\n(.*?)```", (ROOT / "docs" / "architecture.md").read_text(), re.DOTALL)
TEXT = PICTURE[1] if PICTURE else ""
NODES = dict(re.findall(r'^ *(\w+)\["([\w/]+\.py)"\]$', TEXT, re.MULTILINE))
ROOMS = re.findall(r"^ *subgraph (\w+)$", TEXT, re.MULTILINE)
ARROW = re.compile(r"^ *(\w+) (?:-->|-\. (app\.py) \.->|== (\w+) ==>) (\w+)$", re.MULTILINE)
ARROWS = [Arrow(*found) for found in ARROW.findall(TEXT)]
TOPICS = {name: constant for constant, name in vars(event_log).items() if constant.isupper() and isinstance(name, str)}


def imports(module: str) -> set[str]:
    """Return what a module imports, as paths of modules and of names in them."""
    found = set()
    for node in ast.walk(ast.parse((ROOT / module).read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def test_the_picture_has_every_line_that_it_seems_to_have() -> None:
    lines = [line.strip() for line in TEXT.splitlines()]
    known = len(NODES) + len(ARROWS) + 2 * len(ROOMS) + 1  # each room ends; the first line

    assert ARROWS
    assert len([line for line in lines if line]) == known
    assert {end for arrow in ARROWS for end in (arrow.left, arrow.right)} == NODES.keys()


def test_the_way_begins_at_a_route_of_ingest_and_ends_in_the_alerts() -> None:
    first, last = NODES[ARROWS[0].left], NODES[ARROWS[-1].right]

    assert first.startswith("services/ingest/routes/")
    assert last.startswith("services/alerts/")
    assert set(ROOMS) <= {*SERVICES}


def test_the_way_passes_each_room_once_and_never_turns_back() -> None:
    rooms = [room for module in NODES.values() if (room := module.split("/")[1]) in SERVICES]
    entered = [room for n, room in enumerate(rooms) if n == 0 or rooms[n - 1] != room]

    assert entered == ["ingest", "journey", "alerts"]
    order = list(NODES)
    assert all(order.index(arrow.left) < order.index(arrow.right) for arrow in ARROWS)


@pytest.mark.parametrize("module", NODES.values())
def test_every_module_in_the_picture_exists(module: str) -> None:
    assert (ROOT / module).is_file()


@pytest.mark.parametrize(
    "arrow",
    [arrow for arrow in ARROWS if not arrow.topic and not arrow.through],
    ids=lambda a: f"{a.left} to {a.right}",
)
def test_a_thin_arrow_is_an_import(arrow: Arrow) -> None:
    assert NODES[arrow.right].removesuffix(".py").replace("/", ".") in imports(NODES[arrow.left])


@pytest.mark.parametrize("arrow", [arrow for arrow in ARROWS if arrow.topic], ids=lambda a: f"{a.topic}")
def test_a_thick_arrow_is_a_topic_that_both_ends_name(arrow: Arrow) -> None:
    constant = f"shared.log.event_log.{TOPICS[arrow.topic]}"

    assert constant in imports(NODES[arrow.left])
    assert constant in imports(NODES[arrow.right])


@pytest.mark.parametrize("arrow", [arrow for arrow in ARROWS if arrow.through], ids=lambda a: f"{a.left} to {a.right}")
def test_a_dotted_arrow_is_wired_by_the_app_of_the_room(arrow: Arrow) -> None:
    wired = imports("/".join(NODES[arrow.left].split("/")[:2]) + "/app.py")

    assert NODES[arrow.left].removesuffix(".py").replace("/", ".") in wired
    assert NODES[arrow.right].removesuffix(".py").replace("/", ".") in wired
