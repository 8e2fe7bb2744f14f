"""What the documents say of each other and of what is deployed."""

import re
from collections.abc import Iterator
from typing import Any

from typer.main import get_command

from shared.settings import Settings
from tests.shared_data import ROOT
from waypost.cli import app

DOCS = ROOT / "docs"
DEPLOY = ROOT / "deploy"
LINK = re.compile(r"\]\(([^)#]+)(?:#[^)]*)?\)")


def test_every_document_is_in_the_index() -> None:
    index = DOCS / "README.md"
    listed = {(DOCS / target).resolve() for target in LINK.findall(index.read_text())}
    pages = {*DOCS.glob("*.md"), *(DOCS / "guides").glob("*.md"), DOCS / "asyncapi.yaml"} - {index}

    assert {str(page.relative_to(DOCS)) for page in pages if page.resolve() not in listed} == set()


def test_every_word_of_an_alarm_or_a_question_about_metrics_is_a_metric() -> None:
    page = (DOCS / "metrics.md").read_text()
    known = set(re.findall(r"^\| `(waypost_\w+)`", page, re.MULTILINE))
    used = set(re.findall(r"\bwaypost_\w+", (DEPLOY / "prometheus-rules.yml").read_text()))
    used |= set(re.findall(r"\bwaypost_\w+", (DEPLOY / "prometheus-questions.yml").read_text()))

    assert len(used) > 10
    assert {name.removesuffix("_bucket") for name in used} <= known


def commands(command: Any, path: str = "waypost") -> Iterator[str]:  # noqa: ANN401 (the library's own)
    """Yield every command that can be given, one that goes without saying by its group."""
    if not hasattr(command, "commands"):
        yield path
        return
    for name, each in command.commands.items():
        goes_without_saying = name == getattr(command, "unless_told", "")
        yield from commands(each, path if goes_without_saying else f"{path} {name}")


def test_every_command_is_documented() -> None:
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *DOCS.glob("*.md"), *(DOCS / "guides").glob("*.md")]
    text = "\n".join(page.read_text() for page in pages)
    every = set(commands(get_command(app)))

    assert len(every) > 20
    assert {command for command in every if not re.search(rf"{command}\b", text)} == set()


def test_every_setting_that_a_document_names_exists() -> None:
    pages = [ROOT / "README.md", *DOCS.rglob("*.md"), *DEPLOY.glob("*")]
    named = {name for page in pages if page.is_file() for name in re.findall(r"WAYPOST_([A-Z_]+)", page.read_text())}

    assert len(named) > 10
    assert {name for name in named if name.lower() not in Settings.model_fields} - OF_TESTS == set()


OF_TESTS = {"SHARED", "TEST_ALL", "SOCKET_FD", "PARENT_FD"}  # no settings: the tests' and the supervisor's own
