"""Settings and what the program runs on: variables, channels, Python, packages, limits of the process."""

import os
import re
import resource
import sys
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

import msgspec
from pydantic import ValidationError

from services.alerts.delivery.wiring import channels
from shared.auth import read_local_keys
from shared.settings import Settings
from shared.words import meant
from waypost.commands.options import wrong_settings
from waypost.doctor.finding import Finding, fine, remark, wrong
from waypost.folder import UnusableError, check_keys, new_webhook_secret

PREFIX: Final = "WAYPOST_"
NOT_OURS: Final = frozenset({"WAYPOST_SOCKET_FD", "WAYPOST_PARENT_FD"})  # handed down by the supervisor
LEAST_FILES: Final = 1024
LOCK: Final = Path(__file__).parents[2] / "requirements" / "runtime.txt"
PINNED: Final = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)\s*(?:;|\\|$)", re.MULTILINE)


def settings_of(folder: Path, port: int, environment: Mapping[str, str]) -> tuple[Settings | None, list[Finding]]:
    """Return the settings, or None where some are wrong, and what there is to say about each variable."""
    found = list(unknown(environment))
    try:
        settings = Settings(data=folder, port=port)
    except ValidationError as error:
        return None, [*found, *(wrong("settings", text, "set it right, or unset it") for text in wrong_settings(error))]
    try:
        check_keys(settings)
    except UnusableError as error:
        found.append(wrong("settings", str(error), "choose another key, or unset the variable"))
    found += channel_findings(settings)
    if not any(each.level == "wrong" for each in found):
        number = sum(name.startswith(PREFIX) for name in environment)
        found.append(fine("settings", f"{number} from the environment, the others at their defaults"))
    return settings, found


def channel_findings(settings: Settings) -> Iterator[Finding]:
    """Yield the channels that are set in a way that cannot work; a folder without keys gets its secret at the start."""
    try:
        made = settings.webhook_secret or read_local_keys(settings.data)
        given = {} if made else {"webhook_secret": new_webhook_secret()}
        found = channels(settings.model_copy(update=given))
    except (OSError, msgspec.DecodeError):  # the folder's keys, of which more is said below
        return
    for name, channel in found.items():
        if channel.wrong:
            text = f"the channel {name} cannot work: {channel.wrong}"
            yield wrong("settings", text, "docs/channels.md has examples")


def unknown(environment: Mapping[str, str]) -> Iterator[Finding]:
    """Yield the variables that look like settings and are none."""
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}
    for name in sorted(environment):
        if name.startswith(PREFIX) and name not in known | NOT_OURS:
            near = meant(name.removeprefix(PREFIX), (each.removeprefix(PREFIX) for each in known))
            do = f"did you mean {PREFIX}{near}?" if near else "docs/settings.md lists them"
            yield remark("settings", f"{name} is no setting and does nothing", do)


def python() -> Iterator[Finding]:
    """Yield what there is to say about Python, the packages and the process's limits."""
    found = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < (3, 11):  # noqa: UP036 (asked of the one that runs)
        yield wrong("python", f"it is {found}; 3.11 is needed", "make setup PYTHON=python3.11")
        return
    pinned: dict[str, set[str]] = {}
    for name, wanted in PINNED.findall(LOCK.read_text()) if LOCK.exists() else ():
        pinned.setdefault(name, set()).add(wanted)  # several: for several versions of Python
    other = [
        f"{name} {have} instead of {' or '.join(sorted(wanted))}"
        for name, wanted in pinned.items()
        if (have := installed(name)) and have not in wanted
    ]
    if other:
        yield remark("packages", f"not those that were tested: {', '.join(other[:5])}", "make setup")
    yield fine(
        "python", f"{found}, Waypost {version('waypost')}, {len(pinned)} packages as tested" if not other else found
    )
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if files != resource.RLIM_INFINITY and files < LEAST_FILES:
        text = f"this shell allows {files} open files; busy services need {LEAST_FILES}"
        yield remark("limits", text, f"ulimit -n {LEAST_FILES} before `waypost up`")
    else:
        yield fine("limits", f"{files if files != resource.RLIM_INFINITY else 'any number of'} open files")


def installed(name: str) -> str:
    """Return the version of a package; empty: it is not installed, as it may be on this system."""
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def environment() -> dict[str, str]:
    """Return the variables of this process."""
    return dict(os.environ)
