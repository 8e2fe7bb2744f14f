"""Accepted means on disk: a trace of system calls shows the log's sync between a request and its 200."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2 as httpx
import pytest

from tests.integration.ingest.running import make_folder
from tests.servers import free_ports, until
from tests.shared_data import ROOT, in_ci

CALLS = "read,recvfrom,recvmsg,write,writev,sendto,sendmsg,fsync,fdatasync"


def need_strace() -> None:
    """Skip without strace; fail in CI."""
    if shutil.which("strace") is None:
        if in_ci():
            pytest.fail("strace is missing: apt-get install strace", pytrace=False)
        pytest.skip("strace is missing: apt-get install strace")


@contextmanager
def traced(folder: Path, trace: Path) -> Iterator[str]:
    """Run an ingest service under strace; yield its address."""
    port = free_ports(4)
    environment = os.environ | {"WAYPOST_DATA": str(folder), "WAYPOST_PORT": str(port)}
    command = ["strace", "-f", "-y", "-s", "200", "-e", f"trace={CALLS}", "-o", str(trace)]
    process = subprocess.Popen(
        [*command, sys.executable, "-m", "services.ingest"],
        cwd=ROOT,
        env=environment,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    url = f"http://127.0.0.1:{port + 1}"
    try:
        until(lambda: answers(url), seconds=60.0, what="ingest starting under strace")
        yield url
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(20.0)


def answers(url: str) -> bool:
    """Whether a service answers."""
    try:
        return httpx.get(f"{url}/healthz").status_code == 200
    except httpx.TransportError:
        return False


def test_the_log_is_synced_between_a_request_and_its_200(tmp_path: Path) -> None:
    need_strace()
    key = make_folder(tmp_path)["acme", "write"]
    trace = tmp_path / "trace"
    with traced(tmp_path, trace) as url:
        for n in range(3):
            body = {"event": "Paid", "userId": "u", "messageId": f"marked-{n}"}
            headers = {"Authorization": f"Bearer {key}"}
            assert httpx.post(f"{url}/v1/track", content=json.dumps(body), headers=headers).status_code == 200

    seen = ""
    for line in trace.read_text(errors="replace").splitlines():
        if re.search(r"(read|recvfrom|recvmsg)\(.*POST /v1/track", line) or (
            "POST /v1/track" in line and "resumed" in line
        ):
            seen += "R"
        elif re.search(r"(fsync|fdatasync)\(\d+<[^>]*log\.db(-wal)?>", line):
            seen += "S" if not seen.endswith("S") else ""
        elif re.search(
            r"(write|writev|sendto|sendmsg)\(.*HTTP/1\.1 200 OK.*success|HTTP/1\.1 200 OK.*application/json", line
        ):
            seen += "A"

    assert re.search("RS?AR?S?A", seen) is not None, seen
    assert len(re.findall("RS+A", seen)) == 3, seen
