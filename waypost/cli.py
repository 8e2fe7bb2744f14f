"""The `waypost` command: one line for each command, which lives in waypost/commands."""

from importlib.metadata import version
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from shared.client import CannotReachError
from waypost.commands.alerts import alerts_app
from waypost.commands.backup import backup
from waypost.commands.customer_delete import customer_app
from waypost.commands.dead_letters import dead_letters_app
from waypost.commands.demo import demo
from waypost.commands.doctor import doctor
from waypost.commands.importing import import_file
from waypost.commands.key import key_app
from waypost.commands.kpis import kpis_app
from waypost.commands.map_init import init
from waypost.commands.map_lint import map_app
from waypost.commands.map_publish import publish_map
from waypost.commands.map_show import show
from waypost.commands.migrate import migrate
from waypost.commands.options import fail
from waypost.commands.replay import replay
from waypost.commands.restore import restore
from waypost.commands.sign_in import sign_in
from waypost.commands.simulate import simulate_customers
from waypost.commands.status import status
from waypost.commands.up import up
from waypost.folder import UnusableError
from waypost.publish import MapFileError, UnreadableError
from waypost.up import CannotStartError


class Commands(TyperGroup):
    """Whatever command it was: what it could not do ends it with one line that says what to do, never a traceback."""

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401 (the library's own)
        """Run a command."""
        try:
            return super().invoke(ctx)
        except MapFileError as error:
            typer.echo(error, err=True)
            fail(f"{error.path} is no map that can be used: mend what is named above")
        except (CannotReachError, UnusableError, UnreadableError, CannotStartError) as error:
            fail(error)
        except BrokenPipeError:
            raise  # whoever read our output is gone: the library ends quietly
        except OSError as error:
            where = f" {error.filename}" if error.filename else ""
            fail(f"cannot use{where}: {error.strerror or error}; see that it exists and is yours")


def show_version(wanted: bool) -> None:  # noqa: FBT001 (the library calls it so)
    """Print the version and end."""
    if wanted:
        typer.echo(f"waypost {version('waypost')}")
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


app.command()(up)
app.command()(status)
app.command()(doctor)
app.command("sign-in")(sign_in)
app.add_typer(customer_app, name="customer")
app.command()(demo)
app.command()(migrate)
app.command()(backup)
app.command()(restore)
app.command("simulate")(simulate_customers)
app.command("import")(import_file)
app.command()(replay)
map_app.command()(init)
map_app.command()(show)
map_app.command("publish")(publish_map)
app.add_typer(map_app, name="map")
app.add_typer(key_app, name="key")
app.add_typer(dead_letters_app, name="dead-letters")
app.add_typer(alerts_app, name="alerts")
app.add_typer(kpis_app, name="kpis")
