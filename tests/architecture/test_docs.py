"""The documents match the code."""

import re
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import REGISTRY
from typer.main import get_command

import shared.metrics as catalogue
from tests.shared_data import ROOT
from waypost.cli import app

from .checkout import files, product_modules
from .generated_docs import DOCS, PAGES

README = ROOT / "README.md"
COMMAND = re.compile(r"(?:^ {4}|^|`)(?:\.venv/bin/)?waypost ([a-z][^`\n#]*)", re.MULTILINE)
LINK = re.compile(r"\]\(([^)#]+)(?:#[^)]*)?\)")


@pytest.mark.parametrize("name", PAGES)
def test_the_pages_made_from_code_are_up_to_date(name: str) -> None:
    assert (DOCS / name).read_text() == PAGES[name](), "run `make docs`"


def test_every_metric_is_on_the_page_of_metrics() -> None:
    assert catalogue.__doc__
    page = (DOCS / "metrics.md").read_text()
    registries = (REGISTRY, *catalogue.OF_SERVICE.values())
    ours = {metric.name for each in registries for metric in each.collect() if metric.name.startswith("waypost_")}

    assert len(ours) > 10
    assert {name for name in ours if f"`{name}`" not in page and f"`{name}_total`" not in page} == set()


def test_metrics_are_defined_in_the_catalogue_only() -> None:
    elsewhere = {
        str(path.relative_to(ROOT))
        for path, source in product_modules()
        if re.search(r"(?:Counter|Gauge|Histogram|Summary)\(\s*\"waypost_", source) and path.name != "metrics.py"
    }

    assert elsewhere == set()


def test_every_decision_record_is_in_the_index_once() -> None:
    folder = DOCS / "decisions"
    records = sorted(p.name for p in folder.glob("[0-9]*.md"))
    indexed = [target for target in LINK.findall((folder / "README.md").read_text()) if re.match(r"\d{4}-", target)]

    assert sorted(indexed) == records
    assert indexed == sorted(indexed)


@pytest.mark.parametrize("record", sorted((DOCS / "decisions").glob("[0-9]*.md")), ids=lambda path: path.stem)
def test_a_decision_record_says_what_was_decided_why_and_what_enforces_it(record: Path) -> None:
    text = record.read_text()

    assert re.match(r"# \d{4} \S", text)
    parts = set(re.findall(r"^## .*$", text, re.MULTILINE))
    assert {"## Decision", "## Enforced by"} <= parts
    assert parts & {"## Why", "## Smallest example"}


def test_no_link_between_documents_is_broken() -> None:
    broken = [
        f"{path.relative_to(ROOT)}: {target}"
        for path in files()
        if path.suffix == ".md"
        for target in LINK.findall(path.read_text())
        if "://" not in target and not (path.parent / target).exists()
    ]

    assert broken == []


def test_every_file_that_a_document_or_a_comment_names_exists() -> None:
    named = re.compile(
        r"(?<![\w./-])((?:docs|tests|shared|services|waypost|migrations|deploy|bench)/[\w/.-]+\.(?:py|md|yaml|yml|sh))"
    )
    missing = {
        f"{path.relative_to(ROOT)}: {name}"
        for path in files()
        if path.suffix in {".py", ".md", ".toml", ".yml", ".yaml"} or path.name == "Makefile"
        for name in named.findall(path.read_text())
        if not (ROOT / name).exists()
    }

    assert missing == set()


def test_every_make_target_in_the_documents_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    said = {
        target
        for path in (README, ROOT / "CONTRIBUTING.md", *DOCS.rglob("*.md"))
        for target in re.findall(r"(?:^ {4}|`|^)make (?:-C \S+ )?([a-z-]+)", path.read_text(), re.MULTILINE)
    }

    assert {"demo", "test"} <= said
    assert said <= targets


def test_every_waypost_command_in_the_documents_exists_with_its_options() -> None:
    root = get_command(app)
    wrong = {
        f"{path.relative_to(ROOT)}: {said[0]}"
        for path in (README, ROOT / "CONTRIBUTING.md", *DOCS.rglob("*.md"))
        for said in COMMAND.finditer(path.read_text())
        if not stands(root, said[1].split())
    }

    assert wrong == set()


def stands(command: Any, words: list[str]) -> bool:  # noqa: ANN401 (the library's own)
    """Say whether a command line names a command, its subcommand and options that it has."""
    for word in words:
        if hasattr(command, "commands"):
            if word not in command.commands and not hasattr(command, "unless_told"):
                return False
            command = command.commands.get(word) or command.commands[command.unless_told]
        elif word.startswith("--") and word.split("=")[0] not in {o for p in command.params for o in p.opts}:
            return False
    return True
