"""Fixtures that more than one kind of test uses."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.system import System


@pytest.fixture
def system(tmp_path: Path) -> Iterator[System]:
    """Run a whole Waypost with two tenants, on the machine's time."""
    with System(tmp_path / "data") as running:
        yield running
