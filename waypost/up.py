"""The supervisor: four services as child processes, restarted when they die, stopped together.

It binds all four sockets before it starts anything and hands them down, so a request that comes while a service
restarts waits in the backlog and succeeds. A child ends when the supervisor is gone, however that went: the kernel
closes the pipe. Why this is our own code: docs/decisions/0601-a-supervisor-of-our-own.md.
"""

import errno
import fcntl
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from shared.clear_error import ClearError
from shared.clock import monotonic
from shared.settings import SERVICES, Settings

LOCK = "waypost.lock"
GRACE_S = 8.0  # a service has 3 s to close its connections, the rest is for its last transaction
SETTLED_S = 60.0  # a process that lived this long is well: its next death counts as the first
LONGEST_PAUSE_S = 30.0
PREDECESSOR_S = 10.0  # how long the services of a supervisor that was killed may take to end

Say = Callable[[str], None]


class CannotStartError(ClearError):
    """Raised before any service is started: the folder or a port is taken. The text says what to do."""


def take_folder(folder: Path) -> IO[str]:
    """Lock a data folder for this process and its children. Raises CannotStartError when another has it."""
    try:
        lock = (folder / LOCK).open("a+")
    except OSError as error:
        message = f"cannot write in {folder} ({error.strerror}): choose another folder with --data"
        raise CannotStartError(message) from error
    deadline = monotonic() + PREDECESSOR_S
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if monotonic() < deadline and not lives(_owner(lock)):
                threading.Event().wait(0.1)  # its services notice within moments, and then the lock is free
                continue
            lock.close()
            message = f"Waypost already runs on {folder}: stop it first, or choose another folder with --data"
            raise CannotStartError(message) from error
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        return lock


def _owner(lock: IO[str]) -> int:
    lock.seek(0)
    number = lock.read(20).strip()
    return int(number) if number.isdecimal() else 0


def lives(pid: int) -> bool:
    """Whether a process of this number runs."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def listen(service: str, host: str, port: int) -> socket.socket:
    """Bind the socket of a service. Raises CannotStartError when the port is taken or forbidden."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=1024)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            message = f"port {port} ({service}) is taken: choose four free ones in a row with --port"
        elif error.errno == errno.EACCES:
            message = f"port {port} ({service}) is reserved for root: choose four others in a row with --port"
        else:
            message = f"cannot listen on {host} port {port} ({service}): {error.strerror or error}"
        raise CannotStartError(message) from error


def how_it_died(code: int) -> str:
    """Say an exit code as people do."""
    return f"was killed ({signal.Signals(-code).name})" if code < 0 else f"ended (exit code {code})"


def pause_after(deaths: int) -> float:
    """Return the seconds before the next start: none after a first death, then doubling."""
    return 0.0 if deaths <= 1 else min(LONGEST_PAUSE_S, 0.5 * 2.0 ** min(deaths - 2, 10))


@dataclass(frozen=True, slots=True)
class Place:
    """A data folder and four listening sockets that are ours."""

    settings: Settings
    lock: IO[str]
    listeners: Mapping[str, socket.socket]


@contextmanager
def hold(settings: Settings) -> Iterator[Place]:
    """Take a data folder and the four ports. Raises CannotStartError when one of them is taken."""
    with ExitStack() as stack:
        lock = stack.enter_context(take_folder(settings.data))
        yield Place(settings, lock, stack.enter_context(listeners(settings)))


@contextmanager
def listeners(settings: Settings) -> Iterator[dict[str, socket.socket]]:
    """Bind the sockets of all services. Raises CannotStartError when a port cannot be had."""
    with ExitStack() as stack:
        yield {name: stack.enter_context(listen(name, settings.host, settings.port_of(name))) for name in SERVICES}


