"""The `waypost` command: one line for each command, which lives in waypost/commands."""

import typer

from waypost.commands.alerts import alerts_app
from waypost.commands.customer import customer
from waypost.commands.dead_letters import dead_letters_app
from waypost.commands.demo import demo
from waypost.commands.importing import import_file
from waypost.commands.map_lint import map_app
from waypost.commands.map_publish import publish_map
from waypost.commands.migrate import migrate
from waypost.commands.replay import replay
from waypost.commands.simulate import simulate_customers
from waypost.commands.status import status
from waypost.commands.up import up

app = typer.Typer(
    help="Waypost: where customers are on their journey, who is lost, who is stuck.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

app.command()(up)
app.command()(status)
app.command()(customer)
app.command()(demo)
app.command()(migrate)
app.command("simulate")(simulate_customers)
app.command("import")(import_file)
app.command()(replay)
map_app.command("publish")(publish_map)
app.add_typer(map_app, name="map")
app.add_typer(dead_letters_app, name="dead-letters")
app.add_typer(alerts_app, name="alerts")
