"""`waypost demo`: see it work."""

import os
import re
import threading
from pathlib import Path
from typing import Annotated

import typer

from shared.client import Client
from shared.settings import Settings
from waypost.alert_stream import AlertStream
from waypost.commands.options import PORT, Port, fail, settings_for
from waypost.commands.up import stop_on_signals
from waypost.demo import Scene, crowd, crowds, result, running, settled, temporary_folder
from waypost.printing import say, say_json
from waypost.screen import Screen
from waypost.sending import Sender
from waypost.showing import Show

DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(s|m|min|h)?")
UNITS = {None: 1.0, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0}
KEPT = ("WAYPOST_WRITE_KEY", "WAYPOST_API_TOKEN", "WAYPOST_LOG_LEVEL")
LEAST_S = 10.0  # shorter, nobody gets far enough for anything to be decided


def demo(
    *,
    for_: Annotated[str, typer.Option("--for", help="End by itself after this long, e.g. 30s, and compare.")] = "",
    seed: Annotated[int, typer.Option(help="The same seed makes the same customers.", min=0)] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result alone, as JSON; needs --for.")] = False,
    port: Port = PORT,
) -> None:
    """Start a Waypost of its own with simulated customers, a day a second, and watch them. Ctrl-C ends it.

    Example: waypost demo --for 30s
    """
    seconds = _seconds(for_)
    if as_json and seconds is None:
        fail("--json needs --for, e.g. --for 30s: the result comes at the end")
    _forget_settings()
    stop = stop_on_signals()
    console = Screen(stderr=as_json, quiet=as_json)
    with temporary_folder() as folder:
        settings = settings_for(Path(folder), port)
        console.print("Starting four services in a temporary folder …")
        with running(settings, seconds, stop) as scene:
            code = _play(scene, seed, seconds, console, stop)
    raise typer.Exit(code)


def _forget_settings() -> None:
    """Let no setting of a real system into the demo: its webhook, say, must not hear of customers who never were."""
    for name in [name for name in os.environ if name.startswith("WAYPOST_") and name not in KEPT]:
        del os.environ[name]


def _seconds(text: str) -> float | None:
    if not text:
        return None
    found = DURATION.fullmatch(text.strip())
    seconds = float(found[1]) * UNITS[found[2]] if found else 0.0
    if seconds < LEAST_S:
        fail(f"--for {text}: a time of {LEAST_S:g}s at least, such as 30s or 2m")
    return seconds


def _play(scene: Scene, seed: int, seconds: float | None, console: Screen, stop: threading.Event) -> int:
    """Send the customers, show them, and return the exit code: 1 where the result is not as planted."""
    simulation = crowd(scene.map, seed, seconds) if seconds is not None else None
    touches = simulation.sent if simulation else crowds(scene.map, seed)
    with Client(scene.settings.port, scene.settings.data, scene.settings.reached_by) as own:
        sender = Sender(own, scene.clock, touches, stop)
        show = Show(scene, sender, console)
        _invite(scene.settings, scene.client.api_token, console)
        AlertStream(own, show.heard, stop).start()
        sender.start()
        show.watch(stop)
        if simulation is None or not settled(scene, sender, stop):
            return 0
        answer, wrong = result(scene, simulation, sender)
    stop.set()
    _say(answer, wrong, console)
    return 1 if wrong or answer["found"] != answer["planted"] or any(answer["false"].values()) else 0


def _invite(settings: Settings, token: str, console: Screen) -> None:
    console.print(f"Look on at {settings.url('console')} (token {token}).", soft_wrap=True)
    console.print("A second is a day. Ctrl-C ends it.")
    console.print("[bold red]![/] a warning, [green]✓[/] over by itself, [magenta]◇[/] a detour, [dim]~[/] taken back")


def _say(answer: dict[str, object], wrong: list[str], console: Screen) -> None:
    """Print the result."""
    for line in wrong:
        say(f"waypost: {line}", err=True)
    if console.quiet:
        say_json(answer)
        return
    for name, value in answer.items():
        words = ", ".join(f"{count} {kind}" for kind, count in value.items()) if isinstance(value, dict) else value
        console.print(f"  {name:<12} {words}")
