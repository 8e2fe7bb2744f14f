"""`waypost sign-in`: a link that opens the console once, so that no token is copied about."""

import typer

from shared.client import CannotReachError, Client, said
from waypost.commands.options import DATA, PORT, Data, Port


def sign_in(*, port: Port = PORT, data: Data = DATA) -> None:
    """Print a link that opens the console in a browser, once, within ten minutes.

    Example: waypost sign-in
    """
    with Client(port, data) as client:
        link = link_of(client)
    typer.echo("Opens the console once, within ten minutes:", err=True)  # so that $(waypost sign-in) is the link alone
    typer.echo(link)


def link_of(client: Client) -> str:
    """Return a link that signs in with the client's API token. Raises CannotReachError."""
    answer = client.request("POST", "console", "/v1/links")
    if not answer.is_success:
        raise CannotReachError(said(answer))
    url: str = answer.json()["url"]
    return url
