"""From a map's text to the frozen map.

Words and meaning: docs/map-language.md. What is wrong with a map that can be read is lint's to say (lint.py).
"""

import json

from services.journey.domain.maps.model import JourneyMap
from services.journey.domain.maps.paths import BLOCK_KEYS
from services.journey.domain.maps.reading import HEAD_KEYS, Lines, LoadedMap, MapReader
from shared.yaml_text.document import Entry, Table, Text, read_document
from shared.yaml_text.problems import DocumentError, Problem, Problems

__all__ = ["Lines", "LoadedMap", "MapError", "load", "load_map", "map_of_tree"]

MapError = DocumentError  # raised when a text is not a map


def load_map(text: str) -> JourneyMap:
    """Read a map from YAML or JSON. Raises MapError with every problem and its line."""
    return load(text).map


def load(text: str) -> LoadedMap:
    """Read a map and the lines of its parts. Raises MapError with every problem and its line."""
    problems = Problems()
    root = read_document(text, problems)
    if not isinstance(root, Table):
        raise MapError([Problem("error", "a map is a table of keys and values, beginning with `map`", root.line)])
    loaded = MapReader(_as_map(root), problems).read()
    problems.raise_if_any()
    return loaded


def map_of_tree(tree: object, name: str = "tree") -> JourneyMap:
    """Make a map of a bare process tree, counting what it does not know. Raises MapError where the tree is none."""
    return load_map(json.dumps({"map": name, "unmapped": "count", "path": tree}))


def _as_map(root: Table) -> Table:
    """Read a bare process tree as a map of that path, as process mining compares: every event counts."""
    keys = root.entries.keys()
    if keys & set(HEAD_KEYS) or not keys & {*BLOCK_KEYS, "step"}:
        return root
    head = {
        key: Entry(root.line, Text(root.line, word, word)) for key, word in (("map", "tree"), ("unmapped", "count"))
    }
    return Table(root.line, {**head, "path": Entry(root.line, root)})
