"""What may not stand in any file of the project."""

import ast
import re
from pathlib import Path

import pytest

from tests.shared_data import ROOT

from .checkout import files, functions, product_modules, pyproject

MEGABYTE = 1 << 20
# written in pieces, so that this file does not hold them itself
REGISTRIES = (
    "pypi" + ".org",
    "python" + "hosted",
    "npmjs" + ".org",
    "maven" + ".org",
    "crates" + ".io",
    "golang" + ".org",
)
PLACES = re.compile(r"(?<![\w.~/-])/(?:work|root|home|Users|mnt)/\w")
CONFLICT = re.compile(r"^(?:<{7}|>{7}) ", re.MULTILINE)
SECRETS = re.compile(r"(?:^|_)(?:key|keys|token|secret|authorization|password|body|headers)$", re.IGNORECASE)


def text_of(path: Path) -> str:
    """Return a file's text; empty for what is not text."""
    try:
        return path.read_text()
    except UnicodeDecodeError:
        return ""


def test_no_file_names_a_package_registry() -> None:
    named = {str(p.relative_to(ROOT)) for p in files() if any(host in text_of(p) for host in REGISTRIES)}

    assert named == set()


def test_no_file_names_a_place_on_one_machine() -> None:
    named = {str(p.relative_to(ROOT)): found[0] for p in files() if (found := PLACES.search(text_of(p)))}

    assert named == {}


def test_no_file_is_large_or_half_merged() -> None:
    wrong = {str(p.relative_to(ROOT)) for p in files() if p.stat().st_size > MEGABYTE or CONFLICT.search(text_of(p))}

    assert wrong == set()


def test_every_ignored_rule_has_its_reason() -> None:
    text = (ROOT / "pyproject.toml").read_text()
    codes = re.findall(r'^ +"([A-Z]+\d*)",(.*)$|^"[^"]+" = \[("[A-Z]+\d*".*)$', text, re.MULTILINE)
    without = [found for found in codes if "#" not in "".join(found)]

    assert codes
    assert without == []


OTHER_BANS = r"typer\.echo\(|from rich\.console import "  # of printing past waypost/printing.py and waypost/screen.py


def test_the_linters_forbid_every_clock_but_ours() -> None:
    lint = pyproject()["tool"]["ruff"]["lint"]
    banned = lint["flake8-tidy-imports"]["banned-api"]
    may_use_it = [path for path, codes in lint["per-file-ignores"].items() if "TID251" in codes]

    assert lint["select"] == ["ALL"]
    assert not {"D100", "TID251", "DTZ005", "T201"} & set(lint["ignore"])
    assert banned.keys() >= {"time.time", "time.time_ns", "datetime.datetime.now", "datetime.datetime.utcnow"}
    assert may_use_it == ["shared/clock.py"]


def test_no_module_silences_the_ban_on_clocks() -> None:
    silencing = [
        (str(p.relative_to(ROOT)), line.strip())
        for p, source in product_modules()
        for line in source.splitlines()
        if re.search(r"noqa:[^#]*(TID251|DTZ00[235]|DTZ011)", line)
    ]

    assert [(path, line) for path, line in silencing if not re.match(OTHER_BANS, line)] == []


@pytest.mark.parametrize("bad", ["log.info('x', key=key)", "_log.warning('x', why=request.headers)"])
def test_the_search_for_logged_secrets_finds_them(bad: str) -> None:
    assert logged_secrets(f"def f():\n    {bad}\n") != []


def test_no_secret_and_no_body_is_logged() -> None:
    logged = {str(p.relative_to(ROOT)): found for p, source in product_modules() if (found := logged_secrets(source))}

    assert logged == {}


def logged_secrets(source: str) -> list[str]:
    """Return the calls of loggers that are given something named like a secret or a body."""
    found = []
    for function in functions(source):
        for call in ast.walk(function):
            if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute)):
                continue
            if not re.search(r"(?:^|_)log(?:ger)?$", ast.unparse(call.func.value)):
                continue
            given = [node.id for node in ast.walk(call) if isinstance(node, ast.Name)]
            given += [node.attr for node in ast.walk(call) if isinstance(node, ast.Attribute)]
            given += [keyword.arg or "" for keyword in call.keywords]
            if any(SECRETS.search(name) for name in given):
                found.append(ast.unparse(call))
    return found
