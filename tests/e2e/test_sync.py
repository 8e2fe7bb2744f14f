"""Accepted means on the disk.

A killed process proves nothing here, for the kernel keeps what it wrote: only a trace of system calls shows that the log
is synced between a request and its 200.
"""

import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.servers.system import System
from tests.servers.waiting import until
from tests.shared_data import in_ci

ASKED, SYNCED, ANSWERED = "asked", "synced", "answered"
CALLS = "read,write,writev,recvfrom,sendto,recvmsg,sendmsg,fsync,fdatasync"
MEANINGS = (
    (re.compile(r'"POST /v1/touchpoints '), ASKED),
    (re.compile(r"\bf(?:data)?sync\(\d+<[^>]*/log\.db-wal>\) += 0"), SYNCED),
    (re.compile(r'"HTTP/1\.1 200 '), ANSWERED),
)
SPLIT = re.compile(r"^(\d+) (.*) <unfinished \.\.\.>$"), re.compile(r"^(\d+) <\.\.\. \w+ resumed>(.*)$")


@contextmanager
def traced(pid: int, to: Path) -> Iterator[None]:
    """Trace the system calls of a process and its threads until the end of the block."""
    tracer = subprocess.Popen(
        ["strace", "-f", "-y", "-qq", "-s", "64", "-e", f"trace={CALLS}", "-o", to, "-p", str(pid)],
        stderr=subprocess.PIPE,
    )
    try:
        traces = f"TracerPid:\t{tracer.pid}"
        threads = Path(f"/proc/{pid}/task")
        until(lambda: all(traces in (t / "status").read_text() for t in threads.iterdir()), what="the trace")
        yield
    finally:
        tracer.terminate()
        tracer.communicate()


def whole(lines: list[str]) -> Iterator[str]:
    """Yield calls where they end, those that another thread's calls cut in two put together again."""
    begun: dict[str, str] = {}
    for line in lines:
        if cut := SPLIT[0].match(line):
            begun[cut[1]] = cut[2]
        elif rest := SPLIT[1].match(line):
            yield begun.pop(rest[1], "") + rest[2]
        else:
            yield line


def story(trace: Path) -> list[str]:
    """Return what happened, in order."""
    calls = whole(trace.read_text(errors="replace").splitlines())
    return [word for call in calls for meaning, word in MEANINGS if meaning.search(call)]


def test_the_log_is_synced_between_every_request_and_its_200(system: System, tmp_path: Path) -> None:
    if not shutil.which("strace"):
        message = "strace is not installed (Debian: apt-get install strace)"
        pytest.fail(message) if in_ci() else pytest.skip(message)
    system.send([{"userId": "u", "event": "Before"}])
    with traced(system.processes["ingest"].pid, tmp_path / "trace"):
        for number in range(5):
            system.send([{"userId": "u", "event": f"Event {number}"}])

    assert story(tmp_path / "trace") == [ASKED, SYNCED, ANSWERED] * 5
