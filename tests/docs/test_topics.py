"""docs/asyncapi.yaml describes every topic, is well formed, and what a run leaves on the topics is as it says."""

from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import msgspec
import pytest
import yaml
from jsonschema import Draft7Validator

import shared.log.event_log as port
from shared.log.event_log import Record
from shared.log.sql_log import SqlLog
from tests.shared_data import ROOT

from .conftest import Told

Json = dict[str, Any]

FILES = {"touchpoints": ["log"], "facts": ["journey"], "dead_letters": ["log", "journey", "alerts"]}
PARTS = {"asyncapi", "info", "defaultContentType", "channels", "operations", "components"}


@pytest.fixture(scope="module")
def document() -> Json:
    """Return the description."""
    found: Json = yaml.safe_load((ROOT / "docs" / "asyncapi.yaml").read_text())
    return found


def references(value: object) -> Iterator[str]:
    """Yield every reference."""
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for each in value.values():
            yield from references(each)
    elif isinstance(value, list):
        for each in value:
            yield from references(each)


def resolve(document: Json, reference: str) -> Any:  # noqa: ANN401 (any part)
    """Return what a reference names. Raises KeyError."""
    found: Any = document
    for part in reference.removeprefix("#/").split("/"):
        found = found[part]
    return found


def test_the_description_is_asyncapi_3(document: Json) -> None:
    assert document["asyncapi"] == "3.0.0"
    assert document.keys() == PARTS
    assert {"title", "version"} <= document["info"].keys()
    for reference in references(document):
        assert resolve(document, reference) is not None
    for operation in document["operations"].values():
        assert operation["action"] in {"send", "receive"}
        assert operation["channel"]["$ref"].startswith("#/channels/")
    for message in document["components"]["messages"].values():
        assert {"name", "summary", "payload", "bindings"} <= message.keys()
    for schema in document["components"]["schemas"].values():
        Draft7Validator.check_schema(schema)


def test_every_topic_is_described_written_and_read(document: Json) -> None:
    topics = {value for name, value in vars(port).items() if name.isupper() and isinstance(value, str)}
    used = Counter((o["action"], o["channel"]["$ref"].rpartition("/")[2]) for o in document["operations"].values())

    assert document["channels"].keys() == topics == FILES.keys()
    assert all(used["send", topic] and used["receive", topic] for topic in topics)


def test_what_a_run_leaves_is_on_described_topics_and_as_their_schemas_say(document: Json, told: Told) -> None:
    seen: Counter[str] = Counter()
    for database in ("log", "journey", "alerts"):
        topics = {topic for (topic,) in told.system.rows(database, "SELECT DISTINCT topic FROM log_heads")}
        assert topics <= {topic for topic, files in FILES.items() if database in files}
        with closing(SqlLog(told.system.folder / f"{database}.db")) as log:
            for topic in topics:
                for record in filter(lambda record: record.value, read(log, topic)):  # an erased one is empty
                    name = kind_of(document, record)
                    check(document, name, record)
                    seen[name] += 1

    assert seen.keys() == document["components"]["messages"].keys()


def read(log: SqlLog, topic: str) -> list[Record]:
    """Return all records of a topic."""
    with closing(log.subscribe(topic, "tests", lambda _: None, lambda _: None)) as reader:
        reader.poll(0)
        reader.seek(0, log.begin(topic, 0))
        found: list[Record] = []
        while records := reader.poll(0):
            found += records
        return found


def kind_of(document: Json, record: Record) -> str:
    """Return which message of its topic a record is, by its header where there are several."""
    names = list(document["channels"][record.topic]["messages"])
    marked = dict(record.headers).get("type", "")
    return marked if len(names) > 1 and marked else names[0]


def check(document: Json, name: str, record: Record) -> None:
    """Fail unless a record is as its message says, headers and key too."""
    message = document["components"]["messages"][name]
    validate(document, message["payload"], msgspec.json.decode(record.value))
    validate(document, message.get("headers", {}), dict(record.headers))
    assert bool(record.key) == (name != "watermark")
    assert dict(record.headers).keys() <= message.get("headers", {}).get("properties", {}).keys()


def validate(document: Json, schema: Json, value: object) -> None:
    """Fail unless a value is as a schema says, and names no field that is not described."""
    Draft7Validator(schema | {"components": document["components"]}).validate(value)
    if "$ref" in schema and isinstance(value, dict):
        assert value.keys() <= resolve(document, schema["$ref"])["properties"].keys()


def test_a_record_of_another_shape_is_noticed(document: Json) -> None:
    schema = {"$ref": "#/components/schemas/Watermark", "components": document["components"]}

    assert not Draft7Validator(schema).is_valid({"part": 0, "heard_until": "today", "judged_until": 1})
    assert Draft7Validator(schema).is_valid({"part": 0, "heard_until": 2, "judged_until": 1})