@dataclass
class Child:
    """One service and its listening socket, which outlives the process."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    inherited: tuple[int, ...]
    errors: IO[bytes] | None  # where its words go; None: the supervisor's standard error
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    deaths: int = 0
    start_at: float = 0.0

    def watch(self, say: Say) -> None:
        """Start the process if it is not there and its pause is over."""
        if self.process and (code := self.process.poll()) is not None:
            self.process = None
            self._died(how_it_died(code), say)
        if self.process is None and monotonic() >= self.start_at:
            try:
                self._start()
            except OSError as error:
                self._died(f"cannot be started ({error.strerror})", say)

    def stop(self, deadline: float) -> None:
        """Wait until the deadline, then kill."""
        if self.process is None:
            return
        try:
            self.process.wait(max(0.0, deadline - monotonic()))
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def _start(self) -> None:
        self.started = monotonic()
        self.process = subprocess.Popen(
            self.command,
            env=self.environment,
            pass_fds=self.inherited,
            start_new_session=True,  # Ctrl-C reaches the supervisor only
            stdin=subprocess.DEVNULL,
            stdout=self.errors or sys.stderr,
            stderr=self.errors,
        )

    def _died(self, how: str, say: Say) -> None:
        now = monotonic()
        self.deaths = self.deaths + 1 if now - self.started < SETTLED_S else 1
        pause = pause_after(self.deaths)
        self.start_at = now + pause
        say(f"{self.name} {how}; starting it again{f' in {pause:g} s' if pause else ''}")


class Supervisor:
    """Keeps the services of a place running while it is open."""

    def __init__(
        self,
        place: Place,
        say: Say,
        *,
        errors: IO[bytes] | None = None,
        environment: Mapping[str, str] | None = None,
        modules: Mapping[str, str] | None = None,
    ) -> None:
        """Watch over the services; their own words go to `errors`, by default standard error."""
        self._place = place
        self._say = say
        self._errors = errors
        self._more = environment or {}
        self._modules = modules or {name: f"services.{name}" for name in SERVICES}
        self._stop = threading.Event()
        self._watcher = threading.Thread(target=self._watch, name="supervisor")

    def __enter__(self) -> Self:
        """Start the services."""
        self._watcher.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Stop the services and wait for their end."""
        self.stop()
        self._watcher.join()

    def runs(self) -> bool:
        """Say whether it still watches."""
        return self._watcher.is_alive()

    def stop(self) -> None:
        """Begin to stop: the services get SIGTERM within moments."""
        self._stop.set()

    def _watch(self) -> None:
        alive, keep = os.pipe()  # the children see its end when this process is gone, however it went
        children = [self._child(name, alive) for name in SERVICES]
        try:
            while not self._stop.wait(0.05):
                for child in children:
                    child.watch(self._say)
        finally:
            for child in children:
                if child.process and child.process.poll() is None:
                    child.process.terminate()
            deadline = monotonic() + GRACE_S
            for child in children:
                child.stop(deadline)
            os.close(alive)
            os.close(keep)

    def _child(self, name: str, alive: int) -> Child:
        listener, lock = self._place.listeners[name].fileno(), self._place.lock.fileno()
        environment = self._environment(listener, alive)
        # -P: a folder named `services` where the user happens to stand is not ours
        command = [sys.executable, "-P", "-m", self._modules[name]]
        return Child(name, command, environment, (listener, alive, lock), self._errors)

    def _environment(self, listener: int, alive: int) -> dict[str, str]:
        """Return what a service finds in its environment: all settings, and never the keys."""
        settings = self._place.settings
        inherited = {k: v for k, v in os.environ.items() if k not in ("WAYPOST_WRITE_KEY", "WAYPOST_API_TOKEN")}
        return {
            "WAYPOST_LOG_LEVEL": "warning",  # a terminal is for people; WAYPOST_LOG_LEVEL=info says more
            **inherited,
            **self._more,
            "WAYPOST_DATA": str(settings.data),
            "WAYPOST_HOST": settings.host,
            "WAYPOST_PORT": str(settings.port),
            "WAYPOST_SOCKET_FD": str(listener),
            "WAYPOST_PARENT_FD": str(alive),
        }
