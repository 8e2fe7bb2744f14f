"""Makes docs/asyncapi.yaml, the description of the topics, from the structs of shared/events.py."""

import inspect
import re
from typing import Any

import msgspec
import yaml
from msgspec import NODEFAULT, Raw, Struct, field, structs

from shared.events import DeadLetter, Fact, Touchpoint, Watermark
from shared.log.event_log import DEAD_LETTERS, FACTS, TOUCHPOINTS

from .checkout import pyproject

Json = dict[str, Any]

RECORDS: dict[str, type[Struct]] = {
    "touchpoint": Touchpoint,
    "fact": Fact,
    "watermark": Watermark,
    "deadLetter": DeadLetter,
}
TEXT = {"type": "string"}
KEYS = {
    "touchpoint": "`tenant\\0kind:value` of the strongest id, so that a customer's touchpoints lie in one partition.",
    "fact": "`tenant\\0customer`.",
    "watermark": "Empty.",
    "deadLetter": "The tenant.",
}
HEADERS = {
    "fact": {"type": {"const": "fact"}},
    "watermark": {"type": {"const": "watermark", "description": "Marks a control record."}},
    "deadLetter": {
        "ordinal": TEXT | {"description": "The event's place in its request. These three of ingest's letters only."},
        "shift": TEXT | {"description": "Microseconds by which the client's clock was corrected."},
        "received_at": TEXT | {"description": "When it was first received, in microseconds UTC."},
    },
}
CHANNELS: dict[str, tuple[str, list[str]]] = {
    TOUCHPOINTS: (
        (
            "What was observed of customers, in order of acceptance. Lies in `log.db`. An erasure travels here too: a"
            " touchpoint of type `erase` that names ids by their hashes."
        ),
        ["touchpoint"],
    ),
    FACTS: (
        (
            "What the journey service finds: upserts by `finding`. Lies in `journey.db` and is written in the"
            " transaction of the state that it tells of. Readers keep the greatest `seq` of each finding."
        ),
        ["fact", "watermark"],
    ),
    DEAD_LETTERS: (
        (
            "What could not be read or judged, whole, with the reason. Each service has its own, in `log.db` (ingest),"
            " `journey.db` and `alerts.db`."
        ),
        ["deadLetter"],
    ),
}
OPERATIONS = {
    "acceptTouchpoints": ("send", TOUCHPOINTS, "Ingest appends what it accepted, before it answers."),
    "judgeTouchpoints": ("receive", TOUCHPOINTS, "Journey reads every touchpoint once."),
    "tellFacts": ("send", FACTS, "Journey appends what changed, and how far absence is judged."),
    "readFacts": ("receive", FACTS, "Alerts decides which facts want a person."),
    "buryLetters": ("send", DEAD_LETTERS, "Ingest, journey and alerts keep what they cannot read."),
    "replayLetters": ("receive", DEAD_LETTERS, "`waypost dead-letters` lists and replays them."),
}


def asyncapi_page() -> str:
    """Return docs/asyncapi.yaml."""
    head = "# The topics of Waypost's event log. `make docs` writes this file from shared/events.py.\n"
    return head + yaml.dump(document(), Dumper=_Plain, sort_keys=False, width=118, allow_unicode=True)


def document() -> Json:
    """Return the whole description, AsyncAPI 3.0."""
    _, schemas = msgspec.json.schema_components(
        [describable(record) for record in RECORDS.values()], ref_template="#/components/schemas/{name}"
    )
    for record in (*RECORDS.values(), *(t for t in vars(inspect.getmodule(Fact)).values() if _is_struct(t))):
        if record.__name__ in schemas:
            describe(schemas[record.__name__], record)
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Waypost's event log",
            "version": pyproject()["project"]["version"],
            "description": "Records are JSON, one an offset. Unknown fields are to be ignored; a field with a default"
            " may be missing. Of an erased record nothing is left: its value is empty. Times are integer microseconds"
            " UTC. docs/records.md says what the keys promise.",
            "license": {"name": pyproject()["project"]["license"]},
        },
        "defaultContentType": "application/json",
        "channels": {
            topic: {
                "address": topic,
                "description": text,
                "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in names},
            }
            for topic, (text, names) in CHANNELS.items()
        },
        "operations": {
            name: {"action": action, "channel": {"$ref": f"#/channels/{topic}"}, "summary": text}
            for name, (action, topic, text) in OPERATIONS.items()
        },
        "components": {"messages": {name: message(name) for name in RECORDS}, "schemas": draft7(schemas)},
    }


def message(name: str) -> Json:
    """Return the description of one kind of record."""
    headers = {"headers": {"type": "object", "properties": HEADERS[name]}} if name in HEADERS else {}
    return {
        "name": name,
        "summary": inspect.getdoc(RECORDS[name]),
        **headers,
        "payload": {"$ref": f"#/components/schemas/{RECORDS[name].__name__}"},
        "bindings": {"kafka": {"key": TEXT | {"description": KEYS[name]}, "bindingVersion": "0.5.0"}},
    }


def describable(record: type[Struct]) -> type[Struct]:
    """Return a twin of a struct in which raw JSON is an object: of `Raw` no schema can be made."""
    twins: list[Any] = []
    for each in structs.fields(record):
        kind = dict[str, Any] if each.type is Raw else each.type
        if each.type is Raw:
            default: Any = field(default_factory=dict)
        elif each.default_factory is not NODEFAULT:
            default = field(default_factory=each.default_factory)
        else:
            default = field(default=each.default)
        twins.append((each.name, kind, default))
    namespace = {"__doc__": record.__doc__}
    return msgspec.defstruct(record.__name__, twins, kw_only=True, namespace=namespace, module=record.__module__)


def describe(schema: Json, record: type[Struct]) -> None:
    """Give the properties of a schema the comments that stand behind the fields."""
    for name, text in re.findall(r"^    (\w+): .*?  # (.+)$", inspect.getsource(record), re.MULTILINE):
        shown = schema["properties"][name]
        described = {"description": text[0].upper() + text[1:].rstrip(".") + "."}
        schema["properties"][name] = {"allOf": [shown], **described} if "$ref" in shown else shown | described


def draft7(schema: Any) -> Any:  # noqa: ANN401 (JSON)
    """Return a schema in the words of JSON Schema draft 7, on which AsyncAPI rests."""
    if isinstance(schema, list):
        return [draft7(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if "prefixItems" in schema:
        rest = {name: value for name, value in schema.items() if name not in ("prefixItems", "items")}
        return rest | {"items": draft7(schema["prefixItems"]), "additionalItems": schema["items"]}
    return {name: draft7(value) for name, value in schema.items()}


def _is_struct(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, Struct)


class _Plain(yaml.SafeDumper):
    """Writes out what occurs twice, instead of an alias."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 (the library's)
        """Say that nothing is an alias."""
        return True
