"""A running ingest service for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.ingest.running import Ingest


@pytest.fixture
def ingest(tmp_path: Path) -> Iterator[Ingest]:
    """Run an ingest service."""
    with Ingest(tmp_path) as running:
        yield running
