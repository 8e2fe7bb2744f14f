"""`waypost up`: everything on this machine, with one command."""

import json
import os
import shlex
import signal
import threading
from pathlib import Path
from typing import Annotated

import typer

from shared.address import Address, write_address
from shared.auth import LOCAL_KEYS, LocalKeys
from shared.client import CannotReachError, Client
from shared.settings import SERVICES, Settings
from waypost.commands.options import DATA, PORT, Data, Port, settings_for
from waypost.commands.sign_in import link_of
from waypost.doctor import program
from waypost.folder import Prepared, UnusableError, check_keys, make_folder, prepare
from waypost.map_events import known_events
from waypost.printing import say
from waypost.publish import MapFile, publish, read_map_file
from waypost.ready import wait_until_ready
from waypost.up import Supervisor, hold, listeners

START_S = 60.0  # after this the services that are not ready are named

Maps = Annotated[
    list[Path] | None,
    typer.Option("--map", help="Map to publish once everything runs; may be given several times."),
]


def up(data: Data = DATA, port: Port = PORT, maps: Maps = None) -> None:
    """Start Waypost and keep it running: console, ingest, journey and alerts. Ctrl-C stops it.

    Example: waypost up --map deploy/maps/shop.yaml
    """
    settings = settings_for(data, port)
    files = [read_map_file(path) for path in maps or []]
    look_at(settings)
    stop = stop_on_signals()
    make_folder(settings.data)
    with hold(settings) as place:
        say("Starting four services …")
        prepared = prepare(settings)
        write_address(settings.data, Address(settings.reached_by, settings.port))
        with Supervisor(place, warn, environment=secrets_of(prepared.keys)) as supervisor:
            greet(settings, prepared, files, stop)
            while supervisor.runs() and not stop.wait(0.2):
                pass


def look_at(settings: Settings) -> None:
    """Warn of variables that are no settings; refuse what cannot work. Raises UnusableError, CannotStartError."""
    for remark in program.unknown(program.environment()):
        warn(f"{remark.text}: {remark.do}")
    for wrong in program.channel_findings(settings):
        message = f"{wrong.text}; {wrong.do}, `waypost doctor` looks at all settings"
        raise UnusableError(message)
    check_keys(settings)
    if not os.access(settings.data, os.F_OK):  # a start that is refused leaves no folder behind
        with listeners(settings):
            pass


def stop_on_signals() -> threading.Event:
    """Return an event that Ctrl-C, SIGTERM and the end of the terminal set; under nohup the last does not."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, lambda *_: stop.set())
    return stop


def warn(line: str) -> None:
    """Say a line on standard error."""
    say(f"waypost: {line}", err=True)


def secrets_of(keys: LocalKeys) -> dict[str, str]:
    """Return what the alerts service signs its webhooks with."""
    return {"WAYPOST_WEBHOOK_SECRET": keys.webhook_secret}


def greet(settings: Settings, prepared: Prepared, files: list[MapFile], stop: threading.Event) -> None:
    """Wait until all services are ready, publish the maps, and say where everything is."""
    wrong = wait_until_ready(settings, START_S, stop)
    if stop.is_set():
        return
    refused = [f"{name} is not ready: {why}" for name, why in wrong.items()]
    with Client(settings.port, settings.data, settings.reached_by) as client:
        for file in files:
            try:
                say(publish(client, file))
            except CannotReachError as error:
                refused.append(f"{file.path} is not published: {error}")
        opened = way_in(client)
    for line in greeting(settings, prepared, opened, first_event(files)):
        say(line)
    for line in refused:  # last, where it is seen
        warn(line)


def way_in(client: Client) -> str:
    """Return what opens the console: a link that works once, or the command that prints one."""
    try:
        return link_of(client)
    except CannotReachError:
        return "`waypost sign-in` prints a link"


def first_event(files: list[MapFile]) -> str:
    """Return an event that the maps know, the one that most likely opens a journey."""
    known = (pair for file in files for pair in known_events(file.map).items())
    return next((event for event, what in known if what != "ignored"), "Signed Up")


def greeting(settings: Settings, prepared: Prepared, opened: str, event: str) -> list[str]:
    """Return what is said once everything runs; the keys only in the start that made them."""
    keys, path = prepared.keys, settings.data / LOCAL_KEYS
    lines = [f"Waypost runs on {settings.data}", ""]
    lines += [f"  {name:<10} {settings.url(name)}" for name in SERVICES]
    lines += ["", f"Open the console (once, within ten minutes): {opened}"]
    if not prepared.fresh:
        return [*lines, "", f"The write key and the API token lie in {path}", *what_next(settings)]
    return [
        *lines,
        "",
        f"  write key  {keys.write_key}   (may send touchpoints, nothing else)",
        f"  API token  {keys.api_token}   (reads and changes everything; signs you in to the console)",
        "",
        f"They are shown this once, and lie in {path}, for you alone to read.",
        "",
        "Send a first touchpoint:",
        "",
        f"  {first_touchpoint(settings, keys, event)}",
        "",
        *what_next(settings),
    ]


def what_next(settings: Settings) -> list[str]:
    """Return which command shows how it goes, with the folder where it is not the usual one."""
    usual = (Path.cwd() / DATA).resolve() == settings.data
    words = ["waypost", "status", *([] if usual else ["--data", str(settings.data)])]
    return [f"In another terminal, `{shlex.join(words)}` says how it stands and what to do next. Ctrl-C stops it."]


def first_touchpoint(settings: Settings, keys: LocalKeys, event: str) -> str:
    """Return a line to paste into a shell that sends one touchpoint."""
    body = json.dumps({"userId": "u-1", "event": event})
    words = ["curl", "-sS", "-u", f"{keys.write_key}:", "-H", "Content-Type: application/json", "-d", body]
    return shlex.join([*words, f"{settings.url('ingest')}/v1/track"])
