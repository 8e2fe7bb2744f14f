"""`python -m waypost`: the command, where its folder is not on the path."""

from waypost.cli import app

app()
