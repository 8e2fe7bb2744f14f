"""The `waypost` command: where each command is, and how all of them end when something is wrong."""

import os
import sys
from contextlib import suppress
from importlib.metadata import version
from typing import Annotated, Any, Final, NoReturn

import typer

from shared.clear_error import ClearError
from waypost.on_demand import Family, Group, Table
from waypost.printing import never_fail_on_letters, say

COMMANDS: Final[Table] = {
    "up": "up.up",
    "status": "status.status",
    "doctor": "doctor.doctor",
    "sign-in": "sign_in.sign_in",
    "customer": Family(
        "Show a customer, as in `waypost customer user:42`, or forget it.",
        {"show": "customer.customer", "delete": "customer_delete.delete"},
        unless_told="show",
    ),
    "demo": "demo.demo",
    "migrate": "migrate.migrate",
    "backup": "backup.backup",
    "restore": "restore.restore",
    "simulate": "simulate.simulate_customers",
    "import": "importing.import_file",
    "replay": "replay.replay",
    "map": Family(
        "Draw, check, show and publish journey maps.",
        {
            "lint": "map_lint.lint",
            "init": "map_init.init",
            "show": "map_show.show",
            "publish": "map_publish.publish_map",
        },
    ),
    "key": Family(
        "Make, list and revoke keys.",
        {"create": "key.create", "list": "key.list_keys", "revoke": "key.revoke"},
    ),
    "dead-letters": Family(
        "Count, list, replay and dismiss what could not be taken in or read.",
        {
            "summary": "dead_letters.summary",
            "list": "dead_letters.list_letters",
            "replay": "dead_letters.replay_letters",
            "dismiss": "dead_letters.dismiss_letters",
        },
    ),
    "alerts": Family(
        "List, acknowledge, snooze and resolve alerts; test whether they reach people.",
        {
            "list": "alerts.list_alerts",
            "acknowledge": "alerts_acts.acknowledge",
            "snooze": "alerts_acts.snooze",
            "resolve": "alerts_acts.resolve",
            "test": "alerts_test.try_channels",
        },
    ),
    "kpis": Family(
        "Check the KPI catalogue, put it in force, show it.",
        {"check": "kpis.check", "put": "kpis.put", "show": "kpis.show"},
    ),
}


class Commands(Group):
    """Whatever command it was: what it could not do ends it with one line that says what to do, never a traceback."""

    def __init__(self, **attributes: Any) -> None:  # noqa: ANN401 (the library's own)
        """Take the table."""
        super().__init__(COMMANDS, **attributes)

    def main(self, *args: Any, **more: Any) -> NoReturn:  # noqa: ANN401 (the library's own)
        """Run a command and end the process."""
        never_fail_on_letters()
        try:
            code = super().main(*args, **more | {"standalone_mode": False})
        except (ClearError, typer.TyperException, typer.Abort, UnicodeError, OSError) as error:
            code = complain(error)
        sys.exit(flushed(code or 0))


def complain(error: Exception) -> int:
    """Say in one line what ended a command, and return the exit code."""
    code, text = 2, ""
    match error:
        case ClearError():
            for line in error.details:
                say(line, err=True)
            text = str(error)
        case typer.TyperException():  # of the command line itself
            code, text = error.exit_code, usage(error)
        case typer.Abort():
            code, text = 1, "stopped, nothing was done"
        case UnicodeError():
            text = "an argument, a setting or a file is no text: write it in UTF-8"
        case OSError():
            why = error.strerror or error
            where = f"cannot use {error.filename}: {why}; see that it exists, is yours and has room"
            text = where if error.filename else f"cannot go on: {why}"
    if text:
        with suppress(OSError):  # nobody can be told
            say(f"error: {text}", err=True)
    return code


def usage(error: typer.TyperException) -> str:
    """Return what is wrong with a command line, and where to read on; nothing where the help was shown instead."""
    said = error.format_message()
    where = getattr(getattr(error, "ctx", None), "command_path", "waypost")
    return f"{said.rstrip('.')} (`{where} --help` says what there is)" if said else ""


def flushed(code: int) -> int:
    """Return the exit code, another one where the output could not be written: then nothing tries that again."""
    try:
        if sys.stdout:
            sys.stdout.flush()
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return code or complain(error)
    return code


def show_version(wanted: bool) -> None:  # noqa: FBT001 (the library calls it so)
    """Print the version and end."""
    if wanted:
        say(f"waypost {version('waypost')}")
        raise typer.Exit


app = typer.Typer(
    cls=Commands,
    help="Waypost: where customers are on their journey, who is lost, who is stuck.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback()
def waypost(
    *,
    _version: Annotated[
        bool, typer.Option("--version", callback=show_version, is_eager=True, help="Print the version and end.")
    ] = False,
) -> None:
    """Waypost: where customers are on their journey, who is lost, who is stuck."""


if __name__ == "__main__":
    app()
