"""What the documents say of each other and of what is deployed."""

import re

from tests.shared_data import ROOT

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
