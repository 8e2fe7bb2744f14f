"""What the page of the channels tells a receiver of webhooks to do: find the secret, and check with it what comes."""

import os
import re
import shlex
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from shared.clock import SECOND, machine_now
from shared.settings import Settings
from tests.shared_data import ROOT
from waypost.folder import make_folder, prepare

PAGE = (ROOT / "docs" / "channels.md").read_text()


def test_the_secret_is_where_the_page_says_and_checks_what_comes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_folder(tmp_path / "waypost-data")
    made = prepare(Settings(data=tmp_path / "waypost-data")).keys.webhook_secret
    [line] = re.findall(r"^    python3 (-c .*)$", PAGE, re.MULTILINE)
    shown = subprocess.run(
        [sys.executable, *shlex.split(line)], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    [example] = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    monkeypatch.setitem(os.environ, "WEBHOOK_SECRET", shown.stdout.strip())
    read: dict[str, Any] = {}
    exec(example, read)  # noqa: S102 (our own page)
    now = datetime.fromtimestamp(machine_now() // SECOND, UTC)
    headers = {
        "Webhook-Id": "m-1",
        "Webhook-Timestamp": str(int(now.timestamp())),
        "Webhook-Signature": Webhook(made).sign("m-1", now, '{"type":"test"}'),
    }

    assert read["news"](b'{"type":"test"}', headers) == {"type": "test"}
    with pytest.raises(WebhookVerificationError):
        read["news"](b'{"type":"else"}', headers)
