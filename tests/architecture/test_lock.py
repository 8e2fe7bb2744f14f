"""What is installed is what is locked, what is locked is what pyproject.toml asks for, and its licences are known."""

import re
from collections.abc import Iterable
from importlib import metadata

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.shared_data import ROOT

from .checkout import pyproject

LOCKS = ("build", "runtime", "dev")
PERMISSIVE = {
    "0BSD",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "CC0-1.0",
    "ISC",
    "MIT",
    "MIT-0",
    "PSF-2.0",
    "Unlicense",
    "Zlib",
}
WORDS = {  # how some say it
    "3-Clause BSD License": "BSD-3-Clause",
    "BSD License": "BSD-3-Clause",
    "ISC License": "ISC",
    "MIT License": "MIT",
}
WEAK_COPYLEFT = {  # used unmodified, as dependencies of their own
    "certifi": "MPL-2.0",
    "crc32c": "LGPL-2.1-or-later",
    "psycopg": "LGPL-3.0-only",
    "psycopg-binary": "LGPL-3.0-only",
}


def name_of(requirement: Requirement) -> str:
    """Return the canonical name of what is required."""
    return canonicalize_name(requirement.name)


def version_of(pin: Requirement) -> str:
    """Return the version of a pin."""
    return next(iter(pin.specifier)).version


def locked(name: str) -> dict[str, list[Requirement]]:
    """Return the pins of a lock file by distribution; one may have several, for several Pythons."""
    pins: dict[str, list[Requirement]] = {}
    for line in (ROOT / "requirements" / f"{name}.txt").read_text().splitlines():
        if line and not line.startswith((" ", "#")):
            pin = Requirement(line.removesuffix("\\").strip())
            pins.setdefault(name_of(pin), []).append(pin)
    return pins


def group(name: str) -> list[str]:
    """Return a dependency group with the groups that it includes."""
    found: list[str] = []
    for entry in pyproject()["dependency-groups"][name]:
        found += [entry] if isinstance(entry, str) else group(entry["include-group"])
    return found


def closure(wanted: Iterable[str]) -> list[Requirement]:
    """Return every requirement that these reach through what is installed."""
    reached: dict[str, Requirement] = {}
    todo = [Requirement(text) for text in wanted]
    while todo:
        requirement = todo.pop()
        if str(requirement) in reached:
            continue
        reached[str(requirement)] = requirement
        extras = requirement.extras or {""}
        todo += [
            needed
            for needed in map(Requirement, metadata.requires(requirement.name) or [])
            if needed.marker is None or any(needed.marker.evaluate({"extra": extra}) for extra in extras)
        ]
    return list(reached.values())


def licences_of(name: str) -> set[str]:
    """Return the licences of an installed distribution as it states them: expression, else field, else classifiers."""
    about = metadata.metadata(name)
    stated = next((about[field] for field in ("License-Expression", "License") if field in about), "")
    if not stated or "\n" in stated:
        stated = " AND ".join(c.rpartition(" :: ")[2] for c in about.get_all("Classifier") or [] if "License ::" in c)
    return {WORDS.get(part.strip(" ()"), part.strip(" ()")) for part in re.split(r" AND | OR ", stated)}


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_holds_pins_and_hashes_and_no_address(lock: str) -> None:
    text = (ROOT / "requirements" / f"{lock}.txt").read_text()

    assert "://" not in text
    assert "--index-url" not in text
    assert "--find-links" not in text
    blocks = re.split(r"\n(?=\S)", text.strip())
    assert all("==" in block and "--hash=sha256:" in block for block in blocks)


@pytest.mark.parametrize(
    ("lock", "wanted"),
    [("runtime", pyproject()["project"]["dependencies"]), ("dev", group("dev"))],
    ids=["runtime", "dev"],
)
def test_a_lock_holds_all_that_pyproject_asks_for(lock: str, wanted: list[str]) -> None:
    pins = locked(lock)
    missing = [
        str(requirement)
        for requirement in closure(wanted)
        if not any(requirement.specifier.contains(version_of(pin)) for pin in pins.get(name_of(requirement), []))
    ]

    assert missing == [], "run `make lock`"


def test_the_two_locks_agree() -> None:
    runtime, dev = locked("runtime"), locked("dev")
    differing = {name for name in runtime.keys() & dev.keys() if {*map(str, runtime[name])} != {*map(str, dev[name])}}

    assert differing == set()


def test_what_is_installed_is_what_is_locked() -> None:
    differing = {
        name: metadata.version(name)
        for name, pins in locked("dev").items()
        if any(pin.marker is None or pin.marker.evaluate() for pin in pins)
        and not any(pin.specifier.contains(metadata.version(name)) for pin in pins)
    }

    assert differing == {}


def test_every_runtime_dependency_has_a_licence_that_we_may_ship() -> None:
    refused = {
        name: licences
        for name, pins in locked("runtime").items()
        if any(pin.marker is None or pin.marker.evaluate() for pin in pins)
        and not (licences := licences_of(name)) <= PERMISSIVE | {WEAK_COPYLEFT.get(name, "MIT")}
    }

    assert refused == {}
