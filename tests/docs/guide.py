"""Reads a guide from top to bottom and does what it says, as a stranger would: see docs/decisions/0854.

- A block `sh` runs in one shell. One that ends with `waypost up` runs in a terminal of its own until the end, or
  until the next one: the text must say Ctrl-C before. What the guide before has left running in the same words stays.
- A block `text` after it shows what it must have said: these lines in this order, `…` standing for anything.
- A block of another language is saved under the name that the paragraph before gives: "Save this as `name`".
- A block without a language is not run.

`make` has been run, and the ports are free ones; everything else is as written.
"""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.servers.ports import free_ports
from tests.servers.waiting import until
from tests.shared_data import ROOT

UP = re.compile(r"(\w+=\S+ )*waypost up")  # perhaps with settings for this start alone
STANDS = "Ctrl-C stops it."  # the last that `waypost up` says when it runs
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SAVED = re.compile(r"[Ss]ave this[\w ]* as\s+`([\w./-]+)`")
SHOWS = re.compile(
    r"^(waypost (customer user|alerts list|status|dead-letters list|key list|map show)|curl .*/v1/status)"
)
LINKED = (".venv", "deploy", "docker-compose.yml")
PATIENCE_S = 40.0


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block, and the paragraph before it."""

    language: str
    text: str
    before: str
    line: int


def blocks(page: str) -> Iterator[Block]:
    """Yield the blocks of a page, those without a language left out."""
    end = 0
    for found in FENCE.finditer(page):
        before = page[end : found.start()].strip().rpartition("\n\n")[2]
        end = found.end()
        if found[1]:
            yield Block(found[1], found[2], before, page.count("\n", 0, found.start()) + 1)


def says(output: str, wanted: str) -> bool:
    """Say whether an output has the wanted lines in their order."""
    lines = iter(output.splitlines())
    for line in wanted.splitlines():
        if not line.strip(" …"):
            continue
        words = [r".*".join(map(re.escape, word.split("…"))) for word in line.split()]
        pattern = re.compile(r"\s*" + r"\s+".join(words) + r"\s*")
        if not any(pattern.fullmatch(each) for each in lines):
            return False
    return True


@dataclass
class Reader:
    """A stranger with a checkout that is set up, in a folder of its own."""

    folder: Path
    port: int = field(default_factory=lambda: free_ports(10))
    said: str = ""
    _last: Block | None = None
    _processes: list[subprocess.Popen[bytes]] = field(default_factory=list)
    _up: subprocess.Popen[bytes] | None = None
    _runs: str = ""  # the command that it was started by

    def __enter__(self) -> Self:
        """Sit down."""
        self.folder.mkdir()
        for name in LINKED[1:]:
            (self.folder / name).symlink_to(ROOT / name)
        (self.folder / ".venv").symlink_to(sys.prefix)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Leave nothing running."""
        self._stop()
        for process in self._processes:
            self._signal(process, signal.SIGKILL)
        for process in self._processes:
            process.wait(10)

    def do(self, block: Block) -> None:
        """Do what one block says. Raises AssertionError when it does not go as it says."""
        if block.language == "sh" and UP.match(block.text.rstrip().rpartition("\n")[2]):
            self._start(block)
        elif block.language == "sh":
            self.said, code = self._run(block)
            assert code == 0, f"line {block.line} ended with {code}:\n{block.text}\n{self.said}"
        elif block.language == "text":
            self._compare(block)
        else:
            name = SAVED.search(block.before)
            assert name, f"line {block.line}: which file? Write `Save this as NAME` before it"
            (self.folder / name[1]).write_text(self._moved(block.text))
        self._last = block if block.language == "sh" else self._last

    def _run(self, block: Block) -> tuple[str, int]:
        time.sleep(0.3)  # a person types no faster
        process = self._shell(block)
        output, _ = process.communicate(timeout=120)
        return output.decode(errors="replace"), process.returncode

    def _start(self, block: Block) -> None:
        command = block.text.rstrip().rpartition("\n")[2]
        if self._up and command == self._runs:  # the guide before has left it in its terminal
            return
        self._runs = command
        if self._up:
            assert "Ctrl-C" in block.before, f"line {block.line}: say that the running one is to be stopped with Ctrl-C"
            self._stop()
        log = self.folder / "up.log"
        with log.open("wb") as file:
            self._up = self._shell(block, file.fileno(), terminal="up")
        until(lambda: STANDS in log.read_text() or self._ended(log), 60, "waypost up")
        self.said = log.read_text()

    @staticmethod
    def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)

    def _ended(self, log: Path) -> bool:
        assert self._up is None or self._up.poll() is None, log.read_text()
        return False

    def _stop(self) -> None:
        if self._up:
            self._signal(self._up, signal.SIGINT)
            self._up.wait(20)
            self._up = None

    def _compare(self, block: Block) -> None:
        wanted = self._moved(block.text)
        deadline = time.monotonic() + PATIENCE_S
        while not says(self.said, wanted):
            again = self._last is not None and SHOWS.match(self._last.text)
            assert self._last, f"line {block.line} shows the output of nothing"
            assert again, f"line {block.line} shows\n{wanted}\nand it says\n{self.said}"
            assert time.monotonic() < deadline, f"line {block.line} shows\n{wanted}\nand it says\n{self.said}"
            self.said, _ = self._run(self._last)

    def _moved(self, text: str) -> str:
        """Return a text with our ports in the place of the usual ones."""
        return re.sub(r"\b870([0-9])\b", lambda found: str(self.port + int(found[1])), text)

    def _shell(
        self, block: Block, output: int = subprocess.PIPE, *, terminal: str = "first"
    ) -> subprocess.Popen[bytes]:
        state = self.folder / f".terminal-{terminal}"  # what it has exported
        lines = [line for line in self._moved(block.text).splitlines() if not line.startswith("make ")]
        lines.insert(len(lines) - (terminal == "up"), f"export -p > {state}")
        script = f"[ -e {state} ] && . {state}\nset -e -o pipefail\n{chr(10).join(lines)}\n"
        kept = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ}
        process = subprocess.Popen(
            ["bash", "-c", script],
            cwd=self.folder,
            env=kept | {"HOME": str(self.folder), "WAYPOST_PORT": str(self.port), "COLUMNS": "120"},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self._processes.append(process)
        return process
