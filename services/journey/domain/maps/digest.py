"""The canonical content of a map: two texts with the same one are the same version."""

import hashlib
from dataclasses import MISSING, fields, is_dataclass

import msgspec

from services.journey.domain.maps.load import load_map
from services.journey.domain.maps.model import JourneyMap


def map_digest(text: str) -> str:
    """Return the SHA-256 (hex) of what a map's text says; layout and comments do not matter. Raises MapError."""
    return digest_of(load_map(text))


def digest_of(map: JourneyMap) -> str:
    """Return the SHA-256 (hex) of a map's content."""
    return hashlib.sha256(msgspec.json.encode(dump(map))).hexdigest()


def dump(value: object) -> object:
    """Return a map as plain lists and values. What is as by default is left out, so a new key changes no digest."""
    if is_dataclass(value) and not isinstance(value, type):
        parts = [
            [part.name, dump(got)] for part in fields(value) if not _is_default(part, got := getattr(value, part.name))
        ]
        return [type(value).__name__, *parts]
    if isinstance(value, dict):
        return [[key, dump(one)] for key, one in value.items()]
    if isinstance(value, tuple):
        return [dump(one) for one in value]
    return value


def _is_default(part: object, value: object) -> bool:
    factory = getattr(part, "default_factory", MISSING)
    default = factory() if callable(factory) else getattr(part, "default", MISSING)
    return value == default and type(value) is type(default)
