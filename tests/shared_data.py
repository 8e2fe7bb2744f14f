"""Finds the real logs and exact answers that lie beside a checkout, in ../shared; they are not part of the project."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def in_ci() -> bool:
    """Whether a missing part is a failure rather than a skip."""
    return bool(os.environ.get("CI") or os.environ.get("WAYPOST_TEST_ALL"))


def shared_path(name: str) -> Path:
    """Return the path of a shared file; without it the test is skipped, and fails in CI."""
    path = Path(os.environ.get("WAYPOST_SHARED", ROOT.parent / "shared")) / name
    if not path.exists():
        message = f"{path} is missing: put the shared test data beside the checkout, or set WAYPOST_SHARED"
        if in_ci():
            pytest.fail(message, pytrace=False)
        pytest.skip(message)
    return path
