"""What lies in the checkout, for tests about the project itself."""

import ast
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from tests.shared_data import ROOT

PRODUCT = ("waypost", "migrations", "services", "shared")
BUILT = {".git", ".venv", "__pycache__", "build", "waypost-data", ".mypy_cache", ".ruff_cache", ".hypothesis"}


@cache
def files() -> tuple[Path, ...]:
    """Return the project's own files: those that git knows, or all but built ones where there is no git."""
    if (ROOT / ".git").exists() and shutil.which("git"):
        listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True).stdout
        found = [ROOT / name for name in listed.decode().split("\0") if name]
    else:
        found = [p for p in ROOT.rglob("*") if p.is_file() and not BUILT & set(p.relative_to(ROOT).parts)]
    return tuple(path for path in found if path.is_file())


def product_modules() -> Iterator[tuple[Path, str]]:
    """Yield path and source of every module that ships."""
    for path in files():
        if path.suffix == ".py" and path.relative_to(ROOT).parts[0] in PRODUCT:
            yield path, path.read_text()


def functions(source: str) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Yield every function of a module, methods and inner ones too."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


@cache
def pyproject() -> dict[str, Any]:
    """Return pyproject.toml."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text())
