"""`waypost sign-in`: a link that opens the console once, so that no token is copied about."""

from shared.client import Client
from waypost.commands.options import DATA, PORT, Data, Port
from waypost.printing import say


def sign_in(*, port: Port = PORT, data: Data = DATA) -> None:
    """Print a link that opens the console in a browser, once, within ten minutes.

    Example: waypost sign-in
    """
    with Client(port, data) as client:
        link = link_of(client)
    say("Opens the console once, within ten minutes:", err=True)  # so that $(waypost sign-in) is the link alone
    say(link)


def link_of(client: Client) -> str:
    """Return a link that signs in with the client's API token. Raises CannotReachError."""
    url: str = client.ask("POST", "console", "/v1/links")["url"]
    return url
