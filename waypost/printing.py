"""The one way to a terminal, a pipe or a file: whatever strangers wrote into names gets there as plain text.

Tables and colours go the same way by waypost/screen.py; nothing else prints (the linter sees to it).
"""

import json
import sys

import typer

from shared.plain_text import one_line


def say(line: object = "", *, err: bool = False) -> None:
    """Print a line, to standard error if told; it stays one line, and changes no terminal."""
    typer.echo(one_line(str(line)), err=err)  # noqa: TID251 (this is the way)


def say_json(value: object, *, indent: int | None = None) -> None:
    """Print JSON of printable ASCII alone: all else stands escaped."""
    typer.echo(json.dumps(value, indent=indent))  # noqa: TID251 (the same)


def hand_on(content: bytes) -> None:
    """Print a file as it is: what made it made it harmless."""
    typer.echo(content, nl=False)  # noqa: TID251 (the same)


def never_fail_on_letters() -> None:
    r"""Let what an encoding lacks be printed as its number, such as \u2026."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
