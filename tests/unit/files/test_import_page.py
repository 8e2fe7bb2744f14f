"""The page about importing has every column name that is recognised."""

import re

from services.ingest.files.columns import USUAL
from tests.shared_data import ROOT


def test_every_role_and_usual_name_is_on_the_page_and_no_other() -> None:
    page = (ROOT / "docs/importing.md").read_text()
    rows = re.findall(r"^\| `(\w+)` \| ([\w, ]+) \|$", page, re.MULTILINE)
    assert {role: tuple(names.split(", ")) for role, names in rows} == USUAL
