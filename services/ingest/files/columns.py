"""Which column of a CSV file means what."""

import re
from collections.abc import Sequence
from typing import Final, Literal, TypeAlias

from services.ingest.files.opening import FileError

Role: TypeAlias = Literal["user", "anonymous", "account", "event", "time", "channel", "actor", "id"]

USUAL: Final[dict[Role, tuple[str, ...]]] = {
    "user": (
        "user_id",
        "userid",
        "user",
        "customer_id",
        "customerid",
        "customer",
        "client_id",
        "client",
        "contact_id",
        "contact",
        "member_id",
        "person_id",
        "subscriber_id",
        "distinct_id",
        "uid",
        "case_concept_name",
        "case_id",
        "caseid",
        "case",
        "email",
    ),
    "anonymous": ("anonymous_id", "anonymousid", "visitor_id", "visitor", "device_id", "cookie_id"),
    "account": (
        "account_id",
        "accountid",
        "account",
        "group_id",
        "groupid",
        "company_id",
        "company",
        "organization_id",
        "organisation_id",
    ),
    "event": (
        "event",
        "event_name",
        "eventname",
        "activity",
        "activity_name",
        "action",
        "touchpoint",
        "concept_name",
        "event_type",
        "step",
    ),
    "time": (
        "timestamp",
        "time",
        "event_time",
        "event_timestamp",
        "datetime",
        "date_time",
        "occurred_at",
        "time_timestamp",
        "complete_timestamp",
        "start_timestamp",
        "created_at",
        "sent_at",
        "ts",
        "date",
    ),
    "channel": ("channel", "platform", "medium", "touchpoint_channel"),
    "actor": ("actor",),
    "id": ("message_id", "messageid"),
}
NEEDED: Final[tuple[tuple[Role, ...], ...]] = (("user", "anonymous", "account"), ("event",), ("time",))
Columns: TypeAlias = dict[Role, int]


def parse_columns(text: str) -> dict[Role, str]:
    """Read `user=…,event=…,time=…,channel=…`. Raises FileError."""
    chosen: dict[Role, str] = {}
    for part in text.split(",") if text.strip() else ():
        word, equals, name = part.partition("=")
        role = next((known for known in USUAL if known == word.strip().lower()), None)
        if role is None or not equals or not name.strip():
            message = f"--columns: cannot read {part.strip()!r}; write {'=…,'.join(USUAL)}=…, as many as you need"
            raise FileError(message)
        chosen[role] = name.strip()
    return chosen


def recognise(header: Sequence[str], chosen: dict[Role, str]) -> Columns:
    """Return the number of the column for each role: those chosen, else those with a usual name. Raises FileError."""
    plain = [plain_name(name) for name in header]
    found: Columns = {}
    for role, name in chosen.items():
        found[role] = _chosen(header, plain, role, name)
    for role, names in USUAL.items():
        usual = next((plain.index(name) for name in names if name in plain), None)
        if role not in found and usual is not None and usual not in found.values():
            found[role] = usual
    for roles in NEEDED:
        if not any(role in found for role in roles):
            columns = ", ".join(name.strip() or "(no name)" for name in header[:30])
            message = f"no column for the {roles[0]}: choose one by --columns {roles[0]}=NAME; the file has {columns}"
            raise FileError(message)
    return found


def plain_name(name: str) -> str:
    """Return a column's name in lower case, its words joined by underscores."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name.strip())
    return re.sub(r"[^0-9a-z]+", "_", words.lower()).strip("_")


def _chosen(header: Sequence[str], plain: list[str], role: Role, name: str) -> int:
    for names, wanted in ((list(header), name), (plain, plain_name(name))):
        if wanted in names:
            return names.index(wanted)
    columns = ", ".join(header[:30])
    message = f"--columns {role}={name}: there is no such column; the file has {columns}"
    raise FileError(message)
