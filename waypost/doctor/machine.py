"""The machine: its clock against what is stored, and the four ports."""

import socket
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

import httpx2 as httpx

from shared.client import CannotReachError, find_keys
from shared.clock import BrokenClockError, machine_now, read_clock
from shared.database import connect
from shared.settings import SERVICES, Settings
from shared.times import MINUTE, rfc3339, span
from waypost.doctor.finding import Finding, fine, remark, wrong
from waypost.ready import SILENT, STRANGE, UNTOLD, speaks_against, what_is_wrong

TOLERANCE: Final = MINUTE  # by which a clock may have been set back


def clocks(path: Path) -> Iterator[Finding]:
    """Yield whether the clock of the folder can be read, and the machine's agrees with what it stored."""
    try:
        clock = read_clock(path)
    except BrokenClockError as error:
        yield wrong("clock", str(error), f"remove {path / 'clock.json'} where you did not change it")
        return
    if clock.speed != 1 or clock.stop is not None:
        how = "stands still" if clock.speed == 0 or (clock.stop is not None and clock.now() >= clock.stop) else "runs"
        text = f"time {how} in this folder, {clock.speed:g} times as fast as outside"
        yield remark("clock", text, "right for a demo; for real use start with a fresh folder")
    now, heard = machine_now(), last_append(path)
    if heard - now > TOLERANCE:
        text = f"the machine's clock is {span(heard - now)} behind the last record that it stored"
        yield wrong("clock", text, "set the clock, and let it be kept right (NTP)")
    else:
        yield fine("clock", f"it is {rfc3339(now)[:19]}Z; see that this is right")


def last_append(path: Path) -> int:
    """Return when the log last stored something, by the machine; 0 where that is not known."""
    file = path / "log.db"
    if not file.exists():
        return 0
    try:
        with closing(connect(file, read_only=True)) as db:
            [(last,)] = db.execute("SELECT max(machine_at) FROM log_segments").fetchall()
    except sqlite3.Error:  # said of the database already
        return 0
    return int(last or 0)


def ports(settings: Settings) -> Iterator[Finding]:
    """Yield who has each of the four ports: nobody, a service of ours, or somebody else."""
    with httpx.Client(timeout=3.0) as http:
        said = {name: what_is_wrong(http, settings.url(name)) for name in SERVICES}
        against = _against(http, settings)
    for name in SERVICES:
        port = settings.port_of(name)
        if not said[name] and against:
            do = "say its folder with --data, or choose four free ports in a row: waypost up --port N"
            yield remark("ports", f"{port} {name}: ready, {against}", do)
        elif not said[name]:
            yield fine("ports", f"{port} {name}: ready")
        elif said[name] == SILENT and is_free(settings, port):
            yield fine("ports", f"{port} {name}: free")
        elif said[name] in (SILENT, STRANGE):
            text = f"{port} ({name}) is taken by another program"
            yield wrong("ports", text, "end it, or choose four free ports in a row: waypost up --port N")
        else:
            yield wrong(
                "ports", f"{port} {name} is not ready: {said[name]}", "read what it says where `waypost up` runs"
            )


def _against(http: httpx.Client, settings: Settings) -> str:
    try:
        token = find_keys(settings.data)[1]
    except CannotReachError:
        return UNTOLD
    return speaks_against(http, settings.url("journey"), token)


def is_free(settings: Settings, port: int) -> bool:
    """Say whether a port could be listened on."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        with closing(socket.create_server((settings.host, port), family=family)):
            return True
    except OSError:
        return False
