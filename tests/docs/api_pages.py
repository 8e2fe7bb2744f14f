"""Makes docs/api from the routes and from answers of a run (docs/api/examples.json, tests/docs/story.py)."""

import json
from typing import Any

from tests.shared_data import ROOT

from .api_routes import openapi
from .asgi_doors import ALIASES
from .meanings import MEANINGS

Json = dict[str, Any]

API = ROOT / "docs" / "api"
EXAMPLES = API / "examples.json"
SERVICES = ("ingest", "journey", "alerts", "console")
WIDTH = 110
INTRODUCTIONS = {
    "ingest": "Where touchpoints come in. What its fields and codes mean: [ingest.md](../ingest.md).",
    "journey": "Where customers are, and the maps. What its answers mean: [journey.md](../journey.md).",
    "alerts": "Warnings, what is done about them, and KPIs. What its answers mean: [alerts.md](../alerts.md).",
    "console": "The console's pages are for browsers; this is what it has for programs.",
}


def examples() -> dict[str, Json]:
    """Return what the last run answered, by service, method and path."""
    found: dict[str, Json] = json.loads(EXAMPLES.read_text())
    return found


def exemplified(service: str) -> Json:
    """Return the OpenAPI description of a service with the examples of the run."""
    described, shown = openapi(service), examples()
    for path, operations in described["paths"].items():
        for method, operation in operations.items():
            example = shown.get(f"{service} {method.upper()} {ALIASES.get(path, path)}")
            if example is None:
                continue
            if isinstance(example["body"], dict | list):
                operation["requestBody"]["content"]["application/json"]["example"] = example["body"]
            if isinstance(example["answer"], dict | list):
                status = next(iter(operation["responses"]))
                operation["responses"][status]["content"]["application/json"]["example"] = example["answer"]
    return described


def page(service: str) -> str:
    """Return the page of a service."""
    described, shown = exemplified(service), examples()
    url = described["servers"][0]["url"]
    lines = [
        f"# The API of {service}",
        "",
        INTRODUCTIONS[service],
        "",
        f"It answers at `{url}`. `make docs` writes this page from the routes and from the answers of a real run;",
        f"[{service}.openapi.json]({service}.openapi.json) says the same to programs.",
    ]
    for path, operations in described["paths"].items():
        if path not in ALIASES:
            for method, operation in operations.items():
                example = shown.get(f"{service} {method.upper()} {path}")
                lines += section(method.upper(), path, operation, described["components"])
                lines += shown_example(method.upper(), example) if example else []
    return "\n".join(lines) + "\n"


def section(method: str, path: str, operation: Json, components: Json) -> list[str]:
    """Return what is said of one route."""
    also = [short for short, long in ALIASES.items() if long == path]
    scope = operation["security"][0]["key"]
    text = operation["description"].replace("\n", " ")
    lines = ["", f"## `{method} {path}`", "", *([f"Also `{also[0]}`. {text}"] if also else [text])]
    lines += ["", f"Key: {scope[0]}." if scope else "Key: any."]
    if parameters := operation.get("parameters", []):
        lines += ["", "| parameter | in | takes | default | meaning |", "|-|-|-|-|-|"]
        lines += [parameter(each) for each in parameters]
    schema = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    lines += fields(schema, components)
    wrong = {status: r["description"] for status, r in operation["responses"].items() if not status.startswith("2")}
    told = [f"{status} {text.split('`')[1]}" for status, text in wrong.items() if status not in ("401", "403")]
    return [*lines, *(["", f"Errors: {', '.join(told)}."] if told else [])]


def parameter(given: Json) -> str:
    """Return the row of one parameter."""
    schema = given["schema"]
    meaning = given.get("description", "") or MEANINGS.get(given["name"], "")
    default = schema.get("default")
    shown = "" if default in (None, "") else f"`{default}`"
    return f"| `{given['name']}` | {given['in']} | {takes(schema)} | {shown} | {' '.join(meaning.split())} |"


def fields(schema: Json, components: Json) -> list[str]:
    """Return the table of the fields of a body; of one that is an event only what the schema says."""
    chosen = next((each for each in schema.get("anyOf", [schema]) if "$ref" in each), schema)
    if "$ref" in chosen:
        chosen = components["schemas"][chosen["$ref"].rpartition("/")[2]]
    if not chosen.get("properties"):
        return []
    lines = ["", "| field | takes | needed | meaning |", "|-|-|-|-|"]
    for name, each in chosen["properties"].items():
        needed = "yes" if name in chosen.get("required", []) else ""
        meaning = each.get("description", "") or MEANINGS.get(name, "")
        lines.append(f"| `{name}` | {takes(each)} | {needed} | {' '.join(meaning.split())} |")
    return lines


def takes(schema: Json) -> str:
    """Return what a schema allows, in words."""
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    if "const" in schema:
        return f"`{schema['const']}`"
    if "anyOf" in schema:
        return " or ".join(takes(each) for each in schema["anyOf"] if each.get("type") != "null")
    if schema.get("type") == "array":
        return f"list of {takes(schema.get('items', {}))}"
    words = {"string": "text", "integer": "whole number", "number": "number", "boolean": "true, false"}
    bounds = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<", "maxLength": "length ≤"}
    said = [f"{sign} {schema[name]}" for name, sign in bounds.items() if schema.get(name, 1 << 63) < 1 << 53]
    return " ".join([words.get(schema.get("type", ""), "object" if "$ref" in schema else "any"), *said])


def shown_example(method: str, example: Json) -> list[str]:
    """Return a request and what was answered."""
    body, answer = example["body"], example["answer"]
    sent = body if isinstance(body, str) else folded(body)
    lines = ["", "```http", f"{method} {example['path']}", *([sent] if sent else []), "```", ""]
    language = "json" if isinstance(answer, dict | list) else "text"
    text = folded(answer) if language == "json" else answer
    return [*lines, f"{example['status']}:", "", f"```{language}", text, "```"]


def folded(value: Any, indent: int = 0) -> str:  # noqa: ANN401 (JSON)
    """Return JSON that stands on one line where it fits, and is indented where it does not."""
    line = json.dumps(value, ensure_ascii=False)
    if value is None or not isinstance(value, dict | list) or len(line) + indent <= WIDTH:
        return "" if value is None and not indent else line
    pad, end = "\n" + " " * (indent + 2), "\n" + " " * indent
    if isinstance(value, dict):
        parts = [f"{json.dumps(name)}: {folded(each, indent + 2)}" for name, each in value.items()]
        return "{" + pad + f",{pad}".join(parts) + end + "}"
    return "[" + pad + f",{pad}".join(folded(each, indent + 2) for each in value) + end + "]"
