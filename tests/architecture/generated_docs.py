"""Writes the documents that are made from code; a test compares them. Run: `make docs`."""

import ast
import re
from pathlib import Path

import yaml
from pydantic.fields import FieldInfo

from shared.settings import Settings
from tests.shared_data import ROOT

from .asyncapi_page import asyncapi_page

DOCS = ROOT / "docs"


def settings_page() -> str:
    """Return docs/settings.md."""
    lines = [
        "# Settings",
        "",
        "Each is read once, at start, from the environment. `make docs` writes this page from `shared/settings.py`.",
        "",
        "| variable | default | allowed | meaning |",
        "|-|-|-|-|",
    ]
    for name, field in Settings.model_fields.items():
        default = f"{field.default:g}" if isinstance(field.default, float) else str(field.default) or "empty"
        lines.append(f"| `WAYPOST_{name.upper()}` | {default} | {allowed(field)} | {field.description} |")
    return "\n".join(lines) + "\n"


def allowed(field: FieldInfo) -> str:
    """Return the values that a setting takes, in words."""
    kind = getattr(field.annotation, "__name__", "")
    if kind == "Literal":
        return ", ".join(f"`{value}`" for value in field.annotation.__args__)  # type: ignore[union-attr]
    word = {"str": "text", "int": "whole number", "float": "number", "bool": "true, false", "Path": "folder"}[kind]
    signs = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<"}
    bounds = [
        f"{s} {b:.15g}"
        for item in field.metadata
        for a, s in signs.items()
        if (b := getattr(item, a, None)) is not None
    ]
    return " ".join([word, *bounds])


def metrics_page() -> str:
    """Return docs/metrics.md."""
    source = (ROOT / "shared" / "metrics.py").read_text()
    sections = {number: text[2:] for number, text in enumerate(source.splitlines(), 1) if re.match(r"# [\w ]+$", text)}
    lines = [
        "# Metrics",
        "",
        "Every service serves its own on `/metrics`, without a key. `deploy/prometheus.yml` scrapes all four and adds",
        "the label `service`; `docker compose up` starts a Prometheus with it. `make docs` writes this page from",
        "`shared/metrics.py`, `deploy/prometheus-questions.yml` and `deploy/prometheus-rules.yml`.",
    ]
    for node in ast.parse(source).body:
        if not (isinstance(node, ast.Assign) and isinstance(node.value, ast.Call) and node.value.args):
            continue
        while sections and node.lineno > min(sections):
            title = sections.pop(min(sections))
            lines += ["", f"## {title.capitalize()}", "", "| metric | kind | labels | meaning |", "|-|-|-|-|"]
        name, meaning, *rest = (ast.literal_eval(argument) for argument in node.value.args)
        labels = ", ".join(f"`{label}`" for label in (rest[0] if rest else []))
        lines.append(f"| `{name}` | {ast.unparse(node.value.func).lower()} | {labels} | {meaning} |")
    return "\n".join([*lines, *questions(), *alarms()]) + "\n"


def questions() -> list[str]:
    """Return the part about what to ask."""
    asked = yaml.safe_load((ROOT / "deploy" / "prometheus-questions.yml").read_text())
    lines = ["", "## Questions, as PromQL", "", "Each is asked of a real Prometheus by a test."]
    for each in asked:
        lines += ["", f"**{each['ask']}**", *([each["reads"]] if "reads" in each else [])]
        lines += ["", "```promql", each["query"], "```"]
    return lines


def alarms() -> list[str]:
    """Return the part about what Prometheus raises by itself."""
    rules = yaml.safe_load((ROOT / "deploy" / "prometheus-rules.yml").read_text())["groups"][0]["rules"]
    lines = [
        "",
        "## Alarms",
        "",
        "They stand in `deploy/prometheus-rules.yml`; Prometheus shows them under *Alerts*, an Alertmanager sends.",
        "",
        "| alarm | after | severity | what to do |",
        "|-|-|-|-|",
    ]
    return lines + [
        f"| `{rule['alert']}` | {rule.get('for', 'at once')} | {rule['labels']['severity']}"
        f" | {rule['annotations']['do']} |"
        for rule in rules
    ]


PAGES = {"settings.md": settings_page, "metrics.md": metrics_page, "asyncapi.yaml": asyncapi_page}


def write(folder: Path = DOCS) -> None:
    """Write every generated page."""
    for name, page in PAGES.items():
        (folder / name).write_text(page())


if __name__ == "__main__":
    write()
