"""Fixtures that more than one kind of test uses."""

from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from tests.servers.system import System
from tests.shared_data import in_ci

# two busy cores say nothing about a deadline; in CI the same cases come every time
hypothesis.settings.register_profile("waypost", deadline=None, derandomize=in_ci(), print_blob=not in_ci())
hypothesis.settings.load_profile("waypost")


@pytest.fixture
def system(tmp_path: Path) -> Iterator[System]:
    """Run a whole Waypost with two tenants, on the machine's time."""
    with System(tmp_path / "data") as running:
        yield running
