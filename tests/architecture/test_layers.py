"""The rooms of the house: who may import whom (the contracts stand in pyproject.toml)."""

import subprocess
import sys
from pathlib import Path

from tests.shared_data import ROOT

from .checkout import pyproject


def test_every_import_obeys_the_layer_contracts() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([linter, "--no-cache", "--no-logo"], cwd=ROOT, check=False, capture_output=True, text=True)

    assert done.returncode == 0, done.stdout + done.stderr


def test_the_package_of_the_services_is_empty() -> None:
    # import rules cannot see imports made here: every service's package would inherit them
    assert (ROOT / "services" / "__init__.py").read_bytes() == b""


def test_every_service_on_disk_is_under_the_contracts() -> None:
    on_disk = {p.name for p in (ROOT / "services").iterdir() if (p / "__init__.py").exists()}
    contracts = pyproject()["tool"]["importlinter"]["contracts"]
    grammar = {name for c in contracts for name in c.get("containers", []) if name.startswith("services.")}

    assert {f"services.{name}" for name in on_disk} <= grammar
