"""One run of the story for all tests that look at what it left."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.servers.system import System

from .story import CLOCK, ENVIRONMENT, tell


@dataclass(frozen=True, slots=True)
class Told:
    """A Waypost after the story, and what it answered."""

    system: System
    answers: dict[str, Any]


@pytest.fixture(scope="session")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    """Tell the story."""
    with System(tmp_path_factory.mktemp("story") / "data", ENVIRONMENT, CLOCK) as system:
        yield Told(system, tell(system))
